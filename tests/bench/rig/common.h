// What the rig's programs share: sockets on loopback, a clock, options of the form name=value.
// Trouble ends the process with words: a benchmark that goes on without a part measures nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace rig {

[[noreturn]] void Die(std::string_view what);  // with errno's words

int Listen(int port);  // non-blocking, close-on-exec
// Begins to connect; the socket is writable when it is there. Sources rotate over 127.0.0.0/26, so
// that ports in TIME_WAIT do not run out.
int Dial(int port);
void NoDelay(int fd);
int Epoll();
// Edge-triggered, both directions.
void Watch(int epoll, int fd, void* data);
void WatchListener(int epoll, int fd, void* data);
void AllowManyFiles();

uint64_t NowNs();

// The byte at this place of every body.
constexpr char PatternByte(size_t offset) { return static_cast<char>('!' + offset % 89); }
std::string Pattern(size_t bytes);
uint64_t Digest(uint64_t seed, std::string_view bytes);  // FNV-1a
constexpr uint64_t kDigestSeed = 14695981039346656037ULL;

class Options {
 public:
  Options(int argc, char** argv);
  long Int(const std::string& name, long fallback) const;
  std::string Text(const std::string& name, const std::string& fallback) const;

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace rig

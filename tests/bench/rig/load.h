// The load generator's parts: what is counted, and a session, which is one connection's worth of
// load. One thread; a session ends up idle or begins its next unit by itself.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "channel.h"
#include "common.h"

namespace rig {

// Nanoseconds in 32 steps for each power of two.
class Histogram {
 public:
  void Add(uint64_t ns) { ++cells_[CellOf(ns)]; }
  double PercentileUs(double part) const;

 private:
  static size_t CellOf(uint64_t ns) {
    if (ns < 32) return ns;
    const int shift = std::bit_width(ns) - 6;
    return static_cast<size_t>(shift + 1) * 32 + ((ns >> shift) & 31);
  }
  std::array<uint64_t, size_t{60} * 32> cells_{};
};

class Session;

// What all sessions share.
struct Load {
  explicit Load(const Options& given) : options(given) {}

  const Options& options;
  int epoll = Epoll();
  int port = 0;
  bool check = false;  // compare every byte
  bool counting = false;
  SSL_CTX* tls = nullptr;
  double units = 0;
  uint64_t errors = 0;
  uint64_t resumed = 0;
  Histogram times;
  std::vector<Session*> idle;

  void Done(uint64_t began, double amount = 1);
};

class Session {
 public:
  explicit Session(Load& load) : load_(load) {}
  virtual ~Session() = default;
  virtual void Begin(uint64_t due) = 0;
  virtual void OnReady() = 0;

 protected:
  void Connect();
  void Failed(const char* what);
  // After a unit: the next, or a place among the idle.
  void Next();

  Load& load_;
  Channel channel_;
  uint64_t began_ = 0;
};

// HTTP/1.1 requests: paths= count of prefixes to go through, target=, post= bytes, fresh=1 for a
// connection each, resume=1 to resume TLS sessions.
std::unique_ptr<Session> MakeHttpSession(Load& load, size_t number);
// Messages there and back: size= bytes, ws=1 for WebSocket.
std::unique_ptr<Session> MakeEchoSession(Load& load, size_t number);
// Bytes from a source without an end, in units of 1e9.
std::unique_ptr<Session> MakeBulkSession(Load& load, size_t number);

}  // namespace rig

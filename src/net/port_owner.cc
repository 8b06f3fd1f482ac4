#include "port_owner.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <set>

#include <dirent.h>
#include <fmt/format.h>
#include <unistd.h>

namespace sluice::net {
namespace {

struct DirCloser {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using Dir = std::unique_ptr<DIR, DirCloser>;

// Inodes of the sockets that listen on the port, from /proc/net/tcp: the second column is
// address:port in hex, the fourth the state (0A is LISTEN), the tenth the inode.
void CollectListeners(const char* table, uint16_t port, std::set<std::string>& links) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    unsigned line_port = 0;
    unsigned state = 0;
    unsigned long inode = 0;
    if (std::sscanf(line.c_str(), " %*u: %*[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*u %*u %lu",
                    &line_port, &state, &inode) == 3 &&
        line_port == port && state == 0x0a) {
      links.insert(fmt::format("socket:[{}]", inode));
    }
  }
}

bool HoldsAny(const std::string& pid, const std::set<std::string>& links) {
  std::string path = "/proc/" + pid + "/fd";
  Dir fds(::opendir(path.c_str()));
  if (fds == nullptr) return false;
  while (const dirent* entry = ::readdir(fds.get())) {  // NOLINT(concurrency-mt-unsafe)
    std::array<char, 64> target{};
    std::string link = path + "/" + entry->d_name;
    ssize_t n = ::readlink(link.c_str(), target.data(), target.size() - 1);
    if (n > 0 && links.contains(std::string(target.data(), static_cast<size_t>(n)))) return true;
  }
  return false;
}

}  // namespace

std::string FindPortOwner(const Address& address) {
  std::set<std::string> links;
  CollectListeners("/proc/net/tcp", address.port(), links);
  CollectListeners("/proc/net/tcp6", address.port(), links);
  if (links.empty()) return {};
  Dir proc(::opendir("/proc"));
  if (proc == nullptr) return {};
  while (const dirent* entry = ::readdir(proc.get())) {  // NOLINT(concurrency-mt-unsafe)
    std::string pid = entry->d_name;
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!HoldsAny(pid, links)) continue;
    std::ifstream comm("/proc/" + pid + "/comm");
    std::string name;
    std::getline(comm, name);
    return fmt::format("{} (pid {})", name, pid);
  }
  return {};
}

}  // namespace sluice::net

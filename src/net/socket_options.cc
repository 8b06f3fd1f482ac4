#include "sluice/net/socket_options.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace sluice::net {
namespace {

Result<> SetInt(int fd, int level, int name, int value, std::string_view what) {
  if (::setsockopt(fd, level, name, &value, sizeof(value)) == 0) return {};
  return FailErrno(Origin::kLocal, what, errno);
}

Result<> ApplyKeepalive(int fd, const SocketTuning& tuning) {
  struct Part {
    int name;
    std::string_view words;
    const std::optional<uint32_t>& value;
  };
  const Part parts[] = {{TCP_KEEPCNT, "TCP_KEEPCNT", tuning.keepalive_probes},
                        {TCP_KEEPIDLE, "TCP_KEEPIDLE", tuning.keepalive_time_s},
                        {TCP_KEEPINTVL, "TCP_KEEPINTVL", tuning.keepalive_interval_s}};
  bool on = false;
  for (const Part& part : parts) {
    if (!part.value) continue;
    on = true;
    auto set = SetInt(fd, IPPROTO_TCP, part.name, static_cast<int>(*part.value), part.words);
    if (!set) return set;
  }
  return on ? SetInt(fd, SOL_SOCKET, SO_KEEPALIVE, 1, "SO_KEEPALIVE") : Result<>();
}

Result<> SetTransparent(int fd, bool v6) {
  auto set = v6 ? SetInt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, 1, "IPV6_TRANSPARENT")
                : SetInt(fd, IPPROTO_IP, IP_TRANSPARENT, 1, "IP_TRANSPARENT");
  if (!set && set.error().code == ErrorCode::kPermission) {
    set.error().detail += "; 'transparent: true' needs CAP_NET_ADMIN";
  }
  return set;
}

}  // namespace

SocketOption SocketOption::FromInt(int level, int name, int value, Phase phase) {
  SocketOption option{level, name, std::string(sizeof(value), '\0'), phase};
  std::memcpy(option.value.data(), &value, sizeof(value));
  return option;
}

Result<> ApplyOptions(int fd, std::span<const SocketOption> options, SocketOption::Phase phase) {
  for (const SocketOption& option : options) {
    if (option.phase != phase) continue;
    if (::setsockopt(fd, option.level, option.name, option.value.data(),
                     static_cast<socklen_t>(option.value.size())) != 0) {
      return FailErrno(Origin::kLocal,
                       fmt::format("socket option (level {}, name {})", option.level, option.name),
                       errno);
    }
  }
  return {};
}

Result<> ApplyTuning(int fd, int family, const SocketTuning& tuning) {
  if (family == AF_INET || family == AF_INET6) {
    bool v6 = family == AF_INET6;
    Result<> set;
    if (tuning.no_delay) set = SetInt(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY");
    if (set) set = ApplyKeepalive(fd, tuning);
    if (set && tuning.freebind) {
      set = v6 ? SetInt(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1, "IPV6_FREEBIND")
               : SetInt(fd, IPPROTO_IP, IP_FREEBIND, 1, "IP_FREEBIND");
    }
    if (set && tuning.transparent) set = SetTransparent(fd, v6);
    if (!set) return set;
  }
  return ApplyOptions(fd, tuning.options, SocketOption::Phase::kPrebind);
}

}  // namespace sluice::net

// What is set on a socket beyond its address. Plain data made from the config at load.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sluice/base/error.h"

namespace sluice::net {

// One setsockopt(2) by numbers, as core.v3.SocketOption gives it.
struct SocketOption {
  enum class Phase : uint8_t { kPrebind, kBound, kListening };

  static SocketOption FromInt(int level, int name, int value, Phase phase = Phase::kPrebind);

  int level = 0;
  int name = 0;
  std::string value;  // the bytes given to the kernel
  Phase phase = Phase::kPrebind;

  friend bool operator==(const SocketOption&, const SocketOption&) = default;
};

struct SocketTuning {
  bool no_delay = true;
  bool freebind = false;     // connect from an address that no interface has yet
  bool transparent = false;  // connect from any address at all (needs CAP_NET_ADMIN)
  // Any of the three turns keep-alive probes on.
  std::optional<uint32_t> keepalive_probes{};
  std::optional<uint32_t> keepalive_time_s{};
  std::optional<uint32_t> keepalive_interval_s{};
  std::vector<SocketOption> options{};  // those of phase kPrebind are set before bind and connect
};

// Sets those of `options` that belong to `phase`; the error names level and number.
Result<> ApplyOptions(int fd, std::span<const SocketOption> options, SocketOption::Phase phase);
// Sets everything of `tuning` that belongs before a bind; `family` is an AF_ number.
Result<> ApplyTuning(int fd, int family, const SocketTuning& tuning);

}  // namespace sluice::net

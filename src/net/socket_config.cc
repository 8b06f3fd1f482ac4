#include "sluice/net/socket_config.h"

namespace sluice::net {
namespace {

SocketOption::Phase PhaseOf(config::SocketState state) {
  switch (state) {
    case config::SocketState::kPrebind: return SocketOption::Phase::kPrebind;
    case config::SocketState::kBound: return SocketOption::Phase::kBound;
    case config::SocketState::kListening: return SocketOption::Phase::kListening;
  }
  return SocketOption::Phase::kPrebind;
}

bool IsFor(config::SocketIpVersion version, Address::Family family) {
  switch (version) {
    case config::SocketIpVersion::kUnspecified: return true;
    case config::SocketIpVersion::kV4: return family == Address::Family::kV4;
    case config::SocketIpVersion::kV6: return family == Address::Family::kV6;
  }
  return true;
}

}  // namespace

std::vector<SocketOption> ToSocketOptions(const std::vector<config::SocketOption>& configs,
                                          Address::Family family) {
  std::vector<SocketOption> options;
  for (const config::SocketOption& one : configs) {
    if (!IsFor(one.ip_version, family)) continue;
    const int level = static_cast<int>(one.level);
    const int name = static_cast<int>(one.name);
    const SocketOption::Phase phase = PhaseOf(one.state);
    if (one.int_value) {
      options.push_back(
          SocketOption::FromInt(level, name, static_cast<int>(*one.int_value), phase));
    } else if (one.buf_value) {
      options.push_back({level, name, one.buf_value->value, phase});
    }
  }
  return options;
}

}  // namespace sluice::net

// The config of sluice.filters.http.hold. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/types.h"
#include "sluice/match/config.h"

namespace sluice::filters::hold {

struct ControlPlaneConfig {
  config::Located<std::string> cluster;
  std::string authority;  // empty: the cluster's name
  std::string list_path = "/";
  std::string poke_path = "/poke-scale-up?host=";
  Duration poll_interval = std::chrono::seconds(1);
  Duration poke_interval = std::chrono::seconds(5);
  Duration timeout = std::chrono::seconds(2);
  Duration max_staleness = std::chrono::seconds(60);
  uint32_t max_list_bytes = 1024 * 1024;
  static const config::Message& Schema();
};

struct HoldConfig {
  std::string stat_prefix;
  ControlPlaneConfig control_plane;
  std::vector<match::StringMatcherConfig> hosts;
  uint32_t max_held = 10'000;
  Duration max_wait = std::chrono::seconds(60);
  uint32_t max_request_bytes = 64 * 1024;
  static const config::Message& Schema();
};

}  // namespace sluice::filters::hold

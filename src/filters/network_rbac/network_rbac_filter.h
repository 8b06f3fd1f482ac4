// envoy.filters.network.rbac: lets a connection through, or closes it, by who comes from where to
// what. Decides at the first byte, once or for every read. Per connection; one worker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/filter/registry.h"
#include "sluice/rbac/engine.h"
#include "sluice/stats/table.h"

namespace sluice::filters::network_rbac {

enum class Enforcement : uint8_t { kOneTimeOnFirstByte, kContinuous };
const config::EnumTable& ConfigEnum(Enforcement);

struct NetworkRbacConfig {
  std::optional<rbac::RbacConfig> rules;
  std::optional<match_tree::MatcherConfig> matcher;
  std::optional<rbac::RbacConfig> shadow_rules;
  std::optional<match_tree::MatcherConfig> shadow_matcher;
  std::string stat_prefix;
  std::string shadow_rules_stat_prefix;
  Enforcement enforcement_type = Enforcement::kOneTimeOnFirstByte;
  Duration delay_deny{};
  static const config::Message& Schema();
};

struct RbacStats {
  RbacStats(const stats::Scope& scope, const std::string& shadow_prefix);
  stats::Counter allowed;
  stats::Counter denied;
  stats::Counter shadow_allowed;
  stats::Counter shadow_denied;
  // What the matchers count.
  std::vector<stats::Counter> of_matcher;
  std::vector<stats::Counter> of_shadow_matcher;
};

}  // namespace sluice::filters::network_rbac

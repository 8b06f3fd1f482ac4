// envoy.filters.http.rbac: lets a request through or answers 403, by who asks what. Rules of the
// route go before the filter's. Per stream; one worker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/types.h"
#include "sluice/filter/http_filter.h"
#include "sluice/rbac/engine.h"
#include "sluice/stats/table.h"

namespace sluice::filters::http_rbac {

struct HttpRbacConfig {
  std::optional<rbac::RbacConfig> rules;
  std::optional<match_tree::MatcherConfig> matcher;
  std::string rules_stat_prefix;
  std::optional<rbac::RbacConfig> shadow_rules;
  std::optional<match_tree::MatcherConfig> shadow_matcher;
  std::string shadow_rules_stat_prefix;
  bool track_per_rule_stats = false;
  config::Where where;
  static const config::Message& Schema();
};

struct HttpRbacPerRouteConfig {
  std::optional<HttpRbacConfig> rbac;  // unset: no rules on this route
  static const config::Message& Schema();
};

// Immutable, shared by all workers.
struct Rules {
  Rules(const HttpRbacConfig& config, config::Problems& problems);
  std::optional<rbac::Engine> enforced;
  std::optional<rbac::Engine> shadow;
  std::string stat_prefix;
  std::string shadow_stat_prefix;
  bool track_policies = false;
};

struct RbacStats {
  RbacStats(const stats::Scope& manager, const Rules& rules);
  stats::Counter allowed;
  stats::Counter denied;
  stats::Counter shadow_allowed;
  stats::Counter shadow_denied;

  // track_per_rule_stats: of each of the filter's own policies, in their order.
  struct OfPolicy {
    stats::Counter allowed;
    stats::Counter denied;
  };
  std::vector<OfPolicy> policies;
  std::vector<OfPolicy> shadow_policies;

  // What matchers of the filter's own count.
  std::vector<stats::Counter> of_matcher;
  std::vector<stats::Counter> of_shadow_matcher;
};

class RbacFilter final : public filter::HttpFilter {
 public:
  RbacFilter(const Rules& rules, RbacStats& stats) : rules_(rules), stats_(stats) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return false; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;

 private:
  void Shadow(const rbac::Engine& engine, const rbac::Subject& subject);
  void Deny(std::string_view policy);

  const Rules& rules_;
  RbacStats& stats_;
};

}  // namespace sluice::filters::http_rbac

// envoy.filters.http.csrf: a request that changes something must come from a page of the same
// origin, or of one that is allowed; others get 403. Per stream; one worker.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sluice/config/types.h"
#include "sluice/filter/http_filter.h"
#include "sluice/match/config.h"
#include "sluice/stats/table.h"

namespace sluice::filters::csrf {

struct CsrfPolicyConfig {
  config::RuntimeFractionalPercent filter_enabled;
  std::optional<config::RuntimeFractionalPercent> shadow_enabled;
  std::vector<match::StringMatcherConfig> additional_origins;
  static const config::Message& Schema();
};

// Of the filter or of a route. Immutable, shared by all workers.
struct Policy {
  explicit Policy(const CsrfPolicyConfig& config);
  match::RuntimeFraction enabled;
  match::RuntimeFraction shadow;
  match::StringMatchers additional_origins;
};

struct CsrfStats {
  stats::Counter missing_source_origin;
  stats::Counter request_invalid;
  stats::Counter request_valid;

  static constexpr stats::Field<CsrfStats> kFields[] = {
      {&CsrfStats::missing_source_origin, "missing_source_origin",
       "Requests with neither Origin nor Referer"},
      {&CsrfStats::request_invalid, "request_invalid",
       "Requests of an origin that is not allowed, or of none"},
      {&CsrfStats::request_valid, "request_valid", "Requests of an origin that is allowed"},
  };
};

class CsrfFilter final : public filter::HttpFilter {
 public:
  CsrfFilter(const Policy& policy, CsrfStats& stats, const match::RuntimeSnapshot* runtime)
      : policy_(policy), stats_(stats), runtime_(runtime) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return false; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;

 private:
  bool Judge(const Policy& policy, const http::HeaderMap& head);

  const Policy& policy_;
  CsrfStats& stats_;
  const match::RuntimeSnapshot* runtime_;  // null: none
};

}  // namespace sluice::filters::csrf

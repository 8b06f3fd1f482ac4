// envoy.filters.http.cors: answers preflights and marks responses for origins that the route's
// policy allows; without a policy on the route it does nothing. Per stream; one worker.
#pragma once

#include <string_view>

#include "sluice/filter/http_filter.h"
#include "sluice/route/cors_policy.h"
#include "sluice/stats/table.h"

namespace sluice::filters::cors {

struct CorsConfig {
  static const config::Message& Schema();
};

struct CorsStats {
  stats::Counter origin_valid;
  stats::Counter origin_invalid;

  static constexpr stats::Field<CorsStats> kFields[] = {
      {&CorsStats::origin_valid, "origin_valid", "Requests of an origin that is allowed"},
      {&CorsStats::origin_invalid, "origin_invalid", "Requests of an origin that is not allowed"},
  };
};

class CorsFilter final : public filter::HttpFilter {
 public:
  CorsFilter(CorsStats& stats, uint64_t random, const match::RuntimeSnapshot* runtime)
      : stats_(stats), random_(random), runtime_(runtime) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return false; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;

 private:
  filter::FilterStatus Preflight(const http::HeaderMap& head, bool allowed);

  CorsStats& stats_;
  uint64_t random_;
  const match::RuntimeSnapshot* runtime_;      // null: none
  const route::CorsPolicy* policy_ = nullptr;  // in force for this stream; null: none
  std::string_view origin_;                    // allowed; empty: none
  bool private_network_ = false;
};

}  // namespace sluice::filters::cors

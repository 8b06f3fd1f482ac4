// envoy.filters.http.ratelimit: holds a request until a service has said whether it is over its
// limits. Whatever goes wrong on the way to an answer lets it pass, unless failure_mode_deny says
// otherwise. The call is a ticket: it goes with the stream. Per stream; one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "plan.h"
#include "service.h"
#include "sluice/filter/async_client.h"
#include "sluice/filter/cluster_counters.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::ratelimit {

// cluster.<name of the route's>.ratelimit.*
struct ClusterStats {
  ClusterStats(const stats::Scope& cluster, std::string_view prefix);

  stats::Counter ok;
  stats::Counter error;
  stats::Counter over_limit;
  stats::Counter failure_mode_allowed;
  filter::StatusCounters answers;
};

class RateLimitWorker final : public filter::HttpFilterWorker {
 public:
  RateLimitWorker(std::shared_ptr<const Plan> plan, filter::WorkerContext& worker)
      : plan_(std::move(plan)), worker_(worker) {}

  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override;

  const Plan& plan() const { return *plan_; }
  // Null: the route leads to no cluster that is known by now.
  ClusterStats* ClusterOf(const route::RouteEntry& route) {
    return clusters_.Of(route, worker_, plan_->stat_prefix);
  }
  // For the length of a call.
  std::vector<route::Descriptor>& descriptors() { return descriptors_; }

 private:
  const std::shared_ptr<const Plan> plan_;
  filter::WorkerContext& worker_;
  filter::PerCluster<ClusterStats> clusters_;
  std::vector<route::Descriptor> descriptors_;
};

class RateLimitFilter final : public filter::HttpFilter, private filter::AsyncEvents {
 public:
  explicit RateLimitFilter(RateLimitWorker& worker) : worker_(worker) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return false; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  void OnDestroy() override { call_.reset(); }

 private:
  // filter::AsyncEvents
  void OnResponse(filter::AsyncResponse&& response) override;
  void OnFailure(const Error& error) override;

  const Plan& plan() const { return worker_.plan(); }
  bool Concerns(const http::HeaderMap& head) const;
  // Whether there is anything to ask about.
  bool Describe(const http::HeaderMap& head, const RoutePlan* own);
  void Ask(const RoutePlan* own);

  void Decide(Answer&& answer);
  void Refuse(const Answer& answer);
  void Fail();
  void AddToResponse(http::HeaderMap& head, bool own_reply);

  RateLimitWorker& worker_;
  ClusterStats* cluster_ = nullptr;  // the worker's; null: none
  std::vector<http::FieldEdit> response_;
  std::unique_ptr<filter::AsyncTicket> call_;
};

}  // namespace sluice::filters::ratelimit

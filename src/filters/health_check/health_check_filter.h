// envoy.filters.http.health_check: answers a balancer's health checks, or lets them pass and
// remembers the answer for a while. Per stream; one worker.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/config/types.h"
#include "sluice/filter/http_filter.h"
#include "sluice/filter/process_state.h"
#include "sluice/match/config.h"
#include "sluice/stats/stats.h"

namespace sluice::filters::health_check {

struct HealthCheckConfig {
  bool pass_through_mode = false;
  std::optional<Duration> cache_time;
  std::map<std::string, config::Percent> cluster_min_healthy_percentages;
  std::vector<match::HeaderMatcherConfig> headers;
  static const config::Message& Schema();
};

// The last answer that passed through, shared by the workers: its status and until when it holds.
struct CachedAnswer {
  std::atomic<int64_t> good_until_ns{0};
  std::atomic<uint32_t> status{0};
};

// A cluster that must be well for us to be.
struct NeededCluster {
  std::string stat_prefix;
  double min_percent = 0;
};

// The same on one worker: main's gauges, read only.
struct WatchedCluster {
  stats::Gauge total;
  stats::Gauge healthy;
  stats::Gauge degraded;
  double min_percent = 0;
};

struct HealthCheckPlan {
  bool pass_through = false;
  Duration cache_time{};  // zero: nothing is remembered
  std::vector<match::HeaderMatcher> headers;
  filter::ProcessState* process = nullptr;
  std::unique_ptr<CachedAnswer> cache;
  std::vector<NeededCluster> clusters;
};

class HealthCheckFilter final : public filter::HttpFilter {
 public:
  HealthCheckFilter(const HealthCheckPlan& plan, std::span<const WatchedCluster> clusters)
      : plan_(plan), clusters_(clusters) {}

  // filter::HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;

 private:
  enum class State : uint8_t { kNotMine, kPassing, kAnswering };

  std::optional<uint32_t> LocalStatus();
  void Answer();

  const HealthCheckPlan& plan_;
  std::span<const WatchedCluster> clusters_;
  std::string_view reason_ = "health_check_failed";
  State state_ = State::kNotMine;
  uint32_t status_ = 200;
};

}  // namespace sluice::filters::health_check

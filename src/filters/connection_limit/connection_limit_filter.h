// envoy.filters.network.connection_limit: at most so many connections through this filter chain,
// over all workers; one too many is closed, at once or after a delay. Per connection; one worker.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sluice/base/shared_budget.h"
#include "sluice/config/types.h"
#include "sluice/filter/registry.h"
#include "sluice/match/runtime.h"
#include "sluice/stats/table.h"

namespace sluice::filters::connection_limit {

struct ConnectionLimitConfig {
  std::string stat_prefix;
  uint64_t max_connections = 0;
  std::optional<Duration> delay;
  config::RuntimeFeatureFlag runtime_enabled{.default_value = true, .runtime_key = {}};
  static const config::Message& Schema();
};

struct ConnectionLimitStats {
  stats::Counter limited_connections;
  stats::Gauge active_connections;

  static constexpr stats::Field<ConnectionLimitStats> kFields[] = {
      {&ConnectionLimitStats::limited_connections, "limited_connections",
       "Connections refused by the limit"},
      {&ConnectionLimitStats::active_connections, "active_connections",
       "Connections within the limit now"},
  };
};

class ConnectionLimitWorker final : public filter::NetworkFilterWorker {
 public:
  ConnectionLimitWorker(const ConnectionLimitConfig& config, SharedBudget& budget,
                        filter::WorkerContext& context);
  // filter::NetworkFilterWorker
  std::unique_ptr<filter::NetworkFilter> Create() override;

  const ConnectionLimitConfig& config() const { return config_; }
  ConnectionLimitStats& stats() { return stats_; }
  EventLoop& loop() { return context_.loop; }
  bool enabled() const { return enabled_.Enabled(context_.runtime); }
  BudgetToken Take() { return BudgetToken::Take(budget_, context_.slot); }

 private:
  const ConnectionLimitConfig& config_;
  const match::RuntimeFeature enabled_;
  SharedBudget& budget_;
  filter::WorkerContext& context_;
  ConnectionLimitStats stats_;
};

class ConnectionLimitFilter final : public filter::NetworkFilter {
 public:
  explicit ConnectionLimitFilter(ConnectionLimitWorker& worker) : worker_(worker) {}
  ~ConnectionLimitFilter() override;

  // filter::NetworkFilter
  filter::NetworkStatus OnNewConnection() override;
  filter::NetworkStatus OnData(ByteChain& data, bool end) override;
  bool transparent() const override { return true; }

 private:
  ConnectionLimitWorker& worker_;
  BudgetToken token_;
  std::unique_ptr<Timer> delay_;
};

}  // namespace sluice::filters::connection_limit

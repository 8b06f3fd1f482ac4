// What the fault filter knows of each cluster that requests come from, as
// x-envoy-downstream-service-cluster names it: counters below http.<prefix>.fault.<cluster>., and
// runtime keys that go before those of all. Worker's own. The names are the clients' to choose, so
// there is a limit to their number.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "sluice/stats/stats.h"

namespace sluice::filters::fault {

struct DownstreamCluster {
  DownstreamCluster(const stats::Scope& scope, std::string_view name);
  stats::Counter delays_injected;
  stats::Counter aborts_injected;
  // fault.http.<cluster>.*
  std::string delay_percent;
  std::string delay_ms;
  std::string abort_percent;
  std::string abort_status;
};

class DownstreamClusters {
 public:
  // `overflow` counts requests of clusters that there was no room for.
  DownstreamClusters(const stats::Scope& fault, stats::Counter overflow)
      : scope_(fault), overflow_(overflow) {}

  // Null: a name that is none, or there are as many already.
  DownstreamCluster* For(std::string_view name);
  static constexpr size_t kMost = 1024;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  stats::Scope scope_;
  stats::Counter overflow_;
  std::unordered_map<std::string, DownstreamCluster, Hash, std::equal_to<>> known_;
};

}  // namespace sluice::filters::fault

// Runtime values that Envoy looks up under fixed keys, in place of what a cluster is configured
// with: circuit_breakers.*, outlier_detection.*, health_check.*, upstream.*. Pure; any thread.
// Asked when the values change, not for each request.
#pragma once

#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/match/runtime.h"
#include "sluice/upstream/breakers.h"
#include "sluice/upstream/lb_options.h"
#include "sluice/upstream/outlier_config.h"

namespace sluice::upstream {

// `runtime` may be null: what is configured.
BreakerLimits LimitsNow(BreakerLimits configured, std::string_view cluster, Priority priority,
                        const match::RuntimeSnapshot* runtime);
OutlierDetectionConfig OutliersNow(OutlierDetectionConfig configured,
                                   const match::RuntimeSnapshot* runtime);
// Between health_check.min_interval and max_interval, and at least 1 ms.
Duration CheckIntervalNow(Duration wanted, const match::RuntimeSnapshot* runtime);

// What balancers look up; the same for all clusters.
struct LbValues {
  double panic_threshold;  // percent
  double zone_routing_enabled;
  uint64_t zone_min_cluster_size;
  friend bool operator==(const LbValues&, const LbValues&) = default;
};
LbValues LbValuesNow(const LbValues& configured, const match::RuntimeSnapshot* runtime);
LbValues LbValuesOf(const LbOptions& options, const match::RuntimeSnapshot* runtime);

}  // namespace sluice::upstream

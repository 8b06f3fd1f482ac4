#include "sluice/upstream/cluster_stats.h"

#include <string>

#include <fmt/format.h>

namespace sluice::upstream {

CodeStats::CodeStats(const stats::Scope& scope)
    : scope_(scope),
      completed_(scope.MakeCounter("upstream_rq_completed")),
      time_(scope.MakeHistogram("upstream_rq_time")),
      codes_(std::make_unique<stats::Counter[]>(kCodes)),
      code_known_(std::make_unique<bool[]>(kCodes)) {}

void CodeStats::Count(uint32_t code) {
  completed_.Inc();
  const uint32_t index = code - kFirst;
  if (index >= kCodes) return;
  const uint32_t group = code / 100 - 1;
  if (!class_known_[group]) [[unlikely]] {
    classes_[group] = scope_.MakeCounter(fmt::format("upstream_rq_{}xx", code / 100));
    class_known_[group] = true;
  }
  if (!code_known_[index]) [[unlikely]] {
    codes_[index] = scope_.MakeCounter(fmt::format("upstream_rq_{}", code));
    code_known_[index] = true;
  }
  classes_[group].Inc();
  codes_[index].Inc();
}

ClusterStats::ClusterStats(const stats::Scope& scope)
    :
#define SLUICE_X(name) name(scope.MakeCounter(#name)),
      SLUICE_CLUSTER_COUNTERS(SLUICE_X)
#undef SLUICE_X
#define SLUICE_X(name) name(scope.MakeGauge(#name)),
          SLUICE_CLUSTER_GAUGES(SLUICE_X)
#undef SLUICE_X
#define SLUICE_X(name) name(scope.MakeHistogram(#name)),
              SLUICE_CLUSTER_HISTOGRAMS(SLUICE_X)
#undef SLUICE_X
                  rq(scope),
      scope_(scope) {
}

CodeStats& ClusterStats::Part(std::unique_ptr<CodeStats>& place, std::string_view name) {
  if (place == nullptr) place = std::make_unique<CodeStats>(scope_.Sub(name));
  return *place;
}

}  // namespace sluice::upstream

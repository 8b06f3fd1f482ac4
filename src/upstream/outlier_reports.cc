#include "sluice/upstream/outlier_reports.h"

#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/host.h"

namespace sluice::upstream {

OutlierSums OutlierCells::Sum(bool local) const {
  OutlierSums sums;
  for (uint32_t i = 0; i < slots_; ++i) {
    const Count& count = local ? cells_[i].local : cells_[i].external;
    sums.total += count.total.load(std::memory_order_relaxed);
    sums.success += count.success.load(std::memory_order_relaxed);
  }
  return sums;
}

void Host::NoteInARow(ConsecutiveKind kind, bool success) {
  const OutlierWatch& watch = *cluster_.options().outliers;
  OutlierCells& cells = *record().outliers();
  if (success) return cells.Succeed(kind);
  const auto& threshold = watch.thresholds[static_cast<size_t>(kind)];
  if (cells.Fail(kind, threshold.load(std::memory_order_relaxed))) {
    watch.report(entry_.record, kind);
  }
}

void Host::NoteStatus(uint32_t status) {
  if (cluster_.options().outliers == nullptr || record().outliers() == nullptr) return;
  const bool success = status < 500;
  record().outliers()->AddExternal(cluster_.slot(), success);
  NoteInARow(ConsecutiveKind::k5xx, success);
  const bool gateway = status >= 502 && status <= 504;
  NoteInARow(ConsecutiveKind::kGateway, !gateway);
}

void Host::NoteLocal(LocalOutcome outcome) {
  const OutlierWatch* watch = cluster_.options().outliers;
  if (watch == nullptr || record().outliers() == nullptr) return;
  if (!watch->split) {
    // Without the distinction it counts as the response that the client gets.
    switch (outcome) {
      case LocalOutcome::kConnected: return;
      case LocalOutcome::kConnectedFinal: return NoteStatus(200);
      case LocalOutcome::kConnectFailed: return NoteStatus(503);
      case LocalOutcome::kTimeout: return NoteStatus(504);
    }
  }
  const bool success =
      outcome == LocalOutcome::kConnected || outcome == LocalOutcome::kConnectedFinal;
  record().outliers()->AddLocal(cluster_.slot(), success);
  NoteInARow(ConsecutiveKind::kLocalOrigin, success);
}

void Host::NoteUnhealthy() {
  const auto& tell = cluster_.options().on_unhealthy;
  if (!tell || record().told_unhealthy().exchange(true, std::memory_order_relaxed)) return;
  tell(entry_.record);
}

}  // namespace sluice::upstream

// Passive health of one cluster: what workers have seen of each host decides whether it is ejected
// for a while. Main thread, but for OutlierReports, which workers call.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "health_event_log.h"
#include "sluice/event/loop.h"
#include "sluice/stats/stats.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/outlier_config.h"
#include "sluice/upstream/outlier_reports.h"

namespace sluice::upstream {

// Reasons to eject, in the order of Envoy's OutlierEjectionType.
enum class Ejection : uint8_t {
  kConsecutive5xx,
  kConsecutiveGatewayFailure,
  kSuccessRate,
  kConsecutiveLocalOriginFailure,
  kLocalOriginSuccessRate,
  kFailurePercentage,
  kLocalOriginFailurePercentage,
};
inline constexpr size_t kEjections = 7;

struct OutlierStats {
  explicit OutlierStats(const stats::Scope& cluster);
  stats::Gauge active;
  stats::Counter total;            // deprecated twin of enforced_total
  stats::Counter consecutive_5xx;  // likewise
  stats::Counter overflow;
  stats::Counter enforced_total;
  std::array<stats::Counter, kEjections> enforced;
  std::array<stats::Counter, kEjections> detected;
};

class OutlierDetector {
 public:
  // `changed`: other hosts are ejected than before. `events` may be null.
  OutlierDetector(EventLoop& loop, const ClusterOptions& options, const stats::Scope& cluster,
                  HealthEventLog* events, std::function<void()> changed);
  ~OutlierDetector();

  void Start();
  // What is in force now, in place of what is configured; the interval from the next sweep on.
  void Configure(const OutlierDetectionConfig& now) { config_ = now; }
  void SetHosts(const std::vector<HostEntry>& hosts);
  uint32_t Flags(const HostEntry& host) const;
  // An active health check has passed.
  void OnHealthCheckPassed(const HostRecord* record);
  // A worker has seen as many failures in a row as it takes.
  void OnConsecutive(const HostRecord* record, ConsecutiveKind kind);
  const OutlierRates& rates(bool local) const { return rates_[local ? 1 : 0]; }

 private:
  struct Watched {
    HostEntry host;
    OutlierSums before[2];  // external, local: at the last sweep
    bool ejected = false;
    MonoTime ejected_at{};
    MonoTime changed_at{};
    Duration jitter{};
    uint32_t ejections = 0;
    uint32_t backoff = 0;  // ejections that count for the length of the next one
  };

  void Sweep();
  void SweepRates(bool local);
  bool IsSplit() const { return config_.split_external_local_origin_errors; }
  void EjectBySuccessRate(bool local, const std::vector<std::pair<Watched*, double>>& rates);
  void EjectByPercentage(bool local, const std::vector<std::pair<Watched*, double>>& rates,
                         size_t counted);
  void Found(Watched& host, Ejection why, uint32_t enforcing, const std::string& event);
  void Eject(Watched& host, Ejection why, const std::string& event);
  bool MayEject() const;
  void Release(Watched& host);
  Duration Length(const Watched& host) const;
  void Tell(Watched& host, std::string_view action, Ejection why, bool enforced,
            const std::string& event);

  EventLoop& loop_;
  const ClusterOptions& options_;
  OutlierDetectionConfig config_;  // with runtime values
  OutlierStats stats_;
  HealthEventLog* events_;
  std::function<void()> changed_;
  std::unordered_map<const HostRecord*, Watched> hosts_;
  std::array<OutlierRates, 2> rates_;
  size_t active_ = 0;
  Timer sweep_;
};

}  // namespace sluice::upstream

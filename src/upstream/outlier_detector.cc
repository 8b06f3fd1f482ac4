#include "outlier_detector.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/upstream/cluster_config.h"

namespace sluice::upstream {
namespace {

constexpr std::string_view kStatNames[kEjections] = {
    "consecutive_5xx",
    "consecutive_gateway_failure",
    "success_rate",
    "consecutive_local_origin_failure",
    "local_origin_success_rate",
    "failure_percentage",
    "local_origin_failure_percentage",
};
constexpr std::string_view kEventNames[kEjections] = {
    "CONSECUTIVE_5XX",
    "CONSECUTIVE_GATEWAY_FAILURE",
    "SUCCESS_RATE",
    "CONSECUTIVE_LOCAL_ORIGIN_FAILURE",
    "SUCCESS_RATE_LOCAL_ORIGIN",
    "FAILURE_PERCENTAGE",
    "FAILURE_PERCENTAGE_LOCAL_ORIGIN",
};

Ejection EjectionOf(ConsecutiveKind kind) {
  switch (kind) {
    case ConsecutiveKind::k5xx: return Ejection::kConsecutive5xx;
    case ConsecutiveKind::kGateway: return Ejection::kConsecutiveGatewayFailure;
    case ConsecutiveKind::kLocalOrigin: return Ejection::kConsecutiveLocalOriginFailure;
  }
  return Ejection::kConsecutive5xx;
}

bool Enforce(uint32_t percent) { return FastRandomBelow(100) < percent; }

}  // namespace

OutlierStats::OutlierStats(const stats::Scope& cluster) {
  const stats::Scope scope = cluster.Sub("outlier_detection");
  active = scope.MakeGauge("ejections_active");
  total = scope.MakeCounter("ejections_total");
  consecutive_5xx = scope.MakeCounter("ejections_consecutive_5xx");
  overflow = scope.MakeCounter("ejections_overflow");
  enforced_total = scope.MakeCounter("ejections_enforced_total");
  for (size_t i = 0; i < kEjections; ++i) {
    enforced[i] = scope.MakeCounter(fmt::format("ejections_enforced_{}", kStatNames[i]));
    detected[i] = scope.MakeCounter(fmt::format("ejections_detected_{}", kStatNames[i]));
  }
}

OutlierDetector::OutlierDetector(EventLoop& loop, const ClusterOptions& options,
                                 const stats::Scope& cluster, HealthEventLog* events,
                                 std::function<void()> changed)
    : loop_(loop),
      options_(options),
      config_(*options.config->outlier_detection),
      stats_(cluster),
      events_(events),
      changed_(std::move(changed)),
      sweep_(loop, [this] { Sweep(); }) {}

OutlierDetector::~OutlierDetector() = default;

void OutlierDetector::Start() { sweep_.Arm(config_.interval); }

void OutlierDetector::SetHosts(const std::vector<HostEntry>& hosts) {
  std::unordered_map<const HostRecord*, Watched> before;
  before.swap(hosts_);
  active_ = 0;
  for (const HostEntry& host : hosts) {
    const HostRecord* record = host.record.get();
    const auto known = before.find(record);
    Watched watched;
    if (known != before.end()) watched = known->second;
    watched.host = host;
    active_ += watched.ejected ? 1 : 0;
    hosts_.emplace(record, std::move(watched));
  }
  stats_.active.Set(active_);
}

uint32_t OutlierDetector::Flags(const HostEntry& host) const {
  const auto found = hosts_.find(host.record.get());
  return found != hosts_.end() && found->second.ejected ? uint32_t{kFailedOutlierCheck} : 0;
}

// --- Failures in a row.

void OutlierDetector::OnConsecutive(const HostRecord* record, ConsecutiveKind kind) {
  const auto found = hosts_.find(record);
  if (found == hosts_.end() || found->second.ejected) return;
  const Ejection why = EjectionOf(kind);
  const uint32_t enforcing = kind == ConsecutiveKind::k5xx ? config_.enforcing_consecutive_5xx
                             : kind == ConsecutiveKind::kGateway
                                 ? config_.enforcing_consecutive_gateway_failure
                                 : config_.enforcing_consecutive_local_origin_failure;
  Found(found->second, why, enforcing, R"("eject_consecutive_event":{})");
  record->outliers()->Succeed(kind);  // the next row begins
}

void OutlierDetector::Found(Watched& host, Ejection why, uint32_t enforcing,
                            const std::string& event) {
  stats_.detected[static_cast<size_t>(why)].Inc();
  if (!Enforce(enforcing)) {
    Tell(host, "EJECT", why, false, event);
    return;
  }
  Eject(host, why, event);
}

bool OutlierDetector::MayEject() const {
  if (config_.always_eject_one_host && active_ == 0) return true;
  const double share =
      100.0 * static_cast<double>(active_ + 1) / static_cast<double>(hosts_.size());
  return share <= std::min(100U, config_.max_ejection_percent);
}

void OutlierDetector::Eject(Watched& host, Ejection why, const std::string& event) {
  if (!MayEject()) {
    stats_.overflow.Inc();
    return;
  }
  host.ejected = true;
  host.ejected_at = loop_.Now();
  host.jitter = config_.max_ejection_time_jitter > Duration{}
                    ? Duration(static_cast<int64_t>(FastRandomBelow(
                          static_cast<uint64_t>(config_.max_ejection_time_jitter.count()) + 1)))
                    : Duration{};
  ++host.ejections;
  ++host.backoff;
  stats_.active.Set(++active_);
  stats_.total.Inc();
  stats_.enforced_total.Inc();
  stats_.enforced[static_cast<size_t>(why)].Inc();
  if (why == Ejection::kConsecutive5xx) stats_.consecutive_5xx.Inc();
  Tell(host, "EJECT", why, true, event);
  changed_();
}

// Longer with each ejection, up to a limit.
Duration OutlierDetector::Length(const Watched& host) const {
  const Duration most = config_.max_ejection_time.value_or(
      std::max<Duration>(std::chrono::seconds(300), config_.base_ejection_time));
  const uint32_t times = std::clamp(host.backoff, 1U, 1000U);
  return std::min(config_.base_ejection_time * times, most) + host.jitter;
}

void OutlierDetector::Release(Watched& host) {
  host.ejected = false;
  host.host.record->outliers()->Forget();
  for (const bool local : {false, true}) {
    host.before[local ? 1 : 0] = host.host.record->outliers()->Sum(local);
  }
  stats_.active.Set(--active_);
  Tell(host, "UNEJECT", Ejection::kConsecutive5xx, true, {});
  changed_();
}

void OutlierDetector::OnHealthCheckPassed(const HostRecord* record) {
  if (!config_.successful_active_health_check_uneject_host) return;
  const auto found = hosts_.find(record);
  if (found != hosts_.end() && found->second.ejected) Release(found->second);
}

// --- Rates, from sweep to sweep.

void OutlierDetector::Sweep() {
  const MonoTime now = loop_.Now();
  for (auto& [record, host] : hosts_) {
    if (host.ejected) {
      if (now - host.ejected_at >= Length(host)) Release(host);
    } else if (host.backoff != 0) {
      --host.backoff;  // a quiet interval makes up for an ejection
    }
  }
  SweepRates(false);
  if (IsSplit()) SweepRates(true);
  sweep_.Arm(config_.interval);
}

void OutlierDetector::SweepRates(bool local) {
  std::vector<std::pair<Watched*, double>> for_rate;
  std::vector<std::pair<Watched*, double>> for_percentage;
  for (auto& [record, host] : hosts_) {
    const OutlierSums now = record->outliers()->Sum(local);
    const OutlierSums before = std::exchange(host.before[local ? 1 : 0], now);
    const uint64_t total = now.total - before.total;
    std::atomic<double>& shown = record->success_rate(local);
    shown.store(-1, std::memory_order_relaxed);
    if (host.ejected || total == 0) continue;
    const double rate =
        100.0 * static_cast<double>(now.success - before.success) / static_cast<double>(total);
    if (total >= config_.success_rate_request_volume) {
      for_rate.emplace_back(&host, rate);
      shown.store(rate, std::memory_order_relaxed);
    }
    if (total >= config_.failure_percentage_request_volume)
      for_percentage.emplace_back(&host, rate);
  }
  rates_[local ? 1 : 0] = {};
  EjectBySuccessRate(local, for_rate);
  EjectByPercentage(local, for_percentage, for_percentage.size());
}

void OutlierDetector::EjectBySuccessRate(bool local,
                                         const std::vector<std::pair<Watched*, double>>& rates) {
  if (rates.empty() || rates.size() < config_.success_rate_minimum_hosts) return;
  double mean = 0;
  for (const auto& [host, rate] : rates) mean += rate / static_cast<double>(rates.size());
  double variance = 0;
  for (const auto& [host, rate] : rates) {
    variance += (rate - mean) * (rate - mean) / static_cast<double>(rates.size());
  }
  const double threshold = mean - std::sqrt(variance) * config_.success_rate_stdev_factor / 1000.0;
  rates_[local ? 1 : 0] = {mean, threshold};
  for (const auto& [host, rate] : rates) {
    if (rate >= threshold || host->ejected) continue;
    const std::string event = fmt::format(
        R"("eject_success_rate_event":{{"host_success_rate":{:.0f},)"
        R"("cluster_average_success_rate":{:.0f},"cluster_success_rate_ejection_threshold":{:.0f}}})",
        rate, mean, threshold);
    Found(*host, local ? Ejection::kLocalOriginSuccessRate : Ejection::kSuccessRate,
          local ? config_.enforcing_local_origin_success_rate : config_.enforcing_success_rate,
          event);
  }
}

void OutlierDetector::EjectByPercentage(bool local,
                                        const std::vector<std::pair<Watched*, double>>& rates,
                                        size_t counted) {
  if (counted == 0 || counted < config_.failure_percentage_minimum_hosts) return;
  for (const auto& [host, rate] : rates) {
    if (100 - rate < config_.failure_percentage_threshold || host->ejected) continue;
    Found(*host, local ? Ejection::kLocalOriginFailurePercentage : Ejection::kFailurePercentage,
          local ? config_.enforcing_failure_percentage_local_origin
                : config_.enforcing_failure_percentage,
          fmt::format(R"("eject_failure_percentage_event":{{"host_success_rate":{:.0f}}})", rate));
  }
}

void OutlierDetector::Tell(Watched& host, std::string_view action, Ejection why, bool enforced,
                           const std::string& event) {
  const MonoTime now = loop_.Now();
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(now - host.changed_at);
  const bool first = std::exchange(host.changed_at, now) == MonoTime{};
  const std::string_view type = kEventNames[static_cast<size_t>(why)];
  SLUICE_LOG(kUpstream, kInfo, "cluster '{}': outlier detection: {} {} {}{}", options_.name, action,
             host.host.endpoint->text, type, enforced ? "" : " (not enforced)");
  if (events_ == nullptr) return;
  events_->Write(fmt::format(
      R"({{"type":"{}","cluster_name":"{}","upstream_url":"{}","action":"{}","num_ejections":{},)"
      R"("enforced":{}{}{},"timestamp":"{}","secs_since_last_action":{}}})",
      type, JsonText(options_.name), JsonText(host.host.endpoint->text), action, host.ejections,
      enforced, event.empty() ? "" : ",", event, TimestampText(loop_.WallNow()),
      first ? "null" : fmt::format("\"{}\"", since.count())));
}

}  // namespace sluice::upstream

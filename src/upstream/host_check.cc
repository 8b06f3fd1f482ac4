#include "host_check.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "runtime_values.h"
#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/upstream/cluster_config.h"

namespace sluice::upstream {
namespace {

Duration RandomBelow(Duration most) {
  if (most <= Duration{}) return Duration{};
  return Duration(static_cast<int64_t>(FastRandomBelow(static_cast<uint64_t>(most.count()))));
}

// At most some thirty years, whatever is asked for.
Duration PercentOf(Duration whole, uint32_t percent) {
  const double share = static_cast<double>(whole.count()) * percent / 100;
  return Duration(static_cast<int64_t>(std::min(share, 1e18)));
}

uint32_t InitialFlags(const ClusterOptions& options) {
  const bool pending = options.config->common_lb_config.ignore_new_hosts_until_first_hc;
  return pending ? uint32_t{kFailedActiveHc} | uint32_t{kPendingActiveHc} : kFailedActiveHc;
}

}  // namespace

HostCheck::HostCheck(HealthChecker& owner, const HostEntry& host)
    : owner_(owner),
      host_(host),
      interval_(owner.loop_, [this] { Ask(); }),
      timeout_(owner.loop_, [this] { OnTimeout(); }),
      probe_(MakeProbe(owner.probe_, *this)),
      flags_(InitialFlags(owner.options_)) {}

HostCheck::~HostCheck() {
  if ((flags_ & kFailedActiveHc) == 0) owner_.stats_.healthy.Dec();
  if ((flags_ & kDegradedActiveHc) != 0) owner_.stats_.degraded.Dec();
  probe_->GiveUp();
  owner_.loop_.DeferDelete(std::move(probe_));
}

void HostCheck::Start() { interval_.Arm(RandomBelow(owner_.health_.initial_jitter)); }

ProbeTarget HostCheck::Target() const {
  const net::Address& own = host_.endpoint->address;
  const HealthCheckTarget* check = host_.health_check.get();
  ProbeTarget target{check != nullptr && check->address ? *check->address : own, {}};
  if (check != nullptr) target.hostname = check->hostname;
  if (check != nullptr && check->port != 0) {
    target.address = target.address.WithPort(check->port);
  } else if (owner_.health_.alt_port && (check == nullptr || !check->address)) {
    target.address = target.address.WithPort(*owner_.health_.alt_port);
  }
  return target;
}

void HostCheck::Ask() {
  owner_.stats_.attempt.Inc();
  timeout_.Arm(owner_.health_.timeout);
  probe_->Begin(Target());
}

void HostCheck::OnTimeout() {
  probe_->GiveUp();
  Failed(Failure::kTimeout, false);
}

void HostCheck::OnProbeDone(ProbeOutcome outcome) {
  timeout_.Disarm();
  switch (outcome) {
    case ProbeOutcome::kHealthy: return Succeeded(false);
    case ProbeOutcome::kDegraded: return Succeeded(true);
    case ProbeOutcome::kRetriable: return Failed(Failure::kActive, false);
    case ProbeOutcome::kFailed: return Failed(Failure::kActive, true);
    case ProbeOutcome::kNetwork: return Failed(Failure::kNetwork, false);
  }
}

void HostCheck::Succeeded(bool degraded) {
  owner_.stats_.success.Inc();
  failures_ = 0;
  uint32_t flags = flags_ & ~uint32_t{kPendingActiveHc | kActiveHcTimeout};
  const bool was_failed = (flags_ & kFailedActiveHc) != 0;
  // A host that is new is believed at once.
  if (was_failed && (first_ || ++successes_ >= owner_.health_.healthy_threshold)) {
    flags &= ~uint32_t{kFailedActiveHc};
    successes_ = 0;
    Tell(fmt::format(R"("add_healthy_event":{{"first_check":{}}})", first_));
  } else if (!was_failed && owner_.health_.always_log_success) {
    Tell(R"("successful_health_check_event":{})");
  }
  const bool was_degraded = (flags_ & kDegradedActiveHc) != 0;
  if (degraded != was_degraded) {
    flags ^= kDegradedActiveHc;
    Tell(degraded ? R"("degraded_healthy_host":{})" : R"("no_longer_degraded_host":{})");
  }
  const Change change = flags != flags_ ? Change::kChanged : Change::kNone;
  const bool was_first = std::exchange(first_, false);
  SetFlags(flags);
  owner_.tell_.passed(host_.record.get());
  if (was_first) owner_.NoteSettled();
  AskAgain(true, change);
}

void HostCheck::Failed(Failure failure, bool at_once) {
  owner_.stats_.failure.Inc();
  if (failure == Failure::kPassive) owner_.stats_.passive_failure.Inc();
  if (failure == Failure::kNetwork || failure == Failure::kTimeout) {
    owner_.stats_.network_failure.Inc();
  }
  successes_ = 0;
  uint32_t flags = flags_ & ~uint32_t{kPendingActiveHc | kActiveHcTimeout};
  static constexpr std::string_view kTypes[] = {"ACTIVE", "PASSIVE", "NETWORK", "NETWORK_TIMEOUT"};
  const std::string_view type = kTypes[static_cast<size_t>(failure)];
  if ((flags_ & kFailedActiveHc) == 0) {
    ++failures_;
    if (at_once || failures_ >= owner_.health_.unhealthy_threshold) {
      flags |= kFailedActiveHc;
      failures_ = 0;
      Tell(fmt::format(R"("eject_unhealthy_event":{{"failure_type":"{}"}})", type));
    } else if (owner_.health_.always_log_failures) {
      Tell(fmt::format(
          R"("health_check_failure_event":{{"failure_type":"{}","first_check":false}})", type));
    }
  } else if (first_ || owner_.health_.always_log_failures) {
    Tell(fmt::format(R"("health_check_failure_event":{{"failure_type":"{}","first_check":{}}})",
                     type, first_));
  }
  if (failure == Failure::kTimeout && (flags & kFailedActiveHc) != 0) flags |= kActiveHcTimeout;
  const bool ejected = ((flags ^ flags_) & kFailedActiveHc) != 0;
  const bool was_first = std::exchange(first_, false);
  SetFlags(flags);
  if (was_first) owner_.NoteSettled();
  if (failure != Failure::kPassive) {
    AskAgain(false, ejected ? Change::kChanged : Change::kNone);
  }
}

void HostCheck::FailNow() { Failed(Failure::kPassive, true); }

void HostCheck::SetFlags(uint32_t flags) {
  const uint32_t changed = flags ^ std::exchange(flags_, flags);
  HealthStats& stats = owner_.stats_;
  if ((changed & kFailedActiveHc) != 0) {
    (flags & kFailedActiveHc) != 0 ? stats.healthy.Dec() : stats.healthy.Inc();
  }
  if ((changed & kDegradedActiveHc) != 0) {
    (flags & kDegradedActiveHc) != 0 ? stats.degraded.Inc() : stats.degraded.Dec();
  }
  if (changed != 0) owner_.tell_.changed();
}

void HostCheck::AskAgain(bool healthy, Change change) { interval_.Arm(Wait(healthy, change)); }

Duration HostCheck::Wait(bool healthy, Change change) const {
  const HealthOptions& options = owner_.health_;
  Duration wait;
  if (!owner_.HasTraffic()) {
    wait = healthy ? options.no_traffic_healthy_interval : options.no_traffic_interval;
  } else if (change == Change::kChanged) {
    wait = healthy ? options.healthy_edge_interval : options.unhealthy_edge_interval;
  } else {
    wait = healthy ? options.interval : options.unhealthy_interval;
  }
  wait += RandomBelow(PercentOf(wait, options.interval_jitter_percent));
  wait += RandomBelow(options.interval_jitter);
  return CheckIntervalNow(wait, owner_.runtime_);
}

void HostCheck::Tell(std::string_view event) {
  const std::string& cluster = owner_.options_.name;
  SLUICE_LOG(kUpstream, kInfo, "cluster '{}': {}: {}", cluster, host_.endpoint->text, event);
  if (owner_.event_logs_.empty()) return;
  const std::string line = fmt::format(
      R"({{"health_checker_type":"{}","host":{},"cluster_name":"{}",{},"timestamp":"{}"}})",
      HealthProtocolName(owner_.health_.protocol), AddressJson(host_.endpoint->address),
      JsonText(cluster), event, TimestampText(owner_.loop_.WallNow()));
  for (HealthEventLog& log : owner_.event_logs_) log.Write(line);
}

}  // namespace sluice::upstream

#include "pings.h"

#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {

using http2::Keepalive;

void PooledConnection::StartPings() {
  Cluster& cluster = upstream_->host().cluster();
  const http2::KeepaliveOptions& options = cluster.options().http.http2.keepalive;
  if (!options.enabled()) return;
  pings_ = std::make_unique<Pings>(cluster.loop(), [this] { OnPingTime(); });
  pings_->keepalive.Start(options, cluster.loop().Now());
  PlanPing();
}

void PooledConnection::PlanPing() {
  const MonoTime next = pings_->keepalive.NextDeadline();
  if (next == MonoTime::max()) {
    pings_->timer.Disarm();
  } else {
    pings_->timer.Arm(std::max(next - upstream_->connection().loop().Now(), Duration{}));
  }
}

void PooledConnection::OnPingTime() {
  DoPing(pings_->keepalive.OnTime(upstream_->connection().loop().Now()));
}

void PooledConnection::DoPing(Keepalive::Due due) {
  switch (due) {
    case Keepalive::Due::kNothing: break;
    case Keepalive::Due::kSendPing:
      codec_->SendPing();
      OutputReady();
      break;
    case Keepalive::Due::kDead:
      upstream_->host().cluster().http2_counters().keepalive_timeout.Inc();
      Close();
      return;
  }
  PlanPing();
}

void PooledConnection::OnPong() {
  if (pings_ == nullptr) return;
  pings_->keepalive.OnPong(upstream_->connection().loop().Now());
  PlanPing();
}

}  // namespace sluice::upstream

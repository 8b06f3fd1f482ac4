#include "sluice/upstream/cluster.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "balancers.h"
#include "dynamic_hosts.h"
#include "pool.h"
#include "sluice/base/check.h"
#include "sluice/base/random.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"
#include "sluice/upstream/http_pool.h"
#include "tcp_connect.h"
#include "tcp_exchange.h"
#include "zone_routing.h"

namespace sluice::upstream {
namespace {
constexpr size_t kNowhere = SIZE_MAX;
}

// What the balancer looks at, in one piece for each priority.
struct Cluster::Views {
  struct Level {
    std::vector<Host*> all;
    std::vector<Host*> healthy;
    std::vector<Host*> degraded;
    std::vector<Host*> excluded;
  };
  std::vector<Level> levels;
  ZoneSplit zones;
};

Cluster::Cluster(ClusterSet& set, std::shared_ptr<const ClusterOptions> options)
    : set_(set),
      options_(std::move(options)),
      views_(std::make_unique<Views>()),
      balancer_(MakeBalancer(*this, FastRandom())) {
  if (options_->discovery == Discovery::kDynamic) {
    by_name_ = static_cast<DynamicHosts*>(balancer_.get());
  }
  const stats::Scope scope(set.store(), set.slot(), "cluster." + options_->stat_name);
  stats_ = std::make_unique<ClusterStats>(scope);
  http1_counters_ = http1::MakeCounters(scope.Sub("http1"));
  http2_counters_ = http2::MakeCounters(scope);
}

Cluster::~Cluster() {
  dying_ = true;
  balancer_.reset();
  tcp_exchanges_.clear();
  hosts_.clear();
  removed_hosts_.clear();
}

const std::string& Cluster::name() const { return options_->name; }
ClusterId Cluster::id() const { return options_->id; }
const ClusterConfig& Cluster::config() const { return *options_->config; }
const ClusterOptions& Cluster::options() const { return *options_; }
Breaker& Cluster::breaker(Priority priority) { return options_->breakers->For(priority); }
EventLoop& Cluster::loop() { return set_.loop(); }
uint32_t Cluster::slot() const { return set_.slot(); }
const match::RuntimeSnapshot* Cluster::runtime() const { return set_.runtime(); }

Host* Cluster::PickHost(const LbContext& context) {
  if (context.override_host && !options_->lb.by_request()) [[unlikely]] {
    Host* wished = FindUsable(*context.override_host);
    if (wished != nullptr || context.override_strict) return wished;
  }
  return balancer_->Pick(context);
}

// Asked for by sessions only, so it is not indexed.
Host* Cluster::FindUsable(const net::Address& address) const {
  const LbOptions& lb = options_->lb;
  const auto usable = [&lb](HostHealth health) {
    switch (health) {
      case HostHealth::kHealthy: return lb.override_healthy;
      case HostHealth::kDegraded: return lb.override_degraded;
      case HostHealth::kUnhealthy: return lb.override_unhealthy;
    }
    return false;
  };
  const auto found = std::ranges::find_if(hosts_, [&](const std::unique_ptr<Host>& host) {
    return usable(host->health()) && host->address() == address;
  });
  return found != hosts_.end() ? found->get() : nullptr;
}

bool Cluster::KnowsHost(std::string_view name) const {
  return by_name_ != nullptr && by_name_->Knows(name);
}

bool Cluster::WaitForHost(std::string_view name, NameWait& wait) {
  return by_name_ != nullptr && by_name_->Wait(name, wait);
}

void Cluster::AnswerName(std::string_view name, NameOutcome outcome, std::string_view detail) {
  const ClusterPin pin(*this);
  if (by_name_ != nullptr) by_name_->Answer(name, outcome, detail);
}

std::unique_ptr<ConnectTicket> Cluster::ConnectTcp(const LbContext& context,
                                                   TcpConnectEvents& events) {
  if (Host* host = PickHost(context)) return ConnectTcp(*host, context, events);
  stats_->upstream_cx_none_healthy.Inc();
  auto ticket = std::make_unique<TcpConnect>(*this, events);
  ticket->FailLater(ConnectFailure::kNoHealthyHost, ErrorCode::kNoHealthyHost,
                    "no healthy upstream");
  return ticket;
}

std::unique_ptr<ConnectTicket> Cluster::ConnectTcp(Host& host, const LbContext& context,
                                                   TcpConnectEvents& events) {
  auto ticket = std::make_unique<TcpConnect>(*this, events);
  ticket->Begin(host, context);
  return ticket;
}

void Cluster::NewStream(Host& host, const StreamWish& wish, const LbContext& context,
                        StreamEvents& events, StreamTicket& ticket) {
  if (wish.tcp) {
    auto exchange = std::make_unique<TcpExchange>(*this, events, ticket, wish.first_bytes);
    exchange->place = tcp_exchanges_.size();
    tcp_exchanges_.push_back(std::move(exchange));
    tcp_exchanges_.back()->Begin(host, context);
    return;
  }
  if (HttpPool* pool = host.pools().Get(wish, context)) {
    pool->NewStream(wish.fresh, events, ticket);
    return;
  }
  events.OnStreamFailed(PoolFailure{http::ResetReason::kOverflow, {}, {}});
}

void Cluster::Bury(TcpExchange& exchange) {
  if (exchange.place == kNowhere) return;
  const size_t place = std::exchange(exchange.place, kNowhere);
  loop().DeferDelete(std::move(tcp_exchanges_[place]));
  if (place + 1 != tcp_exchanges_.size()) {
    tcp_exchanges_[place] = std::move(tcp_exchanges_.back());
    tcp_exchanges_[place]->place = place;
  }
  tcp_exchanges_.pop_back();
}

bool Cluster::CloseOneIdle(Priority priority) {
  const auto closes = [&](const std::unique_ptr<Host>& host) {
    return host->pools().CloseOneIdle(priority);
  };
  return std::ranges::any_of(hosts_, closes) || std::ranges::any_of(removed_hosts_, closes);
}

bool Cluster::MakeRoom(Host& host, Priority priority) {
  const SharedBudget* own = host.record().connections(priority);
  if (own != nullptr && own->remaining() == 0) return host.pools().CloseOneIdle(priority);
  return CloseOneIdle(priority);
}

// Of each host that has no place left under its own limit.
void Cluster::CloseIdleOfFullHosts(Priority priority) {
  for (const std::unique_ptr<Host>& host : hosts_) {
    const SharedBudget* own = host->record().connections(priority);
    if (own != nullptr && own->remaining() == 0) host->pools().CloseOneIdle(priority);
  }
}

void Cluster::BeginStarving(Priority priority) {
  breaker(priority).starving.fetch_add(1, std::memory_order_relaxed);
  set_.RingPlaceBell(id(), PlaceCall::kGiveOneUp, priority);
}

void Cluster::EndStarving(Priority priority) {
  breaker(priority).starving.fetch_sub(1, std::memory_order_relaxed);
}

void Cluster::OnPlaceFree(Priority priority) {
  if (breaker(priority).starving.load(std::memory_order_relaxed) == 0) return;
  set_.RingPlaceBell(id(), PlaceCall::kLookAgain, priority);
}

void Cluster::Answer(PlaceCall call, Priority priority) {
  if (call == PlaceCall::kGiveOneUp) {
    if (breaker(priority).connections.remaining() == 0) CloseOneIdle(priority);
    CloseIdleOfFullHosts(priority);
    return;
  }
  const ClusterPin pin(*this);
  for (size_t i = 0; i < hosts_.size(); ++i) hosts_[i]->pools().LookForPlaces(priority);
  for (size_t i = removed_hosts_.size(); i-- > 0;) {
    removed_hosts_[i]->pools().LookForPlaces(priority);
  }
}

void Cluster::Apply(std::shared_ptr<const HostSetSnapshot> snapshot) {
  snapshot_ = std::move(snapshot);
  const std::vector<HostPin> given_up = ReplaceHosts(*snapshot_);
  Rebalance();
  // What was on their connections looks for another host now, so not before.
  for (const HostPin& host : given_up) host->GiveUpConnections();
}

// Hosts that stay keep their connections; those that are new begin without; those that are gone
// take no more requests and end with the ones they have. Answers with those that are not to keep
// them: they have failed, or (close_connections_on_host_set_change) others have come or gone.
std::vector<HostPin> Cluster::ReplaceHosts(const HostSetSnapshot& snapshot) {
  std::vector<HostPin> given_up;
  const size_t count = hosts_.size();
  size_t stay = 0;
  std::unordered_map<const HostRecord*, std::unique_ptr<Host>> before;
  for (std::unique_ptr<Host>& host : hosts_) {
    const HostRecord* record = &host->record();
    before.emplace(record, std::move(host));
  }
  hosts_.clear();
  for (const HostEntry& entry : snapshot.hosts) {
    const auto found = before.find(entry.record.get());
    if (found == before.end() || found->second == nullptr) {
      hosts_.push_back(std::make_unique<Host>(*this, entry, slot()));
      continue;
    }
    ++stay;
    if (found->second->Update(entry)) given_up.emplace_back(*found->second);
    hosts_.push_back(std::move(found->second));
  }
  for (auto& [record, host] : before) {
    if (host != nullptr) RemoveHost(std::move(host));
  }
  if (options_->close_on_host_set_change && (stay != count || stay != hosts_.size())) {
    given_up.clear();
    for (const std::unique_ptr<Host>& host : hosts_) given_up.emplace_back(*host);
  }
  return given_up;
}

void Cluster::RemoveHost(std::unique_ptr<Host> host) {
  Host& removed = *host;
  removed_hosts_.push_back(std::move(host));
  const HostPin pin(removed);  // or closing its idle connections would bury it half-way
  removed.MarkRemoved();
}

Host& Cluster::AddDynamicHost(const HostEntry& entry) {
  hosts_.push_back(std::make_unique<Host>(*this, entry, slot()));
  return *hosts_.back();
}

void Cluster::RemoveDynamicHost(Host& host) {
  const auto found = std::ranges::find(hosts_, &host, &std::unique_ptr<Host>::get);
  std::unique_ptr<Host> gone = std::move(*found);
  hosts_.erase(found);
  RemoveHost(std::move(gone));
}

void Cluster::BuryHost(Host& host) {
  if (dying_) return;
  const auto found = std::ranges::find(removed_hosts_, &host, &std::unique_ptr<Host>::get);
  if (found == removed_hosts_.end()) return CheckUnused();
  std::unique_ptr<Host> gone = std::move(*found);
  removed_hosts_.erase(found);
  loop().DeferDelete(std::move(gone));
  CheckUnused();
}

void Cluster::Rebalance() {
  views_->levels.assign(std::max<uint32_t>(snapshot_->priorities, 1), {});
  for (const std::unique_ptr<Host>& host : hosts_) {
    Views::Level& level = views_->levels[host->priority()];
    level.all.push_back(host.get());
    if (host->excluded()) {
      level.excluded.push_back(host.get());
      continue;
    }
    if (host->health() == HostHealth::kHealthy) level.healthy.push_back(host.get());
    if (host->health() == HostHealth::kDegraded) level.degraded.push_back(host.get());
  }
  const bool zoned = options_->lb.locality == LocalityMode::kZoneAware;
  if (zoned) views_->zones = SplitForZone(*this, set_, snapshot_->localities);
  std::vector<HostView> views;
  for (const Views::Level& level : views_->levels) {
    views.push_back({level.all, level.healthy, level.degraded, level.excluded,
                     snapshot_->localities, zoned ? &views_->zones : nullptr});
  }
  balancer_->Update(views);
}

void Cluster::OnZonesChanged() {
  if (options_->lb.locality == LocalityMode::kZoneAware && snapshot_ != nullptr) Rebalance();
}

void Cluster::OnRuntimeChanged() {
  if (snapshot_ != nullptr) Rebalance();
}

const Locality& Cluster::LocalityOf(const Host& host) const {
  static const Locality kNone;
  const uint32_t index = host.entry().locality;
  return index < snapshot_->localities.size() ? snapshot_->localities[index].locality : kNone;
}

void Cluster::Drain() {
  removed_ = true;
  AddPin();
  if (by_name_ != nullptr) by_name_->GiveUp();
  for (const std::unique_ptr<Host>& host : hosts_) {
    const HostPin pin(*host);
    host->MarkRemoved();  // so that it says when nobody uses it any more
  }
  DropPin();
}

void Cluster::DropPin() {
  SLUICE_DCHECK(pins_ > 0);
  if (--pins_ == 0) CheckUnused();
}

void Cluster::CheckUnused() {
  if (!removed_ || dying_ || pins_ != 0 || !removed_hosts_.empty()) return;
  const auto used = [](const std::unique_ptr<Host>& host) { return host->pinned(); };
  if (std::ranges::none_of(hosts_, used)) set_.Bury(*this);
}

}  // namespace sluice::upstream

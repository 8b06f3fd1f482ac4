#include "dns_discovery.h"

#include <algorithm>
#include <utility>

#include "dns_family.h"
#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/upstream/cluster_config.h"

namespace sluice::upstream {
namespace {

// A TTL of zero or a second must not make us a burden to the server.
constexpr Duration kLeastWait = std::chrono::milliseconds(1);

Duration RandomBelow(Duration most) {
  if (most <= Duration{}) return Duration{};
  return Duration(static_cast<int64_t>(FastRandomBelow(static_cast<uint64_t>(most.count()))));
}

}  // namespace

DnsDiscovery::Name::Name(DnsDiscovery& owner, const EndpointPlan& endpoint)
    : plan(endpoint), timer(owner.context_.loop, [this, &owner] { owner.Ask(*this); }) {}

DnsDiscovery::DnsDiscovery(const DiscoveryContext& context) : context_(context) {
  for (const EndpointPlan& plan : context_.plan.endpoints) {
    auto name = std::make_unique<Name>(*this, plan);
    if (plan.address) {
      name->addresses.push_back(*plan.address);
      name->answered = true;
    }
    names_.push_back(std::move(name));
  }
}

DnsDiscovery::~DnsDiscovery() = default;

void DnsDiscovery::Start(OnHosts hosts, std::function<void()> first) {
  on_hosts_ = std::move(hosts);
  on_first_ = std::move(first);
  if (std::ranges::any_of(names_, &Name::answered)) Publish();
  if (std::ranges::all_of(names_, &Name::answered)) {
    std::exchange(on_first_, nullptr)();
    return;
  }
  for (std::unique_ptr<Name>& name : names_) {
    if (!name->answered) Ask(*name);
  }
}

void DnsDiscovery::Ask(Name& name) {
  context_.stats.update_attempt.Inc();
  name.query = context_.dns.Resolve(
      name.plan.name, FamilyOf(context_.options.config->dns_lookup_family),
      [this, &name](Result<net::DnsAnswer> answer) { Answer(name, std::move(answer)); });
}

void DnsDiscovery::Answer(Name& name, Result<net::DnsAnswer> answer) {
  if (!answer) {
    context_.stats.update_failure.Inc();
    SLUICE_LOG(kDns, kWarning, "cluster '{}': cannot resolve '{}': {}", context_.options.name,
               name.plan.name, answer.error().detail);
    name.timer.Arm(WaitAfterFailure(name));
    NoteAnswered(name);
    return;
  }
  context_.stats.update_success.Inc();
  if (answer->addresses.empty()) context_.stats.update_empty.Inc();
  name.failure_wait = Duration{};
  if (Take(name, *answer)) {
    Publish();
  } else {
    context_.stats.update_no_rebuild.Inc();
  }
  name.timer.Arm(WaitAfterSuccess(*answer));
  NoteAnswered(name);
}

// True when the name's hosts are others than before. The order of an answer means nothing.
bool DnsDiscovery::Take(Name& name, const net::DnsAnswer& answer) {
  std::vector<net::Address> addresses;
  for (const net::Address& address : answer.addresses) {
    addresses.push_back(address.WithPort(name.plan.port));
  }
  if (context_.options.discovery == Discovery::kLogicalDns) {
    // Without an answer the host stays where it was: connections to it may well live on.
    if (addresses.empty()) return false;
    addresses.resize(1);
  }
  const bool same = std::ranges::is_permutation(addresses, name.addresses);
  if (!same) name.addresses = std::move(addresses);
  return !same;
}

void DnsDiscovery::Publish() {
  if (context_.options.discovery == Discovery::kLogicalDns) {
    const Name& name = *names_.front();
    on_hosts_(context_.snapshots.MakeLogical(name.plan, name.addresses.front()));
    return;
  }
  std::vector<SnapshotMaker::Resolved> hosts;
  for (const std::unique_ptr<Name>& name : names_) {
    for (const net::Address& address : name->addresses) {
      const bool known = std::ranges::any_of(hosts, [&](const SnapshotMaker::Resolved& other) {
        return other.address == address && other.plan->priority == name->plan.priority;
      });
      if (!known) hosts.push_back({&name->plan, address});
    }
  }
  on_hosts_(context_.snapshots.Make(hosts));
}

void DnsDiscovery::NoteAnswered(Name& name) {
  name.answered = true;
  if (!on_first_ || !std::ranges::all_of(names_, &Name::answered)) return;
  std::exchange(on_first_, nullptr)();
}

Duration DnsDiscovery::WaitAfterSuccess(const net::DnsAnswer& answer) const {
  const ClusterConfig& config = *context_.options.config;
  Duration wait = config.dns_refresh_rate;
  if (config.respect_dns_ttl && answer.ttl > Duration{}) wait = answer.ttl;
  return std::max(wait + RandomBelow(config.dns_jitter), kLeastWait);
}

Duration DnsDiscovery::WaitAfterFailure(Name& name) const {
  const ClusterConfig& config = *context_.options.config;
  if (!config.dns_failure_refresh_rate) return std::max(config.dns_refresh_rate, kLeastWait);
  name.failure_wait = NextFailureWait(*config.dns_failure_refresh_rate, name.failure_wait);
  return RandomWait(name.failure_wait);
}

}  // namespace sluice::upstream

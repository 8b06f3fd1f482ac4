#include "dns_cache.h"

#include <algorithm>
#include <utility>

#include "dns_family.h"
#include "sluice/base/log.h"
#include "sluice/http/authority.h"

namespace sluice::upstream {

struct DnsCache::Name final : ListNode<FailedNameTag> {
  Name(DnsCache& cache, std::string_view text, const http::HostPort& parts)
      : name(text),
        host(parts.host),
        port(*parts.port),
        refresh(cache.loop_, [this, &cache] { cache.Refresh(*this); }),
        patience(cache.loop_, [this, &cache] { cache.TimeOut(*this); }),
        last_use(cache.loop_.Now()) {
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  }

  const std::string name;
  std::string host;
  const uint16_t port;
  Timer refresh;
  Timer patience;
  std::unique_ptr<net::DnsQuery> query;  // the last one
  bool asking = false;
  std::optional<net::Address> address;
  std::string failure;  // why there is no address
  std::vector<NameAnswer> waiting;
  MonoTime last_use;
  Duration failure_wait{};
};

DnsCacheStats::DnsCacheStats(const stats::Scope& scope)
    : dns_query_attempt(scope.MakeCounter("dns_query_attempt")),
      dns_query_success(scope.MakeCounter("dns_query_success")),
      dns_query_failure(scope.MakeCounter("dns_query_failure")),
      dns_query_timeout(scope.MakeCounter("dns_query_timeout")),
      host_address_changed(scope.MakeCounter("host_address_changed")),
      host_added(scope.MakeCounter("host_added")),
      host_removed(scope.MakeCounter("host_removed")),
      host_overflow(scope.MakeCounter("host_overflow")),
      num_hosts(scope.MakeGauge("num_hosts")) {}

DnsCache::DnsCache(const DnsCacheConfig& config, EventLoop& loop, net::DnsResolver& dns,
                   stats::Store& store)
    : config_(config),
      loop_(loop),
      dns_(dns),
      stats_(store.MainScope("dns_cache." + config.name)),
      waits_(config.dns_cache_circuit_breaker.max_pending_requests, store.slots()) {}

DnsCache::~DnsCache() = default;

void DnsCache::Start() {
  if (std::exchange(started_, true)) return;
  for (const config::SocketAddress& each : config_.preresolve_hostnames) {
    const bool v6 = each.address.find(':') != std::string::npos;
    Want((v6 ? '[' + each.address + ']' : each.address) + ':' + std::to_string(each.port_value),
         [](NameOutcome, std::string_view) {});
  }
}

void DnsCache::Want(std::string_view name, NameAnswer done) {
  const auto known = names_.find(std::string(name));
  Name* found = known != names_.end() ? known->second.get() : Make(name);
  if (found == nullptr) {
    stats_.host_overflow.Inc();
    return Tell(std::move(done), NameOutcome::kFull, "max_hosts");
  }
  found->last_use = loop_.Now();
  if (found->address) return Tell(std::move(done), NameOutcome::kKnown, {});
  if (!found->failure.empty()) return Tell(std::move(done), NameOutcome::kFailed, found->failure);
  found->waiting.push_back(std::move(done));
  if (!found->asking) Ask(*found);
}

// Null when there is no room. Names that lead nowhere make room for others: a stranger who makes
// them up must not keep everybody out.
DnsCache::Name* DnsCache::Make(std::string_view name) {
  const auto parts = http::SplitHostPort(name);
  if (!parts || !parts->port) return nullptr;
  if (names_.size() >= config_.max_hosts) {
    if (failed_.empty()) return nullptr;
    Drop(failed_.front());
  }
  auto made = std::make_unique<Name>(*this, name, *parts);
  Name* added = names_.emplace(made->name, std::move(made)).first->second.get();
  stats_.host_added.Inc();
  stats_.num_hosts.Set(names_.size());
  return added;
}

void DnsCache::Ask(Name& name) {
  stats_.dns_query_attempt.Inc();
  name.asking = true;
  if (config_.dns_query_timeout > Duration{}) name.patience.Arm(config_.dns_query_timeout);
  net::DnsResolver& dns = own_dns_ != nullptr ? *own_dns_ : dns_;
  name.query = dns.Resolve(
      name.host, FamilyOf(config_.dns_lookup_family),
      [this, &name](Result<net::DnsAnswer> answer) { Answer(name, std::move(answer)); });
}

void DnsCache::TimeOut(Name& name) {
  stats_.dns_query_timeout.Inc();
  name.query.reset();
  Fail(name, "no answer in time");
}

void DnsCache::Answer(Name& name, Result<net::DnsAnswer> answer) {
  name.patience.Disarm();
  if (!answer) {
    stats_.dns_query_failure.Inc();
    return Fail(name, answer.error().detail);
  }
  stats_.dns_query_success.Inc();
  if (answer->addresses.empty()) return Fail(name, "it has no address");
  const net::Address address = answer->addresses.front().WithPort(name.port);
  if (name.address && *name.address != address) stats_.host_address_changed.Inc();
  changed_ = changed_ || !name.address || *name.address != address;
  name.address = address;
  name.failure.clear();
  name.failure_wait = Duration{};
  if (name.linked()) name.Unlink();
  name.refresh.Arm(std::max(answer->ttl, config_.dns_min_refresh_rate));
  Settle(name);
}

// An address that was good stays in use: better an old one than none.
void DnsCache::Fail(Name& name, std::string_view why) {
  SLUICE_LOG(kDns, kDebug, "dns cache '{}': cannot resolve '{}': {}", config_.name, name.host, why);
  if (!name.address) {
    name.failure = why;
    if (!name.linked()) failed_.PushBack(name);
  }
  const Duration wait = WaitAfterFailure(name);
  Settle(name);
  if (!name.address && config_.disable_dns_refresh_on_failure) return Drop(name);
  name.refresh.Arm(wait);
}

void DnsCache::Settle(Name& name) {
  name.asking = false;
  const NameOutcome outcome = name.address ? NameOutcome::kKnown : NameOutcome::kFailed;
  for (NameAnswer& done : name.waiting) Tell(std::move(done), outcome, name.failure);
  name.waiting.clear();
  loop_.RunLater(*this);
}

void DnsCache::Refresh(Name& name) {
  bool used = false;
  for (Observer* observer : observers_) used = observer->TakeUse(name.name) || used;
  if (used) name.last_use = loop_.Now();
  if (loop_.Now() - name.last_use >= config_.host_ttl) return Drop(name);
  Ask(name);
}

void DnsCache::Drop(Name& name) {
  stats_.host_removed.Inc();
  changed_ = changed_ || name.address.has_value();
  if (name.asking) name.query.reset();  // else it may be the one that calls
  name.refresh.Disarm();
  name.patience.Disarm();
  if (name.linked()) name.Unlink();
  const auto found = names_.find(name.name);
  dropped_.push_back(std::move(found->second));  // it may be one of its timers that calls
  names_.erase(found);
  stats_.num_hosts.Set(names_.size());
  loop_.RunLater(*this);
}

void DnsCache::Tell(NameAnswer done, NameOutcome outcome, std::string_view detail) {
  settled_.push_back({std::move(done), outcome, std::string(detail)});
  loop_.RunLater(*this);
}

void DnsCache::Run() {
  if (std::exchange(changed_, false)) {
    for (Observer* observer : observers_) observer->OnNamesChanged();
  }
  for (Settled& one : std::exchange(settled_, {})) one.done(one.outcome, one.detail);
  dropped_.clear();
}

void DnsCache::ForEach(
    const std::function<void(const std::string& name, const net::Address& address)>& visit) const {
  for (const auto& [text, name] : names_) {
    if (name->address) visit(text, *name->address);
  }
}

Duration DnsCache::WaitAfterFailure(Name& name) const {
  if (!config_.dns_failure_refresh_rate) return config_.dns_refresh_rate;
  name.failure_wait = NextFailureWait(*config_.dns_failure_refresh_rate, name.failure_wait);
  return RandomWait(name.failure_wait);
}

}  // namespace sluice::upstream

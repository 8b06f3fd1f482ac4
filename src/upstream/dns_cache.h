// The names that requests have asked for and where they lead (dns_cache_config): asked for once,
// asked for again when the answer expires, dropped when nobody uses them any more.
//
// Main thread. Owned by the cluster manager; outlives the clusters that look at it. Hard rule: what
// observers publish goes to the workers before the answers that rely on it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sluice/base/intrusive_list.h"
#include "sluice/base/shared_budget.h"
#include "sluice/event/loop.h"
#include "sluice/net/dns.h"
#include "sluice/stats/store.h"
#include "sluice/upstream/dynamic_config.h"
#include "sluice/upstream/named_host.h"

namespace sluice::upstream {

struct DnsCacheStats {
  stats::Counter dns_query_attempt;
  stats::Counter dns_query_success;
  stats::Counter dns_query_failure;
  stats::Counter dns_query_timeout;
  stats::Counter host_address_changed;
  stats::Counter host_added;
  stats::Counter host_removed;
  stats::Counter host_overflow;
  stats::Gauge num_hosts;
  explicit DnsCacheStats(const stats::Scope& scope);
};

class DnsCache final : private RunItem {
 public:
  struct Name;
  class Observer {
   public:
    virtual void OnNamesChanged() = 0;
    // Whether there have been requests for the name since this was asked last.
    virtual bool TakeUse(const std::string& name) = 0;

   protected:
    ~Observer() = default;
  };

  DnsCache(const DnsCacheConfig& config, EventLoop& loop, net::DnsResolver& dns,
           stats::Store& store);
  ~DnsCache() override;

  const DnsCacheConfig& config() const { return config_; }
  // Of the requests that wait, over all workers.
  SharedBudget& waits() { return waits_; }

  void Add(Observer& observer) { observers_.push_back(&observer); }
  void Remove(Observer& observer) { std::erase(observers_, &observer); }
  // Resolves preresolve_hostnames; once.
  void Start();
  void SetResolver(std::unique_ptr<net::DnsResolver> dns) { own_dns_ = std::move(dns); }
  // `name` as NameOfHost makes it. The answer never comes from inside.
  void Want(std::string_view name, NameAnswer done);
  // Those that have an address.
  void ForEach(
      const std::function<void(const std::string& name, const net::Address& address)>& visit) const;

 private:
  struct Settled {
    NameAnswer done;
    NameOutcome outcome;
    std::string detail;
  };

  // RunItem: tells of what has changed, then those who wait.
  void Run() override;

  Name* Make(std::string_view name);
  void Ask(Name& name);
  void TimeOut(Name& name);
  void Answer(Name& name, Result<net::DnsAnswer> answer);
  void Fail(Name& name, std::string_view why);
  void Settle(Name& name);
  void Refresh(Name& name);
  void Drop(Name& name);
  void Tell(NameAnswer done, NameOutcome outcome, std::string_view detail);
  Duration WaitAfterFailure(Name& name) const;

  const DnsCacheConfig config_;
  EventLoop& loop_;
  net::DnsResolver& dns_;
  std::unique_ptr<net::DnsResolver> own_dns_;
  DnsCacheStats stats_;
  SharedBudget waits_;
  std::unordered_map<std::string, std::unique_ptr<Name>> names_;
  IntrusiveList<Name, struct FailedNameTag> failed_;  // oldest first: the first to make room
  std::vector<std::unique_ptr<Name>> dropped_;        // in this turn
  std::vector<Observer*> observers_;
  std::vector<Settled> settled_;
  bool changed_ = false;
  bool started_ = false;
};

}  // namespace sluice::upstream

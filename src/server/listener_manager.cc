#include "listener_manager.h"

#include <utility>

#include <fmt/format.h>

#include "listener_entry.h"
#include "sluice/base/log.h"
#include "sluice/listener/build.h"

namespace sluice::server {

ListenerManager::ListenerManager(EventLoop& loop, stats::Store& store, Duration drain_time)
    : loop_(loop),
      drain_time_(drain_time),
      stats_(stats::Make<ListenerManagerStats>(store.MainScope("listener_manager"))) {}

ListenerManager::~ListenerManager() {
  // Leases go before the set that they are of.
  entries_.clear();
  retired_.clear();
}

void ListenerManager::Build(const Configs& configs, uint32_t workers, filter::LoadContext& ctx) {
  workers_wanted_ = workers;
  std::vector<const Entry*> others;
  for (const auto& config : configs) {
    auto entry = Compile(config, ctx);
    if (entry == nullptr || !HasOwnAddress(*entry, others, ctx.problems)) continue;
    stats_.listener_added.Inc();
    others.push_back(entry.get());
    entries_.push_back(std::move(entry));
  }
}

// Null when there were problems.
std::unique_ptr<ListenerManager::Entry> ListenerManager::Compile(
    std::shared_ptr<const listener::ListenerConfig> config, filter::LoadContext& ctx) {
  auto entry = std::make_unique<Entry>();
  entry->config = std::move(config);
  entry->plan = listener::BuildPlan(*entry->config, ctx);
  entry->socket_plans = listener::PlanSockets(*entry->config, workers_wanted_, ctx.problems);
  if (entry->plan == nullptr || entry->socket_plans.empty()) return nullptr;
  entry->instance = ++instances_;
  for (listener::SocketPlan& plan : entry->socket_plans) {
    plan.options.listen_later = true;  // when the clusters are warm
  }
  return entry;
}

bool ListenerManager::HasOwnAddress(const Entry& entry, const std::vector<const Entry*>& others,
                                    config::Problems& problems) {
  for (const listener::SocketPlan& mine : entry.socket_plans) {
    for (const Entry* other : others) {
      for (const listener::SocketPlan& theirs : other->socket_plans) {
        if (mine.address != theirs.address) continue;
        if (mine.address.is_ip() && mine.address.port() == 0) continue;
        problems.Add(entry.config->where,
                     fmt::format("listener `{}` has the address {} of listener `{}`",
                                 entry.plan->name, mine.address.ToString(), other->plan->name),
                     "put the filter chains into one listener, or change one address");
        return false;
      }
    }
  }
  return true;
}

std::unexpected<Error> ListenerManager::CannotListen(const Entry& entry, Error error) {
  stats_.listener_create_failure.Inc();
  error.detail = "listener '" + entry.plan->name + "': " + error.detail;
  return std::unexpected(std::move(error));
}

Result<> ListenerManager::OpenSockets() {
  for (auto& entry : entries_) {
    if (auto opened = Open(*entry); !opened) return opened;
  }
  return {};
}

Result<> ListenerManager::Open(Entry& entry) {
  for (listener::SocketPlan& plan : entry.socket_plans) {
    // Each listener on port 0 finds a port of its own, and its successor the same.
    const bool any_port = plan.address.is_ip() && plan.address.port() == 0;
    plan.options.instance = any_port ? entry.instance : 0;
    auto lease = sockets_.Open(plan.address, plan.options);
    if (!lease) return CannotListen(entry, lease.error());
    entry.leases.push_back(std::move(*lease));
  }
  return {};
}

void ListenerManager::AddTo(const std::vector<std::unique_ptr<Worker>>& workers,
                            SharedBudget* global_limit) {
  workers_ = &workers;
  global_limit_ = global_limit;
  for (auto& entry : entries_) {
    Balance(*entry);
    for (auto& worker : workers) {
      worker->AddServices(entry->worker_services, entry->plan.get());
      worker->AddListener(entry->plan, global_limit, entry->balancer.get());
    }
  }
}

void ListenerManager::Balance(Entry& entry) {
  if (!entry.plan->exact_balance || workers_->size() < 2) return;
  entry.balancer = std::make_unique<ExactBalancer>(entry.plan, *workers_);
}

Result<> ListenerManager::Listen() {
  phase_ = Phase::kListening;
  for (auto& entry : entries_) {
    for (net::ListenLease& lease : entry->leases) {
      if (auto listening = lease->Listen(); !listening) {
        return CannotListen(*entry, listening.error());
      }
    }
  }
  for (auto& entry : entries_) {
    entry->accepting = true;
    stats_.total_listeners_active.Inc();
    for (const net::ListenLease& lease : entry->leases) {
      const net::ListenSocket* socket = &*lease;
      for (auto& worker : *workers_) {
        stats_.listener_create_success.Inc();
        worker->Post([plan = entry->plan, socket](Worker& here) {
          if (auto listening = here.Listen(*plan, *socket); !listening) {
            SLUICE_LOG(kMain, kError, "listener '{}': {}", plan->name,
                       listening.error().ToString());
          }
        });
      }
    }
  }
  stats_.workers_started.Set(1);
  return {};
}

void ListenerManager::StopAccepting(bool inbound_only) {
  if (!inbound_only) phase_ = Phase::kEnding;
  for (auto& entry : entries_) {
    const bool inbound = entry->plan->direction == stream::TrafficDirection::kInbound;
    if (!entry->accepting || (inbound_only && !inbound)) continue;
    entry->accepting = false;
    stats_.listener_stopped.Inc();
    stats_.total_listeners_active.Dec();
    stats_.total_listeners_draining.Inc();
    for (net::ListenLease& lease : entry->leases) lease->StopArrivals();
  }
  for (auto& worker : *workers_) {
    ++stopping_;
    worker->Post([this, inbound_only](Worker& here) {
      here.StopAccepting(inbound_only);
      loop_.Post([this] {
        if (--stopping_ == 0) CloseStopped();
      });
    });
  }
}

void ListenerManager::CloseStopped() {
  for (auto& entry : entries_) {
    if (!entry->accepting) entry->leases.clear();
  }
}

void ListenerManager::Drain(bool hard) {
  for (auto& worker : *workers_) {
    worker->Post([hard](Worker& here) { here.Drain(hard); });
  }
}

std::vector<ListenerManager::View> ListenerManager::Views() const {
  std::vector<View> views;
  for (const auto& entry : entries_) {
    View& view = views.emplace_back(View{*entry->config, *entry->plan, {}, entry->dynamic});
    for (const net::ListenLease& lease : entry->leases) view.addresses.push_back(lease->local());
  }
  return views;
}

}  // namespace sluice::server

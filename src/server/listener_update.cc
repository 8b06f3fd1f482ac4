// Listeners that come, change and go while the process runs.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "listener_entry.h"
#include "listener_manager.h"
#include "sluice/base/log.h"
#include "sluice/config/parse.h"
#include "sluice/filter/access_logger.h"
#include "sluice/log/access_log.h"

namespace sluice::server {

struct ListenerManager::Change {
  std::unique_ptr<Entry> entry;
  const Entry* before;  // null: it is new
};

// What one update does to a worker, in one piece.
struct ListenerManager::Shift {
  struct Addition {
    Entry* entry;
    std::shared_ptr<const listener::ListenerPlan> plan;
    std::vector<const net::ListenSocket*> sockets;
  };
  std::vector<Entry*> gone;
  std::vector<Addition> added;
};

namespace {

std::string NameOf(const listener::ListenerConfig& config) {
  return config.name.empty() ? config.address.ToString() : config.name;
}

}  // namespace

bool ListenerManager::Update(const Configs& configs, filter::LoadContext& ctx) {
  const size_t errors = ctx.problems.errors();
  if (phase_ == Phase::kEnding) {
    ctx.problems.Add({}, "the listeners have been told to stop");
    return false;
  }
  std::vector<const Entry*> stay;
  std::vector<Change> changes = Plan(configs, ctx, stay);
  if (ctx.problems.errors() != errors) {
    stats_.listener_create_failure.Inc();
    return false;
  }
  if (phase_ == Phase::kListening && !OpenChanged(changes, ctx.problems)) return false;
  Apply(std::move(changes), stay);
  return true;
}

ListenerManager::Entry* ListenerManager::FindEntry(std::string_view name) const {
  const auto found = std::ranges::find_if(
      entries_, [name](const auto& entry) { return NameOf(*entry->config) == name; });
  return found == entries_.end() ? nullptr : found->get();
}

// Everything is made before anything is replaced. `stay` gets those that are equal to what runs.
std::vector<ListenerManager::Change> ListenerManager::Plan(const Configs& configs,
                                                           filter::LoadContext& ctx,
                                                           std::vector<const Entry*>& stay) {
  std::vector<const Entry*> all;  // as it will be
  for (const auto& entry : entries_) {
    if (!entry->dynamic) all.push_back(entry.get());
  }
  std::vector<Change> changes;
  std::vector<std::string> names;
  for (const auto& config : configs) {
    const std::string name = NameOf(*config);
    const Entry* before = FindEntry(name);
    if (before != nullptr && !before->dynamic) {
      ctx.problems.Warn(
          config->where,
          fmt::format("listener '{}' is one of static_resources, which stays as it is", name));
      continue;
    }
    if (std::ranges::find(names, name) != names.end()) {
      ctx.problems.Add(config->where, fmt::format("there is another listener named '{}'", name));
      continue;
    }
    names.push_back(name);
    if (before != nullptr && config::Equal(*before->config, *config)) {
      stay.push_back(before);
      all.push_back(before);
      continue;
    }
    auto entry = CompileDynamic(config, ctx);
    if (entry == nullptr || !HasOwnAddress(*entry, all, ctx.problems)) continue;
    if (before != nullptr) entry->instance = before->instance;
    all.push_back(entry.get());
    changes.push_back({std::move(entry), before});
  }
  return changes;
}

// With services of its own, which go when it goes.
std::unique_ptr<ListenerManager::Entry> ListenerManager::CompileDynamic(
    const std::shared_ptr<const listener::ListenerConfig>& config, filter::LoadContext& ctx) {
  filter::MainServices services;
  filter::WorkerServices worker_services;
  filter::LoadContext own{ctx.problems,    ctx.extensions, ctx.clusters,      ctx.access_logs,
                          ctx.process,     ctx.stats,      ctx.main_loop,     services,
                          worker_services, ctx.runtime,    ctx.default_tracer};
  own.discovery = ctx.discovery;
  ctx.access_logs.UseSinks([&own](const config::TypedConfig& logger) {
    return logger.Factory<filter::AccessLoggerExtension>().Make(logger, own);
  });
  auto entry = Compile(config, own);
  ctx.access_logs.UseSinks({});
  if (entry == nullptr) return nullptr;
  entry->dynamic = true;
  entry->services = std::move(services);
  entry->worker_services = std::move(worker_services);
  return entry;
}

bool ListenerManager::OpenChanged(std::vector<Change>& changes, config::Problems& problems) {
  for (Change& change : changes) {
    Result<> ready = Open(*change.entry);
    for (net::ListenLease& lease : change.entry->leases) {
      if (ready) ready = lease->Listen();
    }
    if (ready) continue;
    problems.Add(change.entry->config->where, ready.error().detail);
    return false;
  }
  return true;
}

void ListenerManager::Apply(std::vector<Change> changes, const std::vector<const Entry*>& stay) {
  Shift shift;
  std::vector<std::unique_ptr<Entry>> kept;
  for (auto& entry : entries_) {
    if (!entry->dynamic || std::ranges::find(stay, entry.get()) != stay.end()) {
      kept.push_back(std::move(entry));
      continue;
    }
    const auto changed = std::ranges::find(changes, entry.get(), &Change::before);
    (changed != changes.end() ? stats_.listener_modified : stats_.listener_removed).Inc();
    Retire(std::move(entry), shift);
  }
  entries_ = std::move(kept);
  for (Change& change : changes) {
    if (change.before == nullptr) stats_.listener_added.Inc();
    Entry& entry = *change.entry;
    entries_.push_back(std::move(change.entry));
    if (phase_ != Phase::kListening) continue;
    SLUICE_LOG(kMain, kInfo, "listener '{}' is {}", entry.plan->name,
               change.before == nullptr ? "added" : "replaced");
    entry.accepting = true;
    stats_.total_listeners_active.Inc();
    Balance(entry);
    stats_.listener_create_success.Add(entry.leases.size() * workers_->size());
    if (main_ != nullptr) entry.services.Start(*main_);
    Shift::Addition& addition = shift.added.emplace_back(Shift::Addition{&entry, entry.plan, {}});
    for (const net::ListenLease& lease : entry.leases) addition.sockets.push_back(&*lease);
  }
  Send(std::move(shift));
}

void ListenerManager::Retire(std::unique_ptr<Entry> entry, Shift& shift) {
  SLUICE_LOG(kMain, kInfo, "listener '{}' gives up its place", entry->plan->name);
  // What a successor listens on as well goes on.
  for (net::ListenLease& lease : entry->leases) {
    if (lease->sole()) lease->StopArrivals();
  }
  stats_.total_listeners_active.Dec();
  stats_.total_listeners_draining.Inc();
  entry->accepting = false;
  entry->acceptors = entry->holders = workers_->size();
  shift.gone.push_back(entry.get());
  retired_.push_back(std::move(entry));
}

// An entry lives until every worker has said that it is done with it.
void ListenerManager::Send(Shift shift) {
  if (phase_ != Phase::kListening || (shift.gone.empty() && shift.added.empty())) return;
  for (auto& worker : *workers_) {
    worker->Post([this, shift](Worker& here) {
      for (Entry* entry : shift.gone) {
        here.Retire(*entry->plan, drain_time_,
                    [this, entry] { loop_.Post([this, entry] { OnGone(*entry); }); });
        loop_.Post([this, entry] { OnAcceptorsGone(*entry); });
      }
      for (const Shift::Addition& one : shift.added) {
        here.AddServices(one.entry->worker_services, one.plan.get());
        here.AddListener(one.plan, global_limit_, one.entry->balancer.get());
        for (const net::ListenSocket* socket : one.sockets) {
          if (auto listening = here.Listen(*one.plan, *socket); !listening) {
            SLUICE_LOG(kMain, kError, "listener '{}': {}", one.plan->name,
                       listening.error().ToString());
          }
        }
        here.JoinPause(*one.plan);
      }
    });
  }
}

void ListenerManager::OnAcceptorsGone(Entry& entry) {
  if (--entry.acceptors == 0) entry.leases.clear();
}

void ListenerManager::OnGone(Entry& entry) {
  if (--entry.holders != 0) return;
  stats_.total_listeners_draining.Dec();
  entry.services.Stop();
  std::erase_if(retired_, [&entry](const auto& one) { return one.get() == &entry; });
}

void ListenerManager::StartServices(filter::WorkerContext& main) {
  main_ = &main;
  for (auto& entry : entries_) entry->services.Start(main);
}

void ListenerManager::StopServices() {
  main_ = nullptr;
  for (auto& entry : entries_) entry->services.Stop();
  for (auto& entry : retired_) entry->services.Stop();
}

}  // namespace sluice::server

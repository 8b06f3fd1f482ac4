#include "sluice/upstream/cluster_manager.h"

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "compile_options.h"
#include "dns_cache.h"
#include "main_cluster.h"
#include "runtime_values.h"
#include "sluice/base/log.h"
#include "sluice/config/parse.h"
#include "sluice/net/dns.h"
#include "sluice/net/dns_config.h"
#include "sluice/stats/store.h"
#include "sluice/upstream/cluster_config.h"
#include "sluice/upstream/dynamic_config.h"

namespace sluice::upstream {
namespace {

// A resolver that never answers must not keep the listeners shut for ever.
constexpr Duration kWarmingTimeout = std::chrono::seconds(15);
// How often clusters that are gone are looked at: whether workers still use them.
constexpr Duration kSweepInterval = std::chrono::seconds(1);

// Stands for "as configured", and is no value that could be.
constexpr LbValues kNoLbValues{-1, -1, UINT64_MAX};

void CheckEventLog(const std::string& path, config::Problems& problems) {
  if (auto good = HealthEventLog(path).Check(); !good) problems.Add({}, good.error().detail);
}

}  // namespace

struct ClusterManager::State {
  explicit State(const Settings& given);

  struct Worker {
    EventLoop& loop;
    ClusterSet& set;
  };
  // What the number of a cluster stands for.
  struct Slot {
    std::string name;
    std::unique_ptr<MainCluster> cluster;  // null: only a name yet, or not any more
    std::unique_ptr<MainCluster> warming;  // that will be the cluster
    bool dynamic = false;

    const MainCluster* newest() const { return warming != nullptr ? warming.get() : cluster.get(); }
  };
  struct Change {
    ClusterId id;
    std::unique_ptr<MainCluster> cluster;
  };

  void AddStatic(std::shared_ptr<const ClusterConfig> config, config::Problems& problems);
  std::unique_ptr<MainCluster> Make(std::shared_ptr<const ClusterConfig> config, ClusterId id,
                                    config::Problems& problems);
  std::unique_ptr<net::DnsResolver> OwnResolver(const std::optional<config::NamedExtension>& config,
                                                const config::Where& where,
                                                config::Problems& problems);
  DnsCache* NameCache(const ClusterConfig& config, config::Problems& problems);
  void TellName(ClusterId id, ClusterSet& set, const std::string& name, NameOutcome outcome,
                std::string_view detail);
  ClusterId IdOf(std::string_view name);
  const Slot* Find(std::string_view name) const;
  std::vector<Change> Plan(const Configs& configs, std::vector<bool>& stay,
                           config::Problems& problems);
  void Apply(Change change);
  void TakeOver(const MainCluster& fresh);
  void Remove(ClusterId id);
  void Retire(std::unique_ptr<MainCluster> cluster);
  void Sweep();
  void StartCluster(MainCluster& cluster);
  void Warmed(const MainCluster& cluster);
  void Publish(const MainCluster& from, const SnapshotPtr& hosts);
  void Ring(ClusterId id, PlaceCall call, Priority priority);
  void FinishWarming();
  void CountClusters();
  template <typename Fn>
  void ForEach(Fn&& fn) {
    for (Slot& slot : slots) {
      if (slot.cluster != nullptr) fn(*slot.cluster);
    }
  }

  Settings settings;
  std::map<std::string, std::unique_ptr<DnsCache>, std::less<>> name_caches;  // outlive clusters
  std::deque<Slot> slots;                                                     // by id
  std::unordered_map<std::string_view, ClusterId> names;
  std::vector<Worker> workers;
  std::function<void()> on_warm;
  bool started = false;
  size_t awaited = 0;
  Timer warming_timer;
  std::vector<std::unique_ptr<MainCluster>> retired;  // that workers still use
  Timer sweep_timer;
  std::optional<HealthEventLog> outlier_events;
  LbValues lb_values;  // what the balancers have been told last

  stats::Counter cluster_added;
  stats::Counter cluster_modified;
  stats::Counter cluster_removed;
  stats::Counter cluster_updated;
  stats::Gauge active_clusters;
  stats::Gauge warming_clusters;
};

ClusterManager::State::State(const Settings& given)
    : settings(given),
      warming_timer(given.loop, [this] { FinishWarming(); }),
      sweep_timer(given.loop, [this] { Sweep(); }),
      lb_values(LbValuesNow(kNoLbValues, given.runtime)) {
  const stats::Scope scope = given.store.MainScope("cluster_manager");
  cluster_added = scope.MakeCounter("cluster_added");
  cluster_modified = scope.MakeCounter("cluster_modified");
  cluster_removed = scope.MakeCounter("cluster_removed");
  cluster_updated = scope.MakeCounter("cluster_updated");
  active_clusters = scope.MakeGauge("active_clusters");
  warming_clusters = scope.MakeGauge("warming_clusters");
}

ClusterManager::ClusterManager(const Settings& settings, Configs clusters,
                               config::Problems& problems, const Configs& dynamic)
    : state_(std::make_unique<State>(settings)) {
  if (!settings.outlier_event_log.empty()) {
    CheckEventLog(settings.outlier_event_log, problems);
    state_->outlier_events.emplace(settings.outlier_event_log);
  }
  for (std::shared_ptr<const ClusterConfig>& config : clusters) {
    state_->AddStatic(std::move(config), problems);
  }
  Update(dynamic, problems);
  const std::string& local = settings.zone.cluster;
  if (!local.empty() && !FindId(local)) {
    problems.Add({}, fmt::format("local_cluster_name: there is no cluster '{}'", local));
  }
  state_->CountClusters();
}

ClusterManager::~ClusterManager() = default;

ClusterId ClusterManager::State::IdOf(std::string_view name) {
  const auto known = names.find(name);
  if (known != names.end()) return known->second;
  const ClusterId id{static_cast<uint32_t>(slots.size())};
  Slot& slot = slots.emplace_back();
  slot.name = name;
  names.emplace(slot.name, id);
  return id;
}

// Null when there is no such cluster now.
const ClusterManager::State::Slot* ClusterManager::State::Find(std::string_view name) const {
  const auto known = names.find(name);
  if (known == names.end()) return nullptr;
  const Slot& slot = slots[known->second.value];
  return slot.newest() != nullptr ? &slot : nullptr;
}

void ClusterManager::State::AddStatic(std::shared_ptr<const ClusterConfig> config,
                                      config::Problems& problems) {
  if (Find(config->name) != nullptr) {
    problems.Add(config->where, fmt::format("there is another cluster named '{}'", config->name));
    return;
  }
  const ClusterId id = IdOf(config->name);
  slots[id.value].cluster = Make(std::move(config), id, problems);
  cluster_added.Inc();
}

std::unique_ptr<MainCluster> ClusterManager::State::Make(
    std::shared_ptr<const ClusterConfig> config, ClusterId id, config::Problems& problems) {
  std::unique_ptr<net::DnsResolver> dns =
      OwnResolver(config->typed_dns_resolver_config, config->where, problems);
  DnsCache* name_cache = NameCache(*config, problems);
  AssignmentPlan plan = CompileAssignment(config, problems);
  CompileContext ctx{problems, settings.loop, settings.store, settings.discovery};
  std::unique_ptr<ClusterOptions> options = CompileOptions(std::move(config), id, ctx);
  std::optional<HealthOptions> health = CompileHealth(*options->config, problems);
  if (health) {
    for (const std::string& path : health->event_logs) CheckEventLog(path, problems);
  }
  std::unique_ptr<EndpointFile> file;
  if (options->discovery == Discovery::kFile && settings.discovery != nullptr) {
    file = std::make_unique<EndpointFile>(*settings.discovery, *options->config,
                                          "cluster." + options->stat_name);
    file->Load(problems);
  }
  auto made = std::make_unique<MainCluster>(MainCluster::Parts{
      std::move(options), std::move(plan), std::move(health), std::move(file), settings.loop,
      settings.store, outlier_events ? &*outlier_events : nullptr, settings.runtime, name_cache});
  made->SetResolver(std::move(dns));
  made->SetTellName(
      [this, id](ClusterSet& set, const std::string& name, NameOutcome outcome,
                 std::string_view detail) { TellName(id, set, name, outcome, detail); });
  return made;
}

// From a typed_dns_resolver_config; null when there is none.
std::unique_ptr<net::DnsResolver> ClusterManager::State::OwnResolver(
    const std::optional<config::NamedExtension>& config, const config::Where& where,
    config::Problems& problems) {
  if (!config) return nullptr;
  const auto* cares = config->typed_config.As<net::CaresResolverConfig>();
  if (cares == nullptr) return nullptr;
  auto options = net::ToDnsOptions(*cares);
  if (!options) {
    problems.Add(where, options.error().detail);
    return nullptr;
  }
  auto made = net::MakeDnsResolver(settings.loop, *options);
  if (made) return std::move(*made);
  problems.Add(where, made.error().detail);
  return nullptr;
}

// The cache that a dynamic cluster looks at, which others of the same name share; null: none.
DnsCache* ClusterManager::State::NameCache(const ClusterConfig& config,
                                           config::Problems& problems) {
  const DynamicForwardConfig* dynamic = config.dynamic_forward();
  if (dynamic == nullptr) return nullptr;
  const DnsCacheConfig& wanted = dynamic->dns_cache_config;
  std::unique_ptr<DnsCache>& cache = name_caches[wanted.name];
  if (cache == nullptr) {
    cache = std::make_unique<DnsCache>(wanted, settings.loop, settings.dns, settings.store);
    cache->SetResolver(OwnResolver(wanted.typed_dns_resolver_config, wanted.where, problems));
  } else if (!config::Equal(cache->config(), wanted)) {
    problems.Add(wanted.where,
                 fmt::format("the DNS cache '{}' has other settings elsewhere", wanted.name));
  }
  return cache.get();
}

// A worker that is about to end is not told: nothing waits there any more.
void ClusterManager::State::TellName(ClusterId id, ClusterSet& set, const std::string& name,
                                     NameOutcome outcome, std::string_view detail) {
  for (const Worker& worker : workers) {
    if (&worker.set != &set) continue;
    worker.loop.Post([&set, id, name, outcome, detail = std::string(detail)] {
      if (Cluster* cluster = set.Get(id)) cluster->AnswerName(name, outcome, detail);
    });
  }
}

std::unique_ptr<ClusterSet> ClusterManager::MakeSet(EventLoop& worker_loop, uint32_t slot) {
  auto set = std::make_unique<ClusterSet>(worker_loop, state_->settings.store, slot);
  set->SetLocalZone(state_->settings.zone);
  set->SetRuntime(state_->settings.runtime);
  state_->ForEach([&set](MainCluster& cluster) {
    set->Install(cluster.shared_options(), cluster.initial_hosts());
  });
  state_->workers.push_back({worker_loop, *set});
  set->SetPlaceBell([state = state_.get()](ClusterId id, PlaceCall call, Priority priority) {
    state->settings.loop.Post([state, id, call, priority] { state->Ring(id, call, priority); });
  });
  return set;
}

void ClusterManager::StopUpdates() { state_->workers.clear(); }

void ClusterManager::Start(std::function<void()> done) {
  state_->on_warm = std::move(done);
  state_->started = true;
  state_->awaited = 1;  // until all have been started
  state_->ForEach([this](MainCluster& cluster) { state_->StartCluster(cluster); });
  --state_->awaited;
  // Never from inside this call: with nothing to wait for, the timer fires in the next turn.
  state_->warming_timer.Arm(state_->awaited == 0 ? Duration{} : kWarmingTimeout);
}

void ClusterManager::State::StartCluster(MainCluster& cluster) {
  const bool wait = cluster.options().config->wait_for_warm_on_init;
  if (wait) ++awaited;
  cluster.Start(
      settings.dns, [this, &cluster](const SnapshotPtr& hosts) { Publish(cluster, hosts); },
      [this, wait, &cluster] {
        Warmed(cluster);
        if (wait && --awaited == 0) FinishWarming();
      });
}

void ClusterManager::State::Warmed(const MainCluster& cluster) {
  SLUICE_LOG(kUpstream, kDebug, "cluster '{}' has its first hosts: {}", cluster.options().name,
             cluster.hosts()->hosts.size());
  CountClusters();
}

void ClusterManager::State::FinishWarming() {
  warming_timer.Disarm();
  for (Slot& slot : slots) {
    MainCluster* late = slot.warming != nullptr ? slot.warming.get() : slot.cluster.get();
    if (late == nullptr || !late->warming()) continue;
    SLUICE_LOG(kUpstream, kWarning, "cluster '{}' has had no answer yet; going on without",
               late->options().name);
    late->GiveUpWarming();
    TakeOver(*late);
  }
  CountClusters();
  if (on_warm) std::exchange(on_warm, nullptr)();
}

// What a successor finds before it has taken over is its own business.
void ClusterManager::State::Publish(const MainCluster& from, const SnapshotPtr& hosts) {
  const ClusterId id = from.options().id;
  if (slots[id.value].cluster.get() != &from) return;
  for (const Worker& worker : workers) {
    worker.loop.Post([set = &worker.set, id, hosts] { set->Apply(id, hosts); });
  }
}

void ClusterManager::State::Ring(ClusterId id, PlaceCall call, Priority priority) {
  for (const Worker& worker : workers) {
    worker.loop.Post([set = &worker.set, id, call, priority] {
      if (Cluster* cluster = set->Get(id)) cluster->Answer(call, priority);
    });
  }
}

void ClusterManager::State::CountClusters() {
  uint64_t active = 0;
  uint64_t warming = 0;
  for (const Slot& slot : slots) {
    if (slot.warming != nullptr) ++warming;
    if (slot.cluster != nullptr) ++(slot.cluster->warming() ? warming : active);
  }
  warming_clusters.Set(warming);
  active_clusters.Set(active);
}

// --- Clusters that come and go.

bool ClusterManager::Update(const Configs& clusters, config::Problems& problems) {
  State& s = *state_;
  const size_t errors = problems.errors();
  std::vector<bool> stay;
  std::vector<State::Change> changes = s.Plan(clusters, stay, problems);
  if (problems.errors() != errors) return false;
  stay.resize(s.slots.size());
  for (State::Change& change : changes) s.Apply(std::move(change));
  for (uint32_t i = 0; i < s.slots.size(); ++i) {
    if (s.slots[i].dynamic && !stay[i]) s.Remove(ClusterId{i});
  }
  s.CountClusters();
  return true;
}

// Everything is made before anything is replaced. `stay` says by id which ones are in the list.
std::vector<ClusterManager::State::Change> ClusterManager::State::Plan(const Configs& configs,
                                                                       std::vector<bool>& stay,
                                                                       config::Problems& problems) {
  std::vector<Change> changes;
  for (const std::shared_ptr<const ClusterConfig>& config : configs) {
    const Slot* known = Find(config->name);
    if (known != nullptr && !known->dynamic) {
      problems.Warn(config->where,
                    fmt::format("cluster '{}' is one of static_resources, which stays as it is",
                                config->name));
      continue;
    }
    const ClusterId id = IdOf(config->name);
    stay.resize(slots.size());
    if (stay[id.value]) {
      problems.Add(config->where, fmt::format("there is another cluster named '{}'", config->name));
      continue;
    }
    stay[id.value] = true;
    if (known != nullptr && config::Equal(*known->newest()->options().config, *config)) continue;
    changes.push_back({id, Make(config, id, problems)});
  }
  return changes;
}

void ClusterManager::State::Apply(Change change) {
  Slot& slot = slots[change.id.value];
  slot.dynamic = true;
  (slot.newest() == nullptr ? cluster_added : cluster_modified).Inc();
  if (!started) {
    slot.cluster = std::move(change.cluster);
    return;
  }
  MainCluster& fresh = *change.cluster;
  slot.warming = std::move(change.cluster);  // one that was not warm yet goes
  fresh.Start(
      settings.dns, [this, &fresh](const SnapshotPtr& hosts) { Publish(fresh, hosts); },
      [this, &fresh] { TakeOver(fresh); });
  if (slot.warming != nullptr) warming_timer.Arm(kWarmingTimeout);
}

// Also called when one that was not waited for any longer is warm at last.
void ClusterManager::State::TakeOver(const MainCluster& fresh) {
  const ClusterId id = fresh.options().id;
  Slot& slot = slots[id.value];
  if (slot.warming.get() != &fresh) return;
  Retire(std::exchange(slot.cluster, std::move(slot.warming)));
  cluster_updated.Inc();
  for (const Worker& worker : workers) {
    worker.loop.Post([set = &worker.set, options = slot.cluster->shared_options(),
                      hosts = slot.cluster->initial_hosts()]() mutable {
      set->Install(std::move(options), std::move(hosts));
    });
  }
  Warmed(*slot.cluster);
}

void ClusterManager::State::Remove(ClusterId id) {
  Slot& slot = slots[id.value];
  slot.dynamic = false;
  slot.warming.reset();
  cluster_removed.Inc();
  if (slot.cluster == nullptr) return;
  SLUICE_LOG(kUpstream, kInfo, "cluster '{}' is removed", slot.name);
  slot.cluster->ShowNoHosts();
  Retire(std::move(slot.cluster));
  for (const Worker& worker : workers) {
    worker.loop.Post([set = &worker.set, id] { set->Remove(id); });
  }
}

// Workers have its breakers, and tell it of failures, until their last connection of it has ended.
void ClusterManager::State::Retire(std::unique_ptr<MainCluster> cluster) {
  if (cluster == nullptr) return;
  cluster->Stop();
  retired.push_back(std::move(cluster));
  sweep_timer.Arm(kSweepInterval);
}

void ClusterManager::State::Sweep() {
  std::vector<std::unique_ptr<MainCluster>> used;
  for (std::unique_ptr<MainCluster>& one : retired) {
    if (one->shared_options().use_count() > 1) {
      used.push_back(std::move(one));
    } else {
      // Behind what workers have posted for it before they let go.
      settings.loop.Post([gone = std::move(one)] {});
    }
  }
  retired = std::move(used);
  if (!retired.empty()) sweep_timer.Arm(kSweepInterval);
}

std::optional<uint32_t> ClusterManager::FindId(std::string_view name) const {
  if (state_->Find(name) == nullptr) return std::nullopt;
  return state_->names.find(name)->second.value;
}

std::optional<uint32_t> ClusterManager::Reserve(std::string_view name) const {
  return state_->IdOf(name).value;
}

std::string_view ClusterManager::NearestName(std::string_view name) const {
  std::vector<std::string_view> all;
  for (const State::Slot& slot : state_->slots) {
    if (slot.newest() != nullptr) all.push_back(slot.name);
  }
  return config::Nearest(name, all);
}

std::string ClusterManager::StatPrefix(uint32_t id) const {
  const State::Slot& slot = state_->slots[id];
  const MainCluster* cluster = slot.newest();
  return "cluster." + (cluster != nullptr ? cluster->options().stat_name : slot.name);
}

const DnsCacheConfig* ClusterManager::FindDnsCache(std::string_view name) const {
  const auto found = state_->name_caches.find(name);
  return found != state_->name_caches.end() ? &found->second->config() : nullptr;
}

void ClusterManager::ForEach(const std::function<void(const ClusterView&)>& visit) const {
  for (const State::Slot& slot : state_->slots) {
    if (slot.cluster == nullptr) continue;
    MainCluster& cluster = *slot.cluster;
    cluster.RefreshFoundHosts();
    const OutlierDetector* detector = cluster.outliers();
    visit(ClusterView{*cluster.options().config, cluster.options(), *cluster.hosts(),
                      cluster.breakers(), cluster.warming(), slot.dynamic,
                      detector != nullptr ? &detector->rates(false) : nullptr,
                      detector != nullptr ? &detector->rates(true) : nullptr});
  }
}

void ClusterManager::OnRuntimeChanged() {
  state_->ForEach([](MainCluster& cluster) { cluster.TakeRuntime(); });
  const LbValues now = LbValuesNow(kNoLbValues, state_->settings.runtime);
  if (std::exchange(state_->lb_values, now) == now) return;
  for (const State::Worker& worker : state_->workers) {
    worker.loop.Post([set = &worker.set] { set->OnRuntimeChanged(); });
  }
}

void ClusterManager::RefreshGauges() {
  state_->ForEach([](MainCluster& cluster) { cluster.RefreshGauges(); });
}

}  // namespace sluice::upstream

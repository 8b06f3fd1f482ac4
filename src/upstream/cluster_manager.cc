#include "sluice/upstream/cluster_manager.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "compile_options.h"
#include "main_cluster.h"
#include "runtime_values.h"
#include "sluice/base/log.h"
#include "sluice/net/dns.h"
#include "sluice/net/dns_config.h"
#include "sluice/stats/store.h"
#include "sluice/upstream/cluster_config.h"

namespace sluice::upstream {
namespace {

// A resolver that never answers must not keep the listeners shut for ever.
constexpr Duration kWarmingTimeout = std::chrono::seconds(15);

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

  void AddCluster(std::shared_ptr<const ClusterConfig> config, config::Problems& problems);
  std::unique_ptr<net::DnsResolver> OwnResolver(const ClusterConfig& config,
                                                config::Problems& problems);
  void StartCluster(MainCluster& cluster);
  void Warmed(const MainCluster& cluster);
  void Publish(ClusterId id, const SnapshotPtr& hosts);
  void Ring(ClusterId id, PlaceCall call, Priority priority);
  void FinishWarming();
  void CountClusters();

  Settings settings;
  std::vector<std::unique_ptr<MainCluster>> clusters;  // by id
  std::unordered_map<std::string_view, ClusterId> names;
  std::vector<std::string_view> name_list;
  std::vector<Worker> workers;
  std::function<void()> on_warm;
  size_t awaited = 0;
  Timer warming_timer;
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
      lb_values(LbValuesNow(kNoLbValues, given.runtime)) {
  const stats::Scope scope = given.store.MainScope("cluster_manager");
  cluster_added = scope.MakeCounter("cluster_added");
  cluster_modified = scope.MakeCounter("cluster_modified");
  cluster_removed = scope.MakeCounter("cluster_removed");
  cluster_updated = scope.MakeCounter("cluster_updated");
  active_clusters = scope.MakeGauge("active_clusters");
  warming_clusters = scope.MakeGauge("warming_clusters");
}

ClusterManager::ClusterManager(const Settings& settings,
                               std::vector<std::shared_ptr<const ClusterConfig>> clusters,
                               config::Problems& problems)
    : state_(std::make_unique<State>(settings)) {
  if (!settings.outlier_event_log.empty()) {
    CheckEventLog(settings.outlier_event_log, problems);
    state_->outlier_events.emplace(settings.outlier_event_log);
  }
  for (std::shared_ptr<const ClusterConfig>& config : clusters) {
    state_->AddCluster(std::move(config), problems);
  }
  const std::string& local = settings.zone.cluster;
  if (!local.empty() && !state_->names.contains(local)) {
    problems.Add({}, fmt::format("local_cluster_name: there is no cluster '{}'", local));
  }
  state_->CountClusters();
}

ClusterManager::~ClusterManager() = default;

void ClusterManager::State::AddCluster(std::shared_ptr<const ClusterConfig> config,
                                       config::Problems& problems) {
  const auto known = names.find(config->name);
  if (known != names.end()) {
    problems.Add(config->where, fmt::format("there is another cluster named '{}'", config->name));
    return;
  }
  std::unique_ptr<net::DnsResolver> dns = OwnResolver(*config, problems);
  AssignmentPlan plan = CompileAssignment(config, problems);
  CompileContext ctx{problems, settings.loop, settings.store};
  const ClusterId id{static_cast<uint32_t>(clusters.size())};
  std::unique_ptr<ClusterOptions> options = CompileOptions(std::move(config), id, ctx);
  std::optional<HealthOptions> health = CompileHealth(*options->config, problems);
  if (health) {
    for (const std::string& path : health->event_logs) CheckEventLog(path, problems);
  }
  clusters.push_back(std::make_unique<MainCluster>(MainCluster::Parts{
      std::move(options), std::move(plan), std::move(health), settings.loop, settings.store,
      outlier_events ? &*outlier_events : nullptr, settings.runtime}));
  clusters.back()->SetResolver(std::move(dns));
  const std::string& name = clusters.back()->options().name;
  names.emplace(name, id);
  name_list.push_back(name);
  cluster_added.Inc();
}

// From the cluster's typed_dns_resolver_config; null when it has none.
std::unique_ptr<net::DnsResolver> ClusterManager::State::OwnResolver(const ClusterConfig& config,
                                                                     config::Problems& problems) {
  if (!config.typed_dns_resolver_config) return nullptr;
  const auto* cares = config.typed_dns_resolver_config->typed_config.As<net::CaresResolverConfig>();
  if (cares == nullptr) return nullptr;
  auto options = net::ToDnsOptions(*cares);
  if (!options) {
    problems.Add(config.where, options.error().detail);
    return nullptr;
  }
  auto made = net::MakeDnsResolver(settings.loop, *options);
  if (made) return std::move(*made);
  problems.Add(config.where, made.error().detail);
  return nullptr;
}

std::unique_ptr<ClusterSet> ClusterManager::MakeSet(EventLoop& worker_loop, uint32_t slot) {
  auto set = std::make_unique<ClusterSet>(worker_loop, state_->settings.store, slot);
  set->SetLocalZone(state_->settings.zone);
  set->SetRuntime(state_->settings.runtime);
  for (const std::unique_ptr<MainCluster>& cluster : state_->clusters) {
    set->Install(cluster->shared_options(), cluster->initial_hosts());
  }
  state_->workers.push_back({worker_loop, *set});
  set->SetPlaceBell([state = state_.get()](ClusterId id, PlaceCall call, Priority priority) {
    state->settings.loop.Post([state, id, call, priority] { state->Ring(id, call, priority); });
  });
  return set;
}

void ClusterManager::StopUpdates() { state_->workers.clear(); }

void ClusterManager::Start(std::function<void()> done) {
  state_->on_warm = std::move(done);
  state_->awaited = 1;  // until all have been started
  for (std::unique_ptr<MainCluster>& cluster : state_->clusters) state_->StartCluster(*cluster);
  --state_->awaited;
  // Never from inside this call: with nothing to wait for, the timer fires in the next turn.
  state_->warming_timer.Arm(state_->awaited == 0 ? Duration{} : kWarmingTimeout);
}

void ClusterManager::State::StartCluster(MainCluster& cluster) {
  const bool wait = cluster.options().config->wait_for_warm_on_init;
  if (wait) ++awaited;
  cluster.Start(
      settings.dns, [this, id = cluster.options().id](SnapshotPtr hosts) { Publish(id, hosts); },
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
  for (const std::unique_ptr<MainCluster>& cluster : clusters) {
    if (!cluster->warming()) continue;
    SLUICE_LOG(kUpstream, kWarning, "cluster '{}' has had no answer yet; going on without",
               cluster->options().name);
    cluster->GiveUpWarming();
  }
  CountClusters();
  if (on_warm) std::exchange(on_warm, nullptr)();
}

void ClusterManager::State::Publish(ClusterId id, const SnapshotPtr& hosts) {
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
  const auto warming = static_cast<uint64_t>(std::ranges::count_if(
      clusters, [](const std::unique_ptr<MainCluster>& cluster) { return cluster->warming(); }));
  warming_clusters.Set(warming);
  active_clusters.Set(clusters.size() - warming);
}

std::optional<uint32_t> ClusterManager::FindId(std::string_view name) const {
  const auto found = state_->names.find(name);
  if (found == state_->names.end()) return std::nullopt;
  return found->second.value;
}

std::string_view ClusterManager::NearestName(std::string_view name) const {
  return config::Nearest(name, state_->name_list);
}

std::string ClusterManager::StatPrefix(uint32_t id) const {
  return "cluster." + state_->clusters[id]->options().stat_name;
}

void ClusterManager::ForEach(const std::function<void(const ClusterView&)>& visit) const {
  for (const std::unique_ptr<MainCluster>& cluster : state_->clusters) {
    cluster->RefreshFoundHosts();
    const OutlierDetector* detector = cluster->outliers();
    visit(ClusterView{*cluster->options().config, cluster->options(), *cluster->hosts(),
                      cluster->breakers(), cluster->warming(),
                      detector != nullptr ? &detector->rates(false) : nullptr,
                      detector != nullptr ? &detector->rates(true) : nullptr});
  }
}

void ClusterManager::OnRuntimeChanged() {
  for (std::unique_ptr<MainCluster>& cluster : state_->clusters) cluster->TakeRuntime();
  const LbValues now = LbValuesNow(kNoLbValues, state_->settings.runtime);
  if (std::exchange(state_->lb_values, now) == now) return;
  for (const State::Worker& worker : state_->workers) {
    worker.loop.Post([set = &worker.set] { set->OnRuntimeChanged(); });
  }
}

void ClusterManager::RefreshGauges() {
  for (std::unique_ptr<MainCluster>& cluster : state_->clusters) cluster->RefreshGauges();
}

}  // namespace sluice::upstream

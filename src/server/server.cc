#include "sluice/server/server.h"

#include <chrono>
#include <csignal>
#include <string>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "drain.h"
#include "listener_manager.h"
#include "pending_parts.h"
#include "server_stats.h"
#include "sluice/base/log.h"
#include "sluice/filter/registry.h"
#include "sluice/log/access_log.h"
#include "sluice/server/concurrency.h"
#include "static_runtime.h"
#include "worker.h"

namespace sluice::server {
namespace {

log::AccessLogManager::Options LogOptions(const Options& options) {
  log::AccessLogManager::Options out;
  out.flush_interval = std::chrono::milliseconds(options.file_flush_interval_ms);
  out.flush_bytes = size_t{options.file_flush_min_size_kb} << 10;
  return out;
}

std::vector<std::shared_ptr<const upstream::ClusterConfig>> SharedClusters(
    const std::shared_ptr<const BootstrapConfig>& bootstrap) {
  std::vector<std::shared_ptr<const upstream::ClusterConfig>> clusters;
  for (const auto& one : bootstrap->static_resources.clusters) {
    clusters.emplace_back(bootstrap, &one);  // shares the bootstrap's life
  }
  return clusters;
}

}  // namespace

struct Server::State {
  State(const Options& given, std::shared_ptr<const BootstrapConfig> config)
      : options(given),
        bootstrap(std::move(config)),
        worker_count(given.concurrency != 0 ? given.concurrency : DefaultConcurrency()),
        store(worker_count + 1),
        runtime(bootstrap->layered_runtime),
        access_logs(LogOptions(given), store),
        stats(stats::Make<ServerStats>(store.MainScope("server"))),
        listeners(store) {}

  void Describe();
  void LimitConnections();
  void WatchSignals();
  void OnTerminate();
  void StartListening();

  const Options options;
  const std::shared_ptr<const BootstrapConfig> bootstrap;
  const uint32_t worker_count;
  stats::Store store;
  EventLoop loop;
  filter::ProcessState process;
  StaticRuntime runtime;
  log::AccessLogManager access_logs;
  ServerStats stats;
  std::unique_ptr<net::DnsResolver> dns;
  std::unique_ptr<upstream::ClusterManager> clusters;
  std::unique_ptr<SharedBudget> connection_limit;
  ListenerManager listeners;
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<Drain> drain;
  std::vector<std::unique_ptr<SignalWatch>> signals;
  MonoTime started = Clock::Real().Mono();
};

Server::Server(const Options& options, std::shared_ptr<const BootstrapConfig> bootstrap)
    : state_(std::make_unique<State>(options, std::move(bootstrap))) {}

Server::~Server() {
  // Workers end before anything that they use.
  if (state_->clusters != nullptr) state_->clusters->StopUpdates();
  for (auto& worker : state_->workers) worker->Stop();
}

bool Server::Build(const config::ExtensionRegistry& extensions, config::Problems& problems) {
  State& s = *state_;
  s.Describe();
  s.dns = MakePendingResolver(s.loop);
  s.clusters = std::make_unique<upstream::ClusterManager>(
      upstream::ClusterManager::Settings{s.loop, s.store, *s.dns},
      SharedClusters(s.bootstrap), problems);
  filter::LoadContext ctx{problems,  extensions, *s.clusters, s.access_logs,
                          s.process, s.store,    s.loop,      &s.runtime};
  s.listeners.Build(s.bootstrap->static_resources.listeners, s.worker_count, ctx);
  s.stats.static_unknown_fields.Add(problems.unknown_fields());
  return problems.ok();
}

void Server::State::Describe() {
  const NodeConfig& node = bootstrap->node;
  process.local.node_id = node.id;
  process.local.cluster = node.cluster;
  process.local.region = node.locality.region;
  process.local.zone = node.locality.zone;
  process.local.sub_zone = node.locality.sub_zone;
  stats.concurrency.Set(worker_count);
  stats.hot_restart_epoch.Set(options.restart_epoch);
  stats.state.Set(2);
}

Result<> Server::OpenSockets() { return state_->listeners.OpenSockets(); }

// overload.global_downstream_max_connections, a runtime value.
void Server::State::LimitConnections() {
  if (auto limit = runtime.FindInteger("overload.global_downstream_max_connections")) {
    connection_limit = std::make_unique<SharedBudget>(*limit, store.slots());
  }
}

int Server::Run() {
  State& s = *state_;
  s.LimitConnections();
  for (uint32_t i = 0; i < s.worker_count; ++i) {
    s.workers.push_back(std::make_unique<Worker>(i, s.worker_count, s.store, *s.clusters));
  }
  s.listeners.AddTo(s.workers, s.connection_limit.get());
  s.drain = std::make_unique<Drain>(Drain::Parts{s.loop, s.process, s.listeners, s.workers,
                                                 std::chrono::seconds(s.options.shutdown_grace_s)},
                                    [&s] { s.loop.Stop(); });
  s.WatchSignals();
  for (auto& worker : s.workers) worker->Start();
  s.stats.state.Set(3);
  s.clusters->Start([&s] { s.StartListening(); });
  s.loop.Run();
  SLUICE_LOG(kMain, kInfo, "exiting");
  return 0;
}

void Server::State::StartListening() {
  if (drain->started()) return;
  listeners.Listen();
  stats.live.Set(1);
  stats.state.Set(0);
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(loop.clock().Mono() - started);
  stats.initialization_time_ms.Record(static_cast<uint64_t>(took.count()));
  SLUICE_LOG(kMain, kInfo, "all clusters initialized: starting {} workers, {} listeners",
             worker_count, listeners.Views().size());
  if (options.mode == Mode::kInitOnly) loop.Stop();
}

void Server::State::WatchSignals() {
  const auto watch = [this](int signal, std::function<void(int)> action) {
    signals.push_back(std::make_unique<SignalWatch>(loop, signal, std::move(action)));
  };
  watch(SIGTERM, [this](int) { OnTerminate(); });
  watch(SIGINT, [this](int) { OnTerminate(); });
  watch(SIGUSR1, [this](int) {
    SLUICE_LOG(kMain, kInfo, "SIGUSR1: reopening logs");
    access_logs.Reopen();
    if (auto reopened = log::Reopen(); !reopened) {
      SLUICE_LOG(kMain, kError, "{}", reopened.error().ToString());
    }
  });
  watch(SIGHUP, [](int) { SLUICE_LOG(kMain, kWarning, "caught and eating SIGHUP"); });
}

void Server::State::OnTerminate() {
  if (drain->started()) {
    SLUICE_LOG(kMain, kWarning, "second signal: exiting at once");
    access_logs.Flush();
    log::Flush();
    ::_exit(0);
  }
  stats.live.Set(0);
  stats.state.Set(1);
  drain->Start();
}

}  // namespace sluice::server

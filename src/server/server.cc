#include "sluice/server/server.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

#include "admin_host.h"
#include "drain.h"
#include "dynamic_resources.h"
#include "explain.h"
#include "listener_manager.h"
#include "main_context.h"
#include "overload_manager.h"
#include "runtime.h"
#include "server_stats.h"
#include "sluice/admin/admin_server.h"
#include "sluice/admin/endpoints.h"
#include "sluice/base/log.h"
#include "sluice/codec/http2/window_budget.h"
#include "sluice/filter/access_logger.h"
#include "sluice/filter/registry.h"
#include "sluice/listener/build.h"
#include "sluice/log/access_log.h"
#include "sluice/net/dns.h"
#include "sluice/net/dns_config.h"
#include "sluice/net/pipe_pool.h"
#include "sluice/net/socket_config.h"
#include "sluice/server/concurrency.h"
#include "sluice/server/process.h"
#include "stats_tags.h"
#include "worker.h"

namespace sluice::server {
namespace {

// The kernel shrinks a user's pipes beyond 64 MiB together: half goes to 32 pipes of a MiB each,
// the rest to the others, of 64 KiB.
constexpr uint64_t kMaxPipes = 512;
constexpr uint64_t kLargePipes = 32;
// Signals that come closer than this are one.
constexpr Duration kSameSignal = std::chrono::milliseconds(200);
// How long all workers together wait for what their services still have to send when they end.
constexpr Duration kLastWords = std::chrono::milliseconds(500);

log::AccessLogManager::Options LogOptions(const Options& options) {
  log::AccessLogManager::Options out;
  if (options.file_flush_interval_ms) {
    out.flush_interval = std::chrono::milliseconds(*options.file_flush_interval_ms);
  }
  out.flush_bytes = size_t{options.file_flush_min_size_kb} << 10;
  return out;
}

// Each shares the bootstrap's life.
template <typename T>
std::vector<std::shared_ptr<const T>> Shared(
    const std::shared_ptr<const BootstrapConfig>& bootstrap, const std::vector<T>& list) {
  std::vector<std::shared_ptr<const T>> shared;
  for (const T& one : list) shared.emplace_back(bootstrap, &one);
  return shared;
}

// For scripts that let the kernel pick the admin's port.
Result<> WriteAdminAddress(const std::string& path, const std::string& address) {
  if (path.empty()) return {};
  std::ofstream out(path, std::ios::trunc);
  out << address;
  out.close();
  if (out) return {};
  return FailErrno(Origin::kConfig, "--admin-address-path " + path, errno);
}

Result<net::DnsOptions> ResolverOptions(const BootstrapConfig& bootstrap) {
  if (!bootstrap.typed_dns_resolver_config) return net::DnsOptions();
  const auto* cares =
      bootstrap.typed_dns_resolver_config->typed_config.As<net::CaresResolverConfig>();
  return cares == nullptr ? net::DnsOptions() : net::ToDnsOptions(*cares);
}

}  // namespace

struct Server::State {
  State(const Options& given, std::shared_ptr<const BootstrapConfig> config)
      : options(given),
        bootstrap(std::move(config)),
        worker_count(given.concurrency != 0 ? given.concurrency : DefaultConcurrency()),
        store(worker_count + 1, StatsFilter(bootstrap->stats_config)),
        discovery(loop, store),
        runtime(bootstrap->layered_runtime, bootstrap->node.cluster, store),
        access_logs(LogOptions(given), store),
        stats(stats::Make<ServerStats>(store.MainScope("server"))),
        listeners(loop, store, std::chrono::seconds(given.drain_time_s)) {}

  void Describe();
  void LimitConnections();
  void SharePipes();
  void ShareWindowBudget();
  void PauseAccepting(bool pause);
  void WatchSignals();
  void OnTerminate();
  void StartListening();
  Result<> OpenAdmin();
  void RefreshStats();
  admin::ServerState Status() const;
  admin::Handler& MakeAdminEndpoints();
  void FailHealthCheck(bool fail);
  void DrainListeners(const admin::DrainOrder& order);
  void ReopenLogs();
  void FlushStats();
  void OnRuntimeChanged(const std::shared_ptr<const void>& before);
  void MakeDynamicResources(const config::ExtensionRegistry& registry);
  filter::LoadContext Context(config::Problems& problems);
  bool TakeClusters(const upstream::ClusterManager::Configs& configs, config::Problems& problems);
  bool TakeListeners(const ListenerManager::Configs& configs, config::Problems& problems);
  bool MakeClusters(config::Problems& problems);

  const Options options;
  const std::shared_ptr<const BootstrapConfig> bootstrap;
  const uint32_t worker_count;
  stats::Store store;
  discovery::Host discovery;  // outlives what the loop still has to bury
  EventLoop loop;
  filter::ProcessState process;
  Runtime runtime;
  stats::Tagging tagging;
  HistogramBounds histogram_bounds;
  log::AccessLogManager access_logs;
  ServerStats stats;
  std::unique_ptr<net::DnsResolver> dns;
  const config::ExtensionRegistry* extensions = nullptr;
  std::unique_ptr<DynamicResources> dynamic;
  upstream::ClusterManager::Configs first_clusters;  // dynamic ones, until there is a manager
  std::unique_ptr<upstream::ClusterManager> clusters;
  std::unique_ptr<SharedBudget> connection_limit;
  std::unique_ptr<OverloadManager> overload;
  filter::MainServices services;
  filter::WorkerServices worker_services;
  std::unique_ptr<MainContext> main_context;  // null: no services
  ListenerManager listeners;
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<Drain> drain;
  std::vector<std::unique_ptr<SignalWatch>> signals;
  net::ListenSocketSet admin_sockets;
  std::shared_ptr<const log::AccessLogSet> admin_logs;
  std::unique_ptr<ServerAdminHost> admin_host;
  std::unique_ptr<admin::Endpoints> endpoints;
  std::unique_ptr<admin::AdminServer> admin;
  Timer stats_timer{loop, [this] { FlushStats(); }};
  std::optional<Timer> listener_drain_timer;
  bool listening = false;
  int exit_status = 0;
  MonoTime started = Clock::Real().Mono();
};

Server::Server(const Options& options, std::shared_ptr<const BootstrapConfig> bootstrap)
    : state_(std::make_unique<State>(options, std::move(bootstrap))) {}

Server::~Server() {
  // Workers end before anything that they use.
  state_->services.Stop();
  state_->listeners.StopServices();
  if (state_->clusters != nullptr) state_->clusters->StopUpdates();
  state_->main_context.reset();
  const MonoTime last_words = Clock::Real().Mono() + kLastWords;
  for (auto& worker : state_->workers) worker->Stop(last_words);
}

bool Server::Build(const config::ExtensionRegistry& extensions, config::Problems& problems) {
  State& s = *state_;
  s.Describe();
  s.histogram_bounds = HistogramBounds(s.bootstrap->stats_config);
  s.tagging = CompileStatsTags(s.bootstrap->stats_config, s.options.stats_tags, problems);
  s.MakeDynamicResources(extensions);
  s.dynamic->LoadClusters(problems);
  if (!s.MakeClusters(problems)) return false;
  filter::LoadContext ctx = s.Context(problems);
  s.access_logs.UseSinks([&ctx](const config::TypedConfig& logger) {
    return logger.Factory<filter::AccessLoggerExtension>().Make(logger, ctx);
  });
  for (const config::NamedExtension& one : s.bootstrap->bootstrap_extensions) {
    if (!one.typed_config) continue;
    one.typed_config.Factory<filter::BootstrapExtension>().Make(one.typed_config, ctx);
  }
  s.listeners.Build(Shared(s.bootstrap, s.bootstrap->static_resources.listeners), s.worker_count,
                    ctx);
  s.access_logs.UseSinks({});
  s.dynamic->LoadListeners(problems);
  if (s.bootstrap->overload_manager) {
    s.overload = std::make_unique<OverloadManager>(
        *s.bootstrap->overload_manager,
        OverloadManager::Parts{s.loop, s.store, s.process.overload,
                               [&s](bool pause) { s.PauseAccepting(pause); }},
        problems);
  }
  if (s.bootstrap->admin) {
    s.admin_logs = s.access_logs.Make(s.bootstrap->admin->access_log, problems);
  }
  s.stats.static_unknown_fields.Add(problems.unknown_fields());
  return problems.ok();
}

void Server::State::MakeDynamicResources(const config::ExtensionRegistry& registry) {
  extensions = &registry;
  config::ParseOptions parse;
  parse.extensions = &registry;
  parse.secrets = &bootstrap->secrets_as_written;
  parse.allow_unknown_fields = !options.reject_unknown_dynamic_fields;
  discovery.SetParse(parse, stats.dynamic_unknown_fields);
  dynamic = std::make_unique<DynamicResources>(
      discovery, *bootstrap,
      DynamicResources::Owners{
          [this](const auto& configs, auto& problems) { return TakeClusters(configs, problems); },
          [this](const auto& configs, auto& problems) {
            return TakeListeners(configs, problems);
          }});
}

bool Server::State::MakeClusters(config::Problems& problems) {
  auto dns_options = ResolverOptions(*bootstrap);
  auto made = dns_options
                  ? net::MakeDnsResolver(loop, *dns_options)
                  : Result<std::unique_ptr<net::DnsResolver>>(std::unexpected(dns_options.error()));
  if (!made) {
    problems.Add({}, made.error().detail);
    return false;
  }
  dns = std::move(*made);
  const config::Locality& locality = bootstrap->node.locality;
  clusters = std::make_unique<upstream::ClusterManager>(
      upstream::ClusterManager::Settings{
          loop, store, *dns, bootstrap->cluster_manager.outlier_detection.event_log_path,
          upstream::LocalZone{{locality.region, locality.zone, locality.sub_zone},
                              bootstrap->cluster_manager.local_cluster_name},
          &runtime, &discovery},
      Shared(bootstrap, bootstrap->static_resources.clusters), problems,
      std::exchange(first_clusters, {}));
  return true;
}

filter::LoadContext Server::State::Context(config::Problems& problems) {
  filter::LoadContext ctx{problems, *extensions, *clusters, access_logs,     process,
                          store,    loop,        services,  worker_services, &runtime};
  if (const auto& tracing = bootstrap->tracing; tracing && tracing->http) {
    ctx.default_tracer = &*tracing->http;
  }
  ctx.discovery = &discovery;
  return ctx;
}

bool Server::State::TakeClusters(const upstream::ClusterManager::Configs& configs,
                                 config::Problems& problems) {
  if (clusters != nullptr) return clusters->Update(configs, problems);
  first_clusters = configs;
  return true;
}

bool Server::State::TakeListeners(const ListenerManager::Configs& configs,
                                  config::Problems& problems) {
  if (drain != nullptr && drain->started()) {
    problems.Add({}, "the process is about to end");
    return false;
  }
  filter::LoadContext ctx = Context(problems);
  return listeners.Update(configs, ctx);
}

void Server::State::Describe() {
  const NodeConfig& node = bootstrap->node;
  process.local.node_id = node.id;
  process.local.cluster = node.cluster;
  process.local.region = node.locality.region;
  process.local.zone = node.locality.zone;
  process.local.sub_zone = node.locality.sub_zone;
  process.local.metadata = config::ToValue(node.metadata);
  stats.concurrency.Set(worker_count);
  stats.hot_restart_epoch.Set(options.restart_epoch);
}

Result<std::string> Server::Explain() const {
  const Options& options = state_->options;
  auto request = ParseExplainRequest(options.explain, options.explain_headers);
  if (!request) return std::unexpected(request.error());
  return ExplainAsText(state_->listeners, *request);
}

Result<> Server::OpenSockets() {
  if (auto opened = state_->OpenAdmin(); !opened) return opened;
  return state_->listeners.OpenSockets();
}

Result<> Server::State::OpenAdmin() {
  if (!bootstrap->admin || !bootstrap->admin->address) return {};
  auto address = listener::ToAddress(*bootstrap->admin->address);
  if (!address) return std::unexpected(address.error());
  net::ListenOptions listen;
  listen.reuse_port = false;
  listen.tuning.options = net::ToSocketOptions(bootstrap->admin->socket_options, address->family());
  auto lease = admin_sockets.Open(*address, listen);
  if (!lease) {
    Error error = lease.error();
    error.detail = "admin: " + error.detail;
    return std::unexpected(std::move(error));
  }
  admin =
      std::make_unique<admin::AdminServer>(loop, std::move(*lease), MakeAdminEndpoints(), store,
                                           admin::RequestLog{admin_logs, &access_logs.queue(0)});
  SLUICE_LOG(kAdmin, kInfo, "admin address: {}", admin->address().ToString());
  return WriteAdminAddress(options.admin_address_path, admin->address().ToString());
}

admin::Handler& Server::State::MakeAdminEndpoints() {
  admin_host = std::make_unique<ServerAdminHost>(ServerAdminHost::Parts{
      .options = options,
      .worker_count = worker_count,
      .bootstrap = *bootstrap,
      .loop = loop,
      .store = store,
      .tagging = tagging,
      .bounds = histogram_bounds,
      .clusters = *clusters,
      .discovery = discovery,
      .listeners = listeners,
      .runtime = runtime,
      .state = [this] { return Status(); },
      .refresh_stats = [this] { RefreshStats(); },
      .fail_health_check = [this](bool fail) { FailHealthCheck(fail); },
      .drain_listeners = [this](const admin::DrainOrder& order) { DrainListeners(order); },
      .reopen_logs = [this] { ReopenLogs(); },
      .quit = [this] { loop.Post([this] { OnTerminate(); }); },
      .runtime_changed =
          [this](const std::shared_ptr<const void>& before) { OnRuntimeChanged(before); }});
  endpoints = std::make_unique<admin::Endpoints>(*admin_host,
                                                 match::Compile(bootstrap->admin->allow_paths));
  endpoints->Add(ExplainEndpoint(listeners));
  return *endpoints;
}

admin::ServerState Server::State::Status() const {
  if (drain != nullptr && drain->started()) return admin::ServerState::kDraining;
  if (process.health_failed()) return admin::ServerState::kDraining;
  if (listening) return admin::ServerState::kLive;
  return drain == nullptr ? admin::ServerState::kPreInitializing
                          : admin::ServerState::kInitializing;
}

void Server::State::FailHealthCheck(bool fail) {
  SLUICE_LOG(kMain, kInfo, "health checks are told to {}", fail ? "fail" : "succeed");
  process.SetHealthFailed(fail);
}

void Server::State::DrainListeners(const admin::DrainOrder& order) {
  if (!order.graceful) {
    listeners.StopAccepting(order.inbound_only);
    return;
  }
  if (process.draining()) return;
  const Duration drain_time = std::chrono::seconds(options.drain_time_s);
  process.StartDrain(loop.Now(), drain_time, options.drain_strategy == DrainStrategy::kImmediate,
                     order.inbound_only);
  if (order.skip_exit) return;
  listener_drain_timer.emplace(
      loop, [this, inbound = order.inbound_only] { listeners.StopAccepting(inbound); });
  listener_drain_timer->Arm(drain_time);
}

void Server::State::ReopenLogs() {
  access_logs.Reopen();
  if (auto reopened = log::Reopen(); !reopened) {
    SLUICE_LOG(kMain, kError, "{}", reopened.error().ToString());
  }
}

void Server::State::FlushStats() {
  store.FlushIntervals();
  stats_timer.Arm(bootstrap->stats_flush_interval);
}

// Each worker's copy of the values before goes when the task has run, that is, in a later turn than
// any that may still look at them; the last copy frees them.
void Server::State::OnRuntimeChanged(const std::shared_ptr<const void>& before) {
  for (auto& worker : workers) worker->Post([before](Worker&) {});
  clusters->OnRuntimeChanged();
}

namespace {

// Without certificates there is no first one: Envoy shows the largest number then.
uint64_t DaysUntilExpiry(const std::vector<net::CertificateSet>& sets, WallTime now) {
  WallTime first = WallTime::max();
  for (const net::CertificateSet& set : sets) {
    for (const auto* list : {&set.ca_cert, &set.cert_chain}) {
      for (const net::CertificateInfo& one : *list) first = std::min(first, one.expiration_time);
    }
  }
  if (first == WallTime::max()) return UINT32_MAX;
  const auto days = std::chrono::floor<std::chrono::days>(first - now).count();
  return days < 0 ? 0 : static_cast<uint64_t>(days);
}

}  // namespace

void Server::State::RefreshStats() {
  clusters->RefreshGauges();
  stats.days_until_first_cert_expiring.Set(
      DaysUntilExpiry(AllCertificates(*clusters, listeners), loop.clock().Wall()));
  const auto up = std::chrono::duration_cast<std::chrono::seconds>(loop.clock().Mono() - started);
  stats.uptime.Set(static_cast<uint64_t>(up.count()));
  const admin::ServerState state = Status();
  stats.live.Set(state == admin::ServerState::kLive ? 1 : 0);
  stats.state.Set(static_cast<uint64_t>(state));
  const MemoryUse memory = ReadMemoryUse();
  stats.memory_allocated.Set(memory.allocated);
  stats.memory_heap_size.Set(memory.heap);
  stats.memory_physical_size.Set(memory.resident);
  size_t open = 0;
  for (const auto& worker : workers) open += worker->open_connections();
  stats.total_connections.Set(open);
}

// The overload manager's, or overload.global_downstream_max_connections, a runtime value.
void Server::State::LimitConnections() {
  std::optional<uint64_t> limit;
  if (overload != nullptr) limit = overload->max_connections();
  if (!limit) limit = runtime.FindInteger("overload.global_downstream_max_connections");
  if (limit) {
    connection_limit = std::make_unique<SharedBudget>(*limit, store.slots());
  }
}

void Server::State::PauseAccepting(bool pause) {
  for (auto& worker : workers) {
    worker->Post([pause](Worker& here) { here.PauseAccepting(pause); });
  }
}

// sluice.splice.max_pipes, a runtime value: the process's pipes for splice(2); 0 turns splice off.
void Server::State::SharePipes() {
  const uint64_t pipes = runtime.FindInteger("sluice.splice.max_pipes").value_or(kMaxPipes);
  const uint64_t share = pipes == 0 ? 0 : std::max<uint64_t>(1, pipes / workers.size());
  const uint64_t large = std::min(share, std::max<uint64_t>(1, kLargePipes / workers.size()));
  for (auto& worker : workers) {
    worker->Post([share, large](Worker&) { net::PipePool::ForThread().SetCap(share, large); });
  }
}

// sluice.http2.window_budget_bytes, a runtime value: what HTTP/2 peers may make the process hold.
void Server::State::ShareWindowBudget() {
  const auto bytes = runtime.FindInteger("sluice.http2.window_budget_bytes");
  if (!bytes) return;
  for (auto& worker : workers) {
    worker->Post([share = *bytes / workers.size()](Worker&) {
      http2::WindowBudget::ForThread().SetLimit(share);
    });
  }
}

int Server::Run() {
  State& s = *state_;
  s.LimitConnections();
  for (uint32_t i = 0; i < s.worker_count; ++i) {
    s.workers.push_back(
        std::make_unique<Worker>(i, s.worker_count, s.store, *s.clusters, s.runtime));
  }
  s.SharePipes();
  s.ShareWindowBudget();
  for (auto& worker : s.workers) worker->AddServices(s.worker_services);
  if (!s.services.empty() || s.dynamic->has_listeners()) {
    s.main_context = std::make_unique<MainContext>(s.loop, s.store, s.worker_count, *s.clusters);
  }
  s.listeners.AddTo(s.workers, s.connection_limit.get());
  s.drain = std::make_unique<Drain>(Drain::Parts{s.loop, s.process, s.listeners, s.workers,
                                                 std::chrono::seconds(s.options.shutdown_grace_s)},
                                    [&s] { s.loop.Stop(); });
  s.WatchSignals();
  for (auto& worker : s.workers) worker->Start();
  if (s.admin != nullptr) {
    if (auto started = s.admin->Start(); !started) {
      SLUICE_LOG(kAdmin, kCritical, "{}", started.error().ToString());
      return 1;
    }
  }
  if (s.overload != nullptr) s.overload->Start();
  s.FlushStats();
  s.runtime.Watch(s.loop,
                  [&s](const std::shared_ptr<const void>& before) { s.OnRuntimeChanged(before); });
  s.clusters->Start([&s] { s.StartListening(); });
  s.loop.Run();
  SLUICE_LOG(kMain, kInfo, "exiting");
  return s.exit_status;
}

void Server::State::StartListening() {
  if (drain->started()) return;
  if (main_context != nullptr) {
    // Later in this turn: the hosts that clusters have just found are on their way to main as well.
    loop.Post([this] {
      services.Start(main_context->worker());
      listeners.StartServices(main_context->worker());
    });
  }
  GiveBackLoadMemory();
  if (auto opened = listeners.Listen(); !opened) {
    SLUICE_LOG(kMain, kCritical, "{}", opened.error().ToString());
    exit_status = 1;
    loop.Stop();
    return;
  }
  listening = true;
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(loop.clock().Mono() - started);
  stats.initialization_time_ms.Record(static_cast<uint64_t>(took.count()));
  SLUICE_LOG(kMain, kInfo, "all clusters initialized: starting {} workers, {} listeners",
             worker_count, listeners.Views().size());
  dynamic->Start();
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
    ReopenLogs();
  });
  watch(SIGHUP, [](int) { SLUICE_LOG(kMain, kWarning, "caught and eating SIGHUP"); });
}

void Server::State::OnTerminate() {
  if (drain->started()) {
    // One wish, said twice: timeout(1) and shells signal the process and then its group.
    if (loop.Now() - drain->started_at() < kSameSignal) return;
    SLUICE_LOG(kMain, kWarning, "second signal: exiting at once");
    access_logs.Flush();
    log::Flush();
    ::_exit(0);
  }
  drain->Start();
}

}  // namespace sluice::server

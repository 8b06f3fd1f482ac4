#include "factories.h"

#include <utility>

#include "reloader.h"
#include "sluice/base/log.h"
#include "sluice/config/categories.h"
#include "sluice/tls/extensions.h"
#include "tls_socket.h"

namespace sluice::tls {
namespace {

using SocketPtr = std::unique_ptr<net::TransportSocket>;

class ServerFactory final : public TlsFactory {
 public:
  ServerFactory(std::shared_ptr<const DownstreamTlsConfig> config, net::TransportLoadContext& load)
      : TlsFactory(load, 0, "server_ssl_socket_factory"), config_(std::move(config)) {}

  bool Begin(config::Problems& problems) { return LoadFirst(*config_, problems); }

  // net::TransportFactory
  SocketPtr Create(const net::TransportOptions& options) const override {
    WorkerHalf& half = HalfOf(options.slot);
    return std::make_unique<TlsSocket>(half.context, half);
  }

 private:
  // TlsFactory
  bool Load(config::Problems& problems) override;

  std::shared_ptr<const DownstreamTlsConfig> config_;
  std::unique_ptr<TicketKeys> tickets_;  // the same for all versions of the context
};

bool ServerFactory::Load(config::Problems& problems) {
  const DownstreamTlsConfig config = secrets_->Fill(*config_);
  std::unique_ptr<TicketKeys> keys;
  if (config.session_ticket_keys) {
    keys = TicketKeys::Load(*config.session_ticket_keys, problems);
    if (keys == nullptr) return false;
  }
  if (tickets_ == nullptr) {
    tickets_ =
        keys != nullptr ? std::move(keys) : std::make_unique<TicketKeys>(SessionLifetime(config));
  }
  auto made = TlsContext::MakeServer(config, *tickets_, problems);
  if (made == nullptr) return false;
  Watch(FilesOf(config));
  if (keys != nullptr) tickets_->Replace(std::move(*keys));
  current_.Publish(std::move(made));
  return true;
}

class ClientFactory final : public TlsFactory {
 public:
  ClientFactory(std::shared_ptr<const UpstreamTlsConfig> config, net::TransportLoadContext& load)
      : TlsFactory(load, config->max_session_keys, "client_ssl_socket_factory"),
        config_(std::move(config)) {}

  bool Begin(config::Problems& problems) {
    return LoadFirst(config_->common_tls_context, problems);
  }

  // net::TransportFactory
  SocketPtr Create(const net::TransportOptions& options) const override;

 private:
  // TlsFactory
  bool Load(config::Problems& problems) override {
    UpstreamTlsConfig config = *config_;
    config.common_tls_context = secrets_->Fill(config_->common_tls_context);
    auto made = TlsContext::MakeClient(config, problems);
    if (made == nullptr) return false;
    Watch(FilesOf(config.common_tls_context));
    current_.Publish(std::move(made));
    return true;
  }

  // What to ask the server for: the request's wish, the host's own name, or the configured one.
  std::string_view ServerName(const net::TransportOptions& options) const {
    if (!options.server_name.empty()) return options.server_name;
    if (config_->auto_host_sni && !options.host_name.empty()) return options.host_name;
    return config_->sni;
  }

  std::shared_ptr<const UpstreamTlsConfig> config_;
};

SocketPtr ClientFactory::Create(const net::TransportOptions& options) const {
  WorkerHalf& half = HalfOf(options.slot);
  auto socket = std::make_unique<TlsSocket>(half.context, half);
  const std::string_view sni = ServerName(options);
  const std::string_view required = !options.verify_name.empty()       ? options.verify_name
                                    : config_->auto_sni_san_validation ? sni
                                                                       : std::string_view();
  socket->SetServerName(sni);
  const bool own_list = !config_->common_tls_context.alpn_protocols.empty();
  if (!own_list) socket->SetAlpn(options.alpn);
  if (!required.empty()) socket->RequireName(std::string(required));
  if (config_->max_session_keys > 0 && options.peer != nullptr) {
    std::string key = options.peer->ToString();
    for (const std::string_view part : {sni, required, options.alpn}) {
      key.append(1, '|').append(part);
    }
    socket->Resume(std::move(key));
  }
  return socket;
}

template <typename Factory, typename Config>
std::shared_ptr<const net::TransportFactory> MakeFactory(const config::TypedConfig& typed,
                                                         net::TransportLoadContext& load) {
  auto config = typed.Share<Config>();
  if (config == nullptr) return nullptr;
  auto made = std::make_shared<Factory>(std::move(config), load);
  return made->Begin(load.problems) ? made : nullptr;
}

}  // namespace

TlsFactory::TlsFactory(net::TransportLoadContext& load, size_t sessions_per_host,
                       std::string_view sds_stats)
    : secrets_(std::make_unique<SecretFiles>(load.discovery,
                                             [this](config::Problems& problems) {
                                               if (!Load(problems)) return false;
                                               updates_by_sds_->Inc();
                                               return true;
                                             })),
      main_loop_(load.main_loop),
      name_(load.stat_prefix),
      sds_scope_(load.store, 0, name_ + "." + std::string(sds_stats)) {
  for (uint32_t slot = 0; slot < load.store.slots(); ++slot) {
    halves_.push_back(std::make_unique<WorkerHalf>(
        stats::Scope(load.store, slot, load.stat_prefix + ".ssl"), sessions_per_host));
  }
}

// Whoever held the factory last may be a worker, but watches and timers belong to main.
TlsFactory::~TlsFactory() {
  if (main_loop_.OnThisThread()) return;
  if (reloader_ == nullptr && secrets_->empty()) return;
  main_loop_.Post([watch = std::move(reloader_), secrets = std::move(secrets_)] {});
}

void TlsFactory::StartSecrets() {
  if (secrets_->empty()) return;
  updates_by_sds_ = sds_scope_.MakeCounter("ssl_context_update_by_sds");
  updates_by_sds_->Inc();
  secrets_->Start();
}

WorkerHalf& TlsFactory::HalfOf(uint32_t slot) const {
  WorkerHalf& half = *halves_[slot];
  // Sessions were made under other demands: what they have checked may not be enough now.
  if (current_.Refresh(half)) half.sessions.Clear();
  return half;
}

void TlsFactory::Watch(const std::vector<std::string>& files) {
  if (files == watched_) return;
  watched_ = files;
  // Not here: it may be its own call that we are in.
  if (reloader_ != nullptr) main_loop_.Post([old = std::move(reloader_)] {});
  reloader_ = std::make_unique<QuietWatch>(main_loop_, files, [this] { Reload(); });
}

void TlsFactory::Reload() {
  config::Problems problems;
  TlsCounters& counters = halves_[0]->stats.counters;  // main's
  if (Load(problems)) {
    counters.context_reload_success.Inc();
    SLUICE_LOG(kTls, kInfo, "{}: certificates loaded again", name_);
    return;
  }
  counters.context_reload_failure.Inc();
  for (const config::Problem& one : problems.all()) {
    if (one.severity != config::Severity::kError) continue;
    SLUICE_LOG(kTls, kError, "{}: the files in use stay: {}", name_, one.message);
  }
}

void TlsFactory::AddCertificates(std::vector<net::CertificateSet>& out) const {
  if (const auto context = current_.Get()) out.push_back(Describe(*context));
}

DownstreamTlsExtension::DownstreamTlsExtension()
    : TransportExtension(config::kDownstreamTransportSockets,
                         "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
                         &DownstreamTlsConfig::Schema, {"envoy.transport_sockets.tls", "tls"}) {}

std::shared_ptr<const net::TransportFactory> DownstreamTlsExtension::Make(
    const config::TypedConfig& config, net::TransportLoadContext& ctx) const {
  return MakeFactory<ServerFactory, DownstreamTlsConfig>(config, ctx);
}

UpstreamTlsExtension::UpstreamTlsExtension()
    : TransportExtension(config::kUpstreamTransportSockets,
                         "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
                         &UpstreamTlsConfig::Schema, {"envoy.transport_sockets.tls", "tls"}) {}

std::shared_ptr<const net::TransportFactory> UpstreamTlsExtension::Make(
    const config::TypedConfig& config, net::TransportLoadContext& ctx) const {
  return MakeFactory<ClientFactory, UpstreamTlsConfig>(config, ctx);
}

void AddExtensions(config::ExtensionRegistry& registry) {
  registry.Emplace<DownstreamTlsExtension>();
  registry.Emplace<UpstreamTlsExtension>();
}

}  // namespace sluice::tls

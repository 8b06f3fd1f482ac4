// The transport sockets envoy.transport_sockets.tls: from a configuration to sockets, and to newer
// contexts when files change.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "secret_files.h"
#include "sluice/event/quiet_watch.h"
#include "sluice/net/transport_extension.h"
#include "tls_config.h"
#include "worker_half.h"

namespace sluice::tls {

class TlsFactory : public net::TransportFactory {
 public:
  // net::TransportFactory
  std::string_view name() const override { return "tls"; }
  bool is_tls() const override { return true; }
  void AddCertificates(std::vector<net::CertificateSet>& out) const override;

 protected:
  // `sds_stats`: where updates by SDS are counted, below the prefix of the listener or cluster.
  TlsFactory(net::TransportLoadContext& load, size_t sessions_per_host, std::string_view sds_stats);
  ~TlsFactory() override;
  // Makes a context of what the files hold now, and publishes it. False, with the problems, when
  // that is not possible. Watches what it was made from.
  virtual bool Load(config::Problems& problems) = 0;
  // Reads the secrets of `config` and makes the first context.
  template <typename Config>
  bool LoadFirst(const Config& config, config::Problems& problems) {
    if (!secrets_->Load(config, problems) || !Load(problems)) return false;
    StartSecrets();
    return true;
  }
  // From now on loads again whenever one of the files has changed.
  void Watch(const std::vector<std::string>& files);
  // The half of the calling worker, up to date.
  WorkerHalf& HalfOf(uint32_t slot) const;

  CurrentContext current_;
  std::unique_ptr<SecretFiles> secrets_;

 private:
  void Reload();
  void StartSecrets();

  EventLoop& main_loop_;
  std::string name_;  // for logs: "listener.0.0.0.0_443"
  std::vector<std::string> watched_;
  const stats::Scope sds_scope_;
  std::optional<stats::Counter> updates_by_sds_;  // with secrets of files only
  std::unique_ptr<QuietWatch> reloader_;
  // Each element is touched by the worker of that slot only.
  std::vector<std::unique_ptr<WorkerHalf>> halves_;
};

struct DownstreamTlsExtension final : net::TransportExtension {
  DownstreamTlsExtension();
  std::shared_ptr<const net::TransportFactory> Make(const config::TypedConfig& config,
                                                    net::TransportLoadContext& ctx) const override;
};

struct UpstreamTlsExtension final : net::TransportExtension {
  UpstreamTlsExtension();
  std::shared_ptr<const net::TransportFactory> Make(const config::TypedConfig& config,
                                                    net::TransportLoadContext& ctx) const override;
};

}  // namespace sluice::tls

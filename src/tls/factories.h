// The transport sockets envoy.transport_sockets.tls: from a configuration to sockets, and to newer
// contexts when files change.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "reloader.h"
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
  TlsFactory(net::TransportLoadContext& load, size_t sessions_per_host);
  ~TlsFactory() override;
  // Makes a context of what the files hold now, and publishes it. False, with the problems, when
  // that is not possible.
  virtual bool Load(config::Problems& problems) = 0;
  // From now on loads again whenever one of the files has changed.
  void Watch(const std::vector<std::string>& files);
  // The half of the calling worker, up to date.
  WorkerHalf& HalfOf(uint32_t slot) const;

  CurrentContext current_;

 private:
  void Reload();

  EventLoop& main_loop_;
  std::string name_;  // for logs: "listener.0.0.0.0_443"
  std::unique_ptr<Reloader> reloader_;
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

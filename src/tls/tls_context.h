// One version of a TLS context: what connections begun now are made from. Immutable, shared by the
// workers; replaced as a whole when a file it was read from has changed.
//
// It is the SSL_CTX's application data, so a socket keeps it as long as its SSL lives.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "credentials.h"
#include "key_log.h"
#include "openssl.h"
#include "sluice/config/problems.h"
#include "sluice/net/certificate_info.h"
#include "ticket_keys.h"
#include "tls_config.h"
#include "verifier.h"

namespace sluice::tls {

enum class Side : uint8_t { kServer, kClient };

class TlsContext {
 public:
  static const TlsContext& Of(const SSL* ssl) {
    return *static_cast<const TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  }

  // Null when there were problems.
  static std::shared_ptr<const TlsContext> MakeServer(const DownstreamTlsConfig& config,
                                                      TicketKeys& tickets,
                                                      config::Problems& problems);
  static std::shared_ptr<const TlsContext> MakeClient(const UpstreamTlsConfig& config,
                                                      config::Problems& problems);

  TlsContext() = default;
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  SSL_CTX* ctx() const { return ctx_.get(); }
  Side side() const { return side_; }
  const Verifier& verifier() const { return *verifier_; }
  const std::vector<std::shared_ptr<const Credentials>>& credentials() const {
    return credentials_;
  }
  // In the wire's form: each name behind its length.
  const std::string& alpn_wire() const { return alpn_wire_; }
  const KeyLog* key_log() const { return key_log_.get(); }
  const DownstreamTlsConfig* server_config() const { return server_config_.get(); }
  const UpstreamTlsConfig* client_config() const { return client_config_.get(); }

 private:
  bool Build(const CommonTlsConfig& config, config::Problems& problems);
  bool LoadCertificates(const CommonTlsConfig& config, config::Problems& problems);
  bool BuildServer(const DownstreamTlsConfig& config, TicketKeys& tickets,
                   config::Problems& problems);
  bool BuildClient(const UpstreamTlsConfig& config, config::Problems& problems);
  bool CheckStaples(const DownstreamTlsConfig& config, config::Problems& problems) const;
  void RequireCertificates(const DownstreamTlsConfig& config);
  void SetSessionIdentity();

  Side side_ = Side::kServer;
  SslCtxPtr ctx_;
  std::vector<std::shared_ptr<const Credentials>> credentials_;
  std::shared_ptr<const Verifier> verifier_;
  std::shared_ptr<const KeyLog> key_log_;
  std::string alpn_wire_;
  std::unique_ptr<const DownstreamTlsConfig> server_config_;  // one of the two
  std::unique_ptr<const UpstreamTlsConfig> client_config_;
};

Duration SessionLifetime(const DownstreamTlsConfig& config);

// What /certs shows of it.
net::CertificateSet Describe(const TlsContext& context);

// "h2,http/1.1", or a list of such, as ALPN sends it.
std::string AlpnWire(const std::vector<std::string>& protocols);
std::string AlpnWire(std::string_view comma_separated);

}  // namespace sluice::tls

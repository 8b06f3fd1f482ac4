#include "tls_context.h"

#include <algorithm>
#include <utility>

#include <openssl/evp.h>

#include "callbacks.h"
#include "certificate_text.h"
#include "sluice/tls/kernel_tls.h"
#include "tls_params.h"

namespace sluice::tls {
namespace {

// As in BoringSSL; a ticket's key lives as long.
constexpr std::chrono::hours kSessionLifetime{2};

bool HasKeyType(const std::vector<std::shared_ptr<const Credentials>>& all, size_t before) {
  for (size_t i = 0; i < before; ++i) {
    if (all[i]->key_type() == all[before]->key_type()) return true;
  }
  return false;
}

}  // namespace

std::string AlpnWire(std::string_view comma_separated) {
  std::string wire;
  while (!comma_separated.empty()) {
    const size_t end = std::min(comma_separated.find(','), comma_separated.size());
    std::string_view name = comma_separated.substr(0, end);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty()) wire.append(1, static_cast<char>(name.size())).append(name);
    comma_separated.remove_prefix(std::min(end + 1, comma_separated.size()));
  }
  return wire;
}

std::string AlpnWire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& one : protocols) wire += AlpnWire(std::string_view(one));
  return wire;
}

Duration SessionLifetime(const DownstreamTlsConfig& config) {
  return config.session_timeout.value_or(kSessionLifetime);
}

net::CertificateSet Describe(const TlsContext& context) {
  net::CertificateSet set;
  if (X509* ca = context.verifier().ca_certificate()) {
    set.ca_cert.push_back(Describe(ca, context.verifier().ca_origin()));
  }
  for (const auto& one : context.credentials()) {
    set.cert_chain.push_back(Describe(one->leaf.get(), one->origin));
    for (int i = 0; i < sk_X509_num(one->chain.get()); ++i) {
      set.cert_chain.push_back(Describe(sk_X509_value(one->chain.get(), i), one->origin));
    }
  }
  return set;
}

std::shared_ptr<const TlsContext> TlsContext::MakeServer(const DownstreamTlsConfig& config,
                                                         TicketKeys& tickets,
                                                         config::Problems& problems) {
  auto made = std::make_shared<TlsContext>();
  made->side_ = Side::kServer;
  made->server_config_ = std::make_unique<DownstreamTlsConfig>(config);
  if (!made->Build(config.common_tls_context, problems)) return nullptr;
  return made->BuildServer(config, tickets, problems) ? made : nullptr;
}

std::shared_ptr<const TlsContext> TlsContext::MakeClient(const UpstreamTlsConfig& config,
                                                         config::Problems& problems) {
  auto made = std::make_shared<TlsContext>();
  made->side_ = Side::kClient;
  made->client_config_ = std::make_unique<UpstreamTlsConfig>(config);
  if (!made->Build(config.common_tls_context, problems)) return nullptr;
  return made->BuildClient(config, problems) ? made : nullptr;
}

bool TlsContext::Build(const CommonTlsConfig& config, config::Problems& problems) {
  ctx_.reset(SSL_CTX_new(side_ == Side::kServer ? TLS_server_method() : TLS_client_method()));
  SSL_CTX* ctx = ctx_.get();
  SSL_CTX_set_app_data(ctx, this);
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  if (UsesKernelTls()) SSL_CTX_set_options(ctx, SSL_OP_ENABLE_KTLS);
  // What waits to be written may move in memory, and may go in parts. Record buffers are released
  // by WarmBuffers, not after each record.
  SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // One read for header and body of a record instead of two.
  SSL_CTX_set_read_ahead(ctx, 1);
  alpn_wire_ = AlpnWire(config.alpn_protocols);
  const bool params = ApplyParams(config.tls_params, ctx, problems);
  const bool certificates = LoadCertificates(config, problems);
  verifier_ =
      Verifier::Make(config.validation_context ? &*config.validation_context : nullptr, problems);
  if (!params || !certificates || verifier_ == nullptr) return false;
  verifier_->Install(ctx);
  if (verifier_->checks_anything()) {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  } else {
    SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, nullptr);
  }
  SSL_CTX_set_cert_verify_callback(ctx, &VerifyCallback, nullptr);
  if (config.key_log) {
    key_log_ = KeyLog::Open(*config.key_log, problems);
    if (key_log_ == nullptr) return false;
    SSL_CTX_set_keylog_callback(ctx, &KeyLogCallback);
  }
  return true;
}

// One certificate for each type of key goes into the SSL_CTX; where there are more, or where they
// depend on the client, ChooseCertificate puts the right ones into each SSL.
bool TlsContext::LoadCertificates(const CommonTlsConfig& config, config::Problems& problems) {
  bool ok = true;
  for (const TlsCertificateConfig& one : config.tls_certificates) {
    auto made = LoadCredentials(one, problems);
    if (made == nullptr) {
      ok = false;
      continue;
    }
    credentials_.push_back(std::move(made));
    if (HasKeyType(credentials_, credentials_.size() - 1)) continue;
    const Credentials& added = *credentials_.back();
    ForgetFaults();
    if (SSL_CTX_use_cert_and_key(ctx_.get(), added.leaf.get(), added.key.get(), added.chain.get(),
                                 1) != 1) {
      problems.Add(one.where, "cannot use '" + added.origin + "': " + TakeFault().words);
      ok = false;
    }
  }
  return ok;
}

// A client that asks would be turned away each time.
bool TlsContext::CheckStaples(const DownstreamTlsConfig& config, config::Problems& problems) const {
  bool ok = true;
  for (const auto& one : credentials_) {
    const bool must = config.ocsp_staple_policy == OcspStaplePolicy::kMust;
    if (!one->ocsp_response.empty() || (!must && !one->must_staple)) continue;
    problems.Add(config.where,
                 "the certificate in '" + one->origin + "' needs an OCSP response, as " +
                     (one->must_staple ? "it says itself" : "ocsp_staple_policy says"),
                 "add ocsp_staple beside it");
    ok = false;
  }
  return ok;
}

bool TlsContext::BuildServer(const DownstreamTlsConfig& config, TicketKeys& tickets,
                             config::Problems& problems) {
  if (credentials_.empty()) {
    problems.Add(config.where, "No TLS certificates found for server context",
                 "add tls_certificates to common_tls_context");
    return false;
  }
  if (!CheckStaples(config, problems)) return false;
  SSL_CTX* ctx = ctx_.get();
  if (!config.prefer_client_ciphers) {
    SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  }
  RequireCertificates(config);
  SetSessionIdentity();
  const bool no_tickets = config.disable_stateless_session_resumption.value_or(false);
  if (no_tickets) {
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(ctx, 0);  // with NO_TICKET alone, TLS 1.3 would make stateful ones
  } else {
    tickets.Install(ctx);
  }
  SSL_CTX_set_session_cache_mode(
      ctx, config.disable_stateful_session_resumption ? SSL_SESS_CACHE_OFF : SSL_SESS_CACHE_SERVER);
  const auto lifetime = std::chrono::floor<std::chrono::seconds>(SessionLifetime(config));
  SSL_CTX_set_timeout(ctx, std::max<long>(1, static_cast<long>(lifetime.count())));
  if (!alpn_wire_.empty()) SSL_CTX_set_alpn_select_cb(ctx, &AlpnCallback, nullptr);
  const bool depends = std::ranges::any_of(credentials_, [](const auto& one) {
    return one->must_staple || !one->ocsp_response.empty();
  });
  if (credentials_.size() > 1 || config.require_sni || depends ||
      config.ocsp_staple_policy != OcspStaplePolicy::kLenient) {
    SSL_CTX_set_cert_cb(ctx, &CertificateCallback, nullptr);
  }
  SSL_CTX_set_tlsext_status_cb(ctx, &StatusCallback);
  return true;
}

void TlsContext::RequireCertificates(const DownstreamTlsConfig& config) {
  const bool require =
      config.require_client_certificate || (verifier_->checks_pins() || verifier_->checks_names());
  if (require && !verifier_->accepts_untrusted()) {
    SSL_CTX_set_verify(ctx_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  } else if (require) {
    const int mode = config.require_client_certificate
                         ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT
                         : SSL_VERIFY_PEER;
    SSL_CTX_set_verify(ctx_.get(), mode, nullptr);
  }
  if (verifier_->ca_names() != nullptr && sk_X509_NAME_num(verifier_->ca_names()) > 0) {
    SSL_CTX_set_client_CA_list(ctx_.get(), SSL_dup_CA_list(verifier_->ca_names()));
  }
}

// A session may be resumed only where the same certificates are shown and the same demands made.
void TlsContext::SetSessionIdentity() {
  std::string text = verifier_->identity();
  text += std::to_string(SSL_CTX_get_verify_mode(ctx_.get()));
  for (const auto& one : credentials_) {
    for (const std::string& name : one->names) text += name + ",";
    text += ";";
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  SSL_CTX_set_session_id_context(ctx_.get(), digest, std::min(size, 32U));
}

bool TlsContext::BuildClient(const UpstreamTlsConfig& config, config::Problems& problems) {
  SSL_CTX* ctx = ctx_.get();
  if (config.auto_sni_san_validation && !verifier_->checks_chain()) {
    problems.Add(config.where, "auto_sni_san_validation without a trusted CA checks nothing",
                 "set trusted_ca or system_root_certs in validation_context");
    return false;
  }
  if (!alpn_wire_.empty()) {
    SSL_CTX_set_alpn_protos(ctx, reinterpret_cast<const unsigned char*>(alpn_wire_.data()),
                            static_cast<unsigned int>(alpn_wire_.size()));
  }
  if (config.max_session_keys > 0) {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, &NewSessionCallback);
  } else {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  }
  return true;
}

}  // namespace sluice::tls

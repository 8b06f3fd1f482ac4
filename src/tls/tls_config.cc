// The schemas of the contexts; their parts are in tls_config_parts.cc.
#include "tls_config.h"

#include "secrets.h"
#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::tls {

using config::Context;
using config::Field;
using config::Message;
using config::Node;
using config::Unimplemented;

namespace {

constexpr std::string_view kNoProvider = "certificate providers are not implemented";

// "h2,http/1.1" in one element is as good as two elements.
void CheckCommon(const CommonTlsConfig& value, const Node& node, Context& ctx) {
  for (const std::string& one : value.alpn_protocols) {
    if (one.empty() || one.size() > 255) {
      ctx.Fail(node, "a name in alpn_protocols has from 1 to 255 bytes");
    }
  }
  if (!value.tls_certificates.empty() && !value.tls_certificate_sds_secret_configs.empty()) {
    ctx.Fail(node, "tls_certificates and tls_certificate_sds_secret_configs exclude each other");
  }
}

}  // namespace

const Message& SdsSecretConfig::Schema() {
  using C = SdsSecretConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig", "A secret by its name.",
          {Field("name", &C::name, "Its name.").Required().NonEmpty(),
           Field("sds_config", &C::sds_config,
                 "The file that it is in; without it, the name is one of static_resources.secrets, "
                 "and all names of one list must be.")
               .Required()})
          .RecordWhere(&C::where);
  return message;
}

const Message& CombinedValidationConfig::Schema() {
  using C = CombinedValidationConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.transport_sockets.tls.v3.CommonTlsContext."
      "CombinedCertificateValidationContext",
      "How the peer is checked, from two places.",
      {Field("default_validation_context", &C::default_validation_context, "What holds anyway.")
           .Required(),
       Field("validation_context_sds_secret_config", &C::validation_context_sds_secret_config,
             "What is merged over it.")
           .Required(),
       Unimplemented("validation_context_certificate_provider", kNoProvider),
       Unimplemented("validation_context_certificate_provider_instance", kNoProvider)});
  return message;
}

const Message& CommonTlsConfig::Schema() {
  using C = CommonTlsConfig;
  constexpr std::string_view kValidation = "validation_context_type";
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.transport_sockets.tls.v3.CommonTlsContext", "TLS on either side.",
          {Field("tls_params", &C::tls_params, "Versions, ciphers, curves."),
           Field("tls_certificates", &C::tls_certificates,
                 "What we present. A listener may have several; the client's SNI and abilities "
                 "choose."),
           Field("tls_certificate_sds_secret_configs", &C::tls_certificate_sds_secret_configs,
                 "The same by name: of a file, or without sds_config of static_resources."),
           Unimplemented("tls_certificate_provider_instance", kNoProvider),
           Unimplemented("custom_tls_certificate_selector",
                         "certificates are chosen by SNI and key type"),
           Unimplemented("tls_certificate_certificate_provider", kNoProvider),
           Unimplemented("tls_certificate_certificate_provider_instance", kNoProvider),
           Field("validation_context", &C::validation_context, "How the peer is checked.")
               .Oneof(kValidation),
           Field("validation_context_sds_secret_config", &C::validation_context_sds_secret_config,
                 "The same by name.")
               .Oneof(kValidation),
           Field("combined_validation_context", &C::combined_validation_context,
                 "The same by name, over what is written here.")
               .Oneof(kValidation),
           Unimplemented("validation_context_certificate_provider", kNoProvider).Oneof(kValidation),
           Unimplemented("validation_context_certificate_provider_instance", kNoProvider)
               .Oneof(kValidation),
           Field("alpn_protocols", &C::alpn_protocols,
                 "Protocols to offer or to choose from, best first, such as h2 and http/1.1."),
           Unimplemented("custom_handshaker", "the handshake is OpenSSL's"),
           Field("key_log", &C::key_log, "Writes session secrets to a file, for debugging.")})
          .RecordWhere(&C::where)
          .PrepareWith(&TakeInSecrets)
          .Check(&CheckCommon);
  return message;
}

const Message& DownstreamTlsConfig::Schema() {
  using C = DownstreamTlsConfig;
  constexpr std::string_view kTickets = "session_ticket_keys_type";
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", "TLS with clients.",
          {Field("common_tls_context", &C::common_tls_context, "What both sides have in common."),
           Field("require_client_certificate", &C::require_client_certificate,
                 "Refuse clients without a certificate."),
           Field("require_sni", &C::require_sni,
                 "Refuse clients that name no server, or one that no certificate is for."),
           Field("session_ticket_keys", &C::session_ticket_keys,
                 "Keys for session tickets; the first one encrypts. Without them the keys are our "
                 "own, and change by themselves.")
               .Oneof(kTickets),
           Field("session_ticket_keys_sds_secret_config", &C::session_ticket_keys_sds_secret_config,
                 "The same by name.")
               .Oneof(kTickets),
           Field("disable_stateless_session_resumption", &C::disable_stateless_session_resumption,
                 "No session tickets.")
               .Oneof(kTickets),
           Field("disable_stateful_session_resumption", &C::disable_stateful_session_resumption,
                 "No cache of sessions (TLS 1.2 and before)."),
           Field("session_timeout", &C::session_timeout, "How long a session may be resumed.")
               .Min(Duration::zero())
               .Max(std::chrono::seconds(UINT32_MAX)),
           Field("ocsp_staple_policy", &C::ocsp_staple_policy,
                 "What becomes of certificates without a valid OCSP response."),
           Field("full_scan_certs_on_sni_mismatch", &C::full_scan_certs_on_sni_mismatch,
                 "With no certificate for the client's SNI, choose among all and not just the "
                 "first."),
           Field("prefer_client_ciphers", &C::prefer_client_ciphers,
                 "The client's order of ciphers counts (TLS 1.2 and before).")})
          .RecordWhere(&C::where)
          .PrepareWith(&TakeInTicketKeys);
  return message;
}

const Message& UpstreamTlsConfig::Schema() {
  using C = UpstreamTlsConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
          "TLS with a cluster's hosts.",
          {Field("common_tls_context", &C::common_tls_context, "What both sides have in common."),
           Field("sni", &C::sni, "The server name to ask for.").Size(0, 255),
           Field("auto_host_sni", &C::auto_host_sni,
                 "Ask for the host's own name instead, where it has one."),
           Field("auto_sni_san_validation", &C::auto_sni_san_validation,
                 "The certificate must be for the name that was asked for; stands for the SAN "
                 "matchers."),
           Unimplemented("allow_renegotiation", "renegotiation is insecure and always refused")
               .Accept({"false"}),
           Field("max_session_keys", &C::max_session_keys,
                 "Sessions kept for resumption, for each host and worker; 0: none."),
           Field("enforce_rsa_key_usage", &C::enforce_rsa_key_usage,
                 "Refuse RSA certificates whose keyUsage is not for what TLS does with them.")})
          .RecordWhere(&C::where)
          .Check(+[](const C& value, const Node& node, Context& ctx) {
            const CommonTlsConfig& common = value.common_tls_context;
            if (common.tls_certificates.size() > 1 ||
                common.tls_certificate_sds_secret_configs.size() > 1) {
              ctx.Fail(node, "a client has at most one certificate");
            }
            if (value.sni.find('\0') != std::string::npos) {
              ctx.Fail(node, "sni contains a NUL byte");
            }
          });
  return message;
}

}  // namespace sluice::tls

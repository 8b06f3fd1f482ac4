// The schemas of certificates, validation contexts and parameters.
#include <algorithm>

#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "tls_config.h"

namespace sluice::tls {

using config::Context;
using config::EnumTable;
using config::Field;
using config::Message;
using config::Node;
using config::Unimplemented;

const EnumTable& ConfigEnum(TlsProtocol) {
  static const EnumTable table(
      "envoy.extensions.transport_sockets.tls.v3.TlsParameters.TlsProtocol",
      {{"TLS_AUTO", 0}, {"TLSv1_0", 1}, {"TLSv1_1", 2}, {"TLSv1_2", 3}, {"TLSv1_3", 4}});
  return table;
}

const EnumTable& ConfigEnum(CompliancePolicy) {
  static const EnumTable table(
      "envoy.extensions.transport_sockets.tls.v3.TlsParameters.CompliancePolicy",
      {{"FIPS_202205", 0}});
  return table;
}

const EnumTable& ConfigEnum(OcspStaplePolicy) {
  static const EnumTable table(
      "envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext.OcspStaplePolicy",
      {{"LENIENT_STAPLING", 0}, {"STRICT_STAPLING", 1}, {"MUST_STAPLE", 2}});
  return table;
}

const EnumTable& ConfigEnum(TrustChainVerification) {
  static const EnumTable table(
      "envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext."
      "TrustChainVerification",
      {{"VERIFY_TRUST_CHAIN", 0}, {"ACCEPT_UNTRUSTED", 1}});
  return table;
}

const EnumTable& ConfigEnum(SanType) {
  static const EnumTable table(
      "envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher.SanType",
      {{"SAN_TYPE_UNSPECIFIED", 0},
       {"EMAIL", 1},
       {"DNS", 2},
       {"URI", 3},
       {"IP_ADDRESS", 4},
       {"OTHER_NAME", 5}});
  return table;
}

const Message& TlsParamsConfig::Schema() {
  using C = TlsParamsConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.transport_sockets.tls.v3.TlsParameters",
                     "Versions, ciphers, curves.",
                     {Field("tls_minimum_protocol_version", &C::tls_minimum_protocol_version,
                            "The oldest version; TLS 1.2 unless set."),
                      Field("tls_maximum_protocol_version", &C::tls_maximum_protocol_version,
                            "The newest version; TLS 1.3 unless set, on either side."),
                      Field("cipher_suites", &C::cipher_suites,
                            "Ciphers of TLS 1.2 and before, best first, in OpenSSL's names."),
                      Field("ecdh_curves", &C::ecdh_curves,
                            "Curves, best first; X25519 and P-256 unless set."),
                      Field("signature_algorithms", &C::signature_algorithms,
                            "Algorithms for signatures, best first, in the names of TLS 1.3."),
                      Field("compliance_policies", &C::compliance_policies,
                            "A rule that stands above the other parameters.")
                          .Size(0, 1)})
          .RecordWhere(&C::where)
          .Check(+[](const C& value, const Node& node, Context& ctx) {
            const auto min = value.tls_minimum_protocol_version;
            const auto max = value.tls_maximum_protocol_version;
            if (max != TlsProtocol::kAuto && std::max(min, TlsProtocol::kAuto) > max) {
              ctx.Fail(node, "tls_minimum_protocol_version is above tls_maximum_protocol_version");
            }
            if (min == TlsProtocol::kAuto && max != TlsProtocol::kAuto &&
                max < TlsProtocol::kV1_2) {
              ctx.Fail(node, "tls_maximum_protocol_version is below the default minimum, TLSv1_2");
            }
          });
  return message;
}

const Message& TlsCertificateConfig::Schema() {
  using C = TlsCertificateConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.transport_sockets.tls.v3.TlsCertificate", "A certificate and its key.",
          {Field("certificate_chain", &C::certificate_chain,
                 "The certificate in PEM, followed by those of its issuers."),
           Field("private_key", &C::private_key, "Its key in PEM.").Secret(),
           Field("pkcs12", &C::pkcs12, "Certificate, chain and key in one.").Secret(),
           Field("watched_directory", &C::watched_directory,
                 "Load again when something moves here too; the files themselves are always "
                 "watched."),
           Unimplemented("private_key_provider", "keys are kept by OpenSSL"),
           Field("password", &C::password, "Of an encrypted key or pkcs12.").Secret(),
           Field("ocsp_staple", &C::ocsp_staple, "An OCSP response for it, in DER."),
           Unimplemented("signed_certificate_timestamp", "not implemented by Envoy either")})
          .RecordWhere(&C::where)
          .Check(+[](const C& value, const Node& node, Context& ctx) {
            if (value.pkcs12 && (value.certificate_chain || value.private_key)) {
              ctx.Fail(node, "pkcs12 stands for certificate_chain and private_key",
                       "one or the other");
            } else if (!value.pkcs12 && !value.certificate_chain) {
              ctx.Fail(node, "a certificate needs a certificate_chain or a pkcs12");
            } else if (!value.pkcs12 && !value.private_key) {
              ctx.Fail(node, "a certificate needs its private_key");
            }
            if (value.ocsp_staple &&
                (value.ocsp_staple->inline_string || value.ocsp_staple->environment_variable)) {
              ctx.Fail(node, "an OCSP response comes by filename or inline_bytes");
            }
          });
  return message;
}

const Message& TicketKeysConfig::Schema() {
  using C = TicketKeysConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.transport_sockets.tls.v3.TlsSessionTicketKeys", "Keys of session tickets.",
      {Field("keys", &C::keys, "80 random bytes each; the first one encrypts, all decrypt.")
           .Required()
           .NonEmpty()
           .Secret()});
  return message;
}

const Message& SanMatcherConfig::Schema() {
  using C = SanMatcherConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher",
                     "A name that a certificate may be for.",
                     {Field("san_type", &C::san_type, "The kind of name.").Required(),
                      Field("matcher", &C::matcher, "The name.").Required(),
                      Field("oid", &C::oid, "The OID of an OTHER_NAME.")})
          .Check(+[](const C& value, const Node& node, Context& ctx) {
            if (value.san_type == SanType::kUnspecified) {
              ctx.Fail(node, "san_type must say which", "EMAIL, DNS, URI, IP_ADDRESS, OTHER_NAME");
            }
            if (value.san_type == SanType::kOtherName && value.oid.empty()) {
              ctx.Fail(node, "OTHER_NAME needs an oid");
            }
          });
  return message;
}

namespace {

void CheckPins(const ValidationConfig& value, const Node& node, Context& ctx) {
  for (const std::string& one : value.verify_certificate_spki) {
    if (one.size() != 44) {
      ctx.Fail(node, "verify_certificate_spki: '" + one + "' is not the base64 of a SHA-256");
    }
  }
  for (const std::string& one : value.verify_certificate_hash) {
    const auto colons = static_cast<size_t>(std::count(one.begin(), one.end(), ':'));
    const bool digits = std::all_of(one.begin(), one.end(), [](char c) {
      return c == ':' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
    if (!digits || one.size() != 64 + colons || (colons != 0 && colons != 31)) {
      ctx.Fail(node, "verify_certificate_hash: '" + one + "' is not a SHA-256 in hex");
    }
  }
}

}  // namespace

const Message& ValidationConfig::Schema() {
  using C = ValidationConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext",
          "How a peer's certificate is checked.",
          {Field("trusted_ca", &C::trusted_ca,
                 "Certificates in PEM that a peer's must lead to; may contain CRLs."),
           Unimplemented("ca_certificate_provider_instance",
                         "certificate providers are not implemented"),
           Field("system_root_certs", &C::system_root_certs,
                 "Without trusted_ca: those that the system trusts."),
           Field("watched_directory", &C::watched_directory,
                 "Load again when something moves here too."),
           Field("verify_certificate_spki", &C::verify_certificate_spki,
                 "SHA-256 of public keys that are accepted, in base64."),
           Field("verify_certificate_hash", &C::verify_certificate_hash,
                 "SHA-256 of certificates that are accepted, in hex."),
           Field("match_typed_subject_alt_names", &C::match_typed_subject_alt_names,
                 "Names one of which the certificate must be for."),
           Field("match_subject_alt_names", &C::match_subject_alt_names, "Names of any kind.")
               .Deprecated("match_typed_subject_alt_names"),
           Unimplemented("verify_subject_alt_name", "write match_typed_subject_alt_names"),
           Unimplemented("require_signed_certificate_timestamp", "not implemented by Envoy either")
               .Accept({"false"}),
           Field("crl", &C::crl, "Revoked certificates, in PEM."),
           Field("allow_expired_certificate", &C::allow_expired_certificate,
                 "Do not look at the times."),
           Field("trust_chain_verification", &C::trust_chain_verification,
                 "What becomes of peers that fail the checks."),
           Unimplemented("custom_validator_config", "no other validators are implemented"),
           Field("only_verify_leaf_cert_crl", &C::only_verify_leaf_cert_crl,
                 "Ask the CRLs for the peer's own certificate only."),
           Field("max_verify_depth", &C::max_verify_depth,
                 "Certificates in a chain, the peer's own not counted.")
               .Max(100)})
          .RecordWhere(&C::where)
          .Check(&CheckPins);
  return message;
}

const Message& SecretConfig::Schema() {
  using C = SecretConfig;
  constexpr std::string_view kType = "type";
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.transport_sockets.tls.v3.Secret",
          "What TLS contexts take in by its name.",
          {Field("name", &C::name, "Its name, unique.").Required().NonEmpty(),
           Field("tls_certificate", &C::tls_certificate, "A certificate and its key.").Oneof(kType),
           Field("session_ticket_keys", &C::session_ticket_keys, "Keys of session tickets.")
               .Oneof(kType),
           Field("validation_context", &C::validation_context, "How a peer is checked.")
               .Oneof(kType),
           Unimplemented("generic_secret", "nothing takes one").Oneof(kType)})
          .RequireOneof(kType)
          .RecordWhere(&C::where);
  return message;
}

const Message& KeyLogConfig::Schema() {
  using C = KeyLogConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.transport_sockets.tls.v3.TlsKeyLog",
          "Session secrets in a file, in the format of SSLKEYLOGFILE.",
          {Field("path", &C::path, "The file; it is appended to.").Required().NonEmpty(),
           Field("local_address_range", &C::local_address_range, "Only connections to these."),
           Field("remote_address_range", &C::remote_address_range, "Only connections from these.")})
          .RecordWhere(&C::where);
  return message;
}

}  // namespace sluice::tls

// TLS contexts as they are written (envoy.extensions.transport_sockets.tls.v3). Immutable once
// parsed; kept by the factories, which build again from them when a file has changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/address.h"
#include "sluice/config/common.h"
#include "sluice/match/config.h"

namespace sluice::tls {

enum class TlsProtocol : uint8_t { kAuto, kV1_0, kV1_1, kV1_2, kV1_3 };
const config::EnumTable& ConfigEnum(TlsProtocol);
enum class CompliancePolicy : uint8_t { kFips202205 };
const config::EnumTable& ConfigEnum(CompliancePolicy);
enum class OcspStaplePolicy : uint8_t { kLenient, kStrict, kMust };
const config::EnumTable& ConfigEnum(OcspStaplePolicy);
enum class TrustChainVerification : uint8_t { kVerify, kAcceptUntrusted };
const config::EnumTable& ConfigEnum(TrustChainVerification);
enum class SanType : uint8_t { kUnspecified, kEmail, kDns, kUri, kIpAddress, kOtherName };
const config::EnumTable& ConfigEnum(SanType);

struct TlsParamsConfig {
  TlsProtocol tls_minimum_protocol_version = TlsProtocol::kAuto;
  TlsProtocol tls_maximum_protocol_version = TlsProtocol::kAuto;
  std::vector<std::string> cipher_suites;
  std::vector<std::string> ecdh_curves;
  std::vector<std::string> signature_algorithms;
  std::vector<CompliancePolicy> compliance_policies;
  config::Where where;
  static const config::Message& Schema();
};

struct WatchedDirectoryConfig {
  std::string path;
  static const config::Message& Schema();
};

// Either chain and key, or pkcs12.
struct TlsCertificateConfig {
  std::optional<config::DataSource> certificate_chain;
  std::optional<config::DataSource> private_key;
  std::optional<config::DataSource> pkcs12;
  std::optional<config::DataSource> password;
  std::optional<config::DataSource> ocsp_staple;
  std::optional<WatchedDirectoryConfig> watched_directory;
  config::Where where;
  static const config::Message& Schema();
};

struct TicketKeysConfig {
  std::vector<config::DataSource> keys;
  static const config::Message& Schema();
};

struct SanMatcherConfig {
  SanType san_type = SanType::kUnspecified;
  match::StringMatcherConfig matcher;
  std::string oid;
  static const config::Message& Schema();
};

struct ValidationConfig {
  std::optional<config::DataSource> trusted_ca;
  std::optional<config::Empty> system_root_certs;
  std::optional<WatchedDirectoryConfig> watched_directory;
  std::vector<std::string> verify_certificate_spki;
  std::vector<std::string> verify_certificate_hash;
  std::vector<SanMatcherConfig> match_typed_subject_alt_names;
  std::vector<match::StringMatcherConfig> match_subject_alt_names;
  std::optional<config::DataSource> crl;
  bool allow_expired_certificate = false;
  TrustChainVerification trust_chain_verification = TrustChainVerification::kVerify;
  bool only_verify_leaf_cert_crl = false;
  std::optional<uint32_t> max_verify_depth;
  config::Where where;
  static const config::Message& Schema();
};

struct KeyLogConfig {
  std::string path;
  std::vector<config::CidrRange> local_address_range;
  std::vector<config::CidrRange> remote_address_range;
  config::Where where;
  static const config::Message& Schema();
};

struct CommonTlsConfig {
  TlsParamsConfig tls_params;
  std::vector<TlsCertificateConfig> tls_certificates;
  std::optional<ValidationConfig> validation_context;
  std::vector<std::string> alpn_protocols;
  std::optional<KeyLogConfig> key_log;
  config::Where where;
  static const config::Message& Schema();
};

struct DownstreamTlsConfig {
  CommonTlsConfig common_tls_context;
  bool require_client_certificate = false;
  bool require_sni = false;
  std::optional<TicketKeysConfig> session_ticket_keys;
  std::optional<bool> disable_stateless_session_resumption;
  bool disable_stateful_session_resumption = false;
  std::optional<Duration> session_timeout;
  OcspStaplePolicy ocsp_staple_policy = OcspStaplePolicy::kLenient;
  bool full_scan_certs_on_sni_mismatch = false;
  bool prefer_client_ciphers = false;
  config::Where where;
  static const config::Message& Schema();
};

struct UpstreamTlsConfig {
  CommonTlsConfig common_tls_context;
  std::string sni;
  bool auto_host_sni = false;
  bool auto_sni_san_validation = false;
  uint32_t max_session_keys = 1;
  bool enforce_rsa_key_usage = false;
  config::Where where;
  static const config::Message& Schema();
};

}  // namespace sluice::tls

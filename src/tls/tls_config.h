// TLS contexts as they are written (envoy.extensions.transport_sockets.tls.v3). Immutable once
// parsed; kept by the factories, which build again from them when a file has changed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/address.h"
#include "sluice/tls/secret_config.h"

namespace sluice::tls {

enum class TlsProtocol : uint8_t { kAuto, kV1_0, kV1_1, kV1_2, kV1_3 };
const config::EnumTable& ConfigEnum(TlsProtocol);
enum class CompliancePolicy : uint8_t { kFips202205 };
const config::EnumTable& ConfigEnum(CompliancePolicy);
enum class OcspStaplePolicy : uint8_t { kLenient, kStrict, kMust };
const config::EnumTable& ConfigEnum(OcspStaplePolicy);
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

struct KeyLogConfig {
  std::string path;
  std::vector<config::CidrRange> local_address_range;
  std::vector<config::CidrRange> remote_address_range;
  config::Where where;
  static const config::Message& Schema();
};

// Both together, the secret's over the default.
struct CombinedValidationConfig {
  ValidationConfig default_validation_context;
  SdsSecretConfig validation_context_sds_secret_config;
  static const config::Message& Schema();
};

struct CommonTlsConfig {
  TlsParamsConfig tls_params;
  std::vector<TlsCertificateConfig> tls_certificates;
  std::vector<SdsSecretConfig> tls_certificate_sds_secret_configs;
  std::optional<ValidationConfig> validation_context;
  std::optional<SdsSecretConfig> validation_context_sds_secret_config;
  std::optional<CombinedValidationConfig> combined_validation_context;
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
  std::optional<SdsSecretConfig> session_ticket_keys_sds_secret_config;
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

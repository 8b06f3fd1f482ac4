// What a TLS context is made of and what static_resources.secrets may hold: certificates, keys of
// session tickets, how a peer is checked. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/config_source.h"
#include "sluice/match/config.h"

namespace sluice::tls {

enum class TrustChainVerification : uint8_t { kVerify, kAcceptUntrusted };
const config::EnumTable& ConfigEnum(TrustChainVerification);
enum class SanType : uint8_t { kUnspecified, kEmail, kDns, kUri, kIpAddress, kOtherName };
const config::EnumTable& ConfigEnum(SanType);

using WatchedDirectoryConfig = config::WatchedDirectory;

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

// A secret of a file, by name.
struct SdsSecretConfig {
  std::string name;
  config::ConfigSource sds_config;
  config::Where where;
  static const config::Message& Schema();
};

// One of the three; contexts take it in by its name (see secrets.h).
struct SecretConfig {
  std::string name;
  std::optional<TlsCertificateConfig> tls_certificate;
  std::optional<TicketKeysConfig> session_ticket_keys;
  std::optional<ValidationConfig> validation_context;
  config::Where where;
  static const config::Message& Schema();
};

}  // namespace sluice::tls

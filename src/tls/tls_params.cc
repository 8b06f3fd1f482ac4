#include "tls_params.h"

#include <string>
#include <vector>

namespace sluice::tls {
namespace {

using config::Problems;

// AES-128 first: as safe as anyone needs, and the cheapest with hardware for it. A client that
// would rather have ChaCha20 gets it (SSL_OP_PRIORITIZE_CHACHA).
constexpr const char* kDefaultCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* kSuites13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* kDefaultCurves = "X25519:P-256";

constexpr const char* kFipsCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";
constexpr const char* kFipsSuites13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384";
constexpr const char* kFipsCurves = "P-256:P-384";
constexpr const char* kFipsSignatures =
    "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:"
    "rsa_pss_rsae_sha512:rsa_pkcs1_sha256:rsa_pkcs1_sha384:rsa_pkcs1_sha512";

int VersionNumber(TlsProtocol version, int automatic) {
  switch (version) {
    case TlsProtocol::kV1_0: return TLS1_VERSION;
    case TlsProtocol::kV1_1: return TLS1_1_VERSION;
    case TlsProtocol::kV1_2: return TLS1_2_VERSION;
    case TlsProtocol::kV1_3: return TLS1_3_VERSION;
    case TlsProtocol::kAuto: break;
  }
  return automatic;
}

// "[A|B]", a group of equals, is given as A:B; see kDefaultCiphers for ChaCha20.
std::string CipherText(const std::string& written) {
  std::string text;
  for (const char c : written) {
    if (c == '[' || c == ']') continue;
    text += c == '|' ? ':' : c;
  }
  return text;
}

template <typename Set>
bool SetList(const std::vector<std::string>& names, std::string_view what,
             const config::Where& where, Problems& problems, Set set) {
  std::string all;
  bool ok = true;
  for (const std::string& name : names) {
    const std::string text = CipherText(name);
    ForgetFaults();
    if (set(text.c_str()) != 1) {
      problems.Add(where, "unknown " + std::string(what) + " '" + name + "'");
      ok = false;
    }
    all += (all.empty() ? "" : ":") + text;
  }
  ok = ok && set(all.c_str()) == 1;
  ForgetFaults();
  return ok;
}

bool SetCiphers(const TlsParamsConfig& config, SSL_CTX* context, Problems& problems) {
  for (const std::string& name : config.cipher_suites) {
    if (!name.starts_with("TLS_AES_") && !name.starts_with("TLS_CHACHA20_")) continue;
    problems.Add(config.where, "cipher_suites is for TLS 1.2 and before, '" + name +
                                   "' is of TLS 1.3, whose ciphers are all on");
    return false;
  }
  SSL_CTX_set_ciphersuites(context, kSuites13);
  if (config.cipher_suites.empty()) return SSL_CTX_set_cipher_list(context, kDefaultCiphers) == 1;
  return SetList(config.cipher_suites, "cipher", config.where, problems,
                 [context](const char* list) { return SSL_CTX_set_cipher_list(context, list); });
}

bool SetCurves(const TlsParamsConfig& config, SSL_CTX* context, Problems& problems) {
  if (config.ecdh_curves.empty()) return SSL_CTX_set1_groups_list(context, kDefaultCurves) == 1;
  return SetList(config.ecdh_curves, "curve", config.where, problems, [context](const char* list) {
    return static_cast<int>(SSL_CTX_set1_groups_list(context, list));
  });
}

bool SetSignatures(const TlsParamsConfig& config, SSL_CTX* context, Problems& problems) {
  if (config.signature_algorithms.empty()) return true;
  return SetList(config.signature_algorithms, "signature algorithm", config.where, problems,
                 [context](const char* list) {
                   return static_cast<int>(SSL_CTX_set1_sigalgs_list(context, list));
                 });
}

void ApplyFips(SSL_CTX* context) {
  if (SSL_CTX_get_min_proto_version(context) < TLS1_2_VERSION) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  }
  SSL_CTX_set_cipher_list(context, kFipsCiphers);
  SSL_CTX_set_ciphersuites(context, kFipsSuites13);
  SSL_CTX_set1_groups_list(context, kFipsCurves);
  SSL_CTX_set1_sigalgs_list(context, kFipsSignatures);
}

}  // namespace

bool ApplyParams(const TlsParamsConfig& config, SSL_CTX* context, Problems& problems) {
  // Not what openssl.cnf says: the same configuration shall do the same everywhere. Versions before
  // 1.2 sign with SHA-1, which no level above 0 allows.
  const int oldest = VersionNumber(config.tls_minimum_protocol_version, TLS1_2_VERSION);
  SSL_CTX_set_security_level(context, oldest < TLS1_2_VERSION ? 0 : 2);
  SSL_CTX_set_min_proto_version(context, oldest);
  SSL_CTX_set_max_proto_version(context,
                                VersionNumber(config.tls_maximum_protocol_version, TLS1_3_VERSION));
  const bool ciphers = SetCiphers(config, context, problems);
  const bool curves = SetCurves(config, context, problems);
  const bool signatures = SetSignatures(config, context, problems);
  if (!config.compliance_policies.empty()) ApplyFips(context);
  return ciphers && curves && signatures;
}

}  // namespace sluice::tls

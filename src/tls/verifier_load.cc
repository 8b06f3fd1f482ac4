// A Verifier made from its configuration.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "certificate_text.h"
#include "credentials.h"
#include "sluice/config/common.h"
#include "verifier.h"

namespace sluice::tls {
namespace {

constexpr size_t kMaxTrustBytes = size_t{16} << 20;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string FromHex(std::string_view text) {
  std::string bytes;
  int high = -1;
  for (const char c : text) {
    const int digit = HexDigit(c);
    if (digit < 0) continue;  // the colons between bytes
    if (high < 0) {
      high = digit;
    } else {
      bytes += static_cast<char>(high * 16 + digit);
      high = -1;
    }
  }
  return bytes;
}

// Empty when it is not base64.
std::string FromBase64(const std::string& text) {
  std::string bytes(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return {};
  bytes.resize(static_cast<size_t>(size) - static_cast<size_t>(text.ends_with("==")  ? 2
                                                               : text.ends_with('=') ? 1
                                                                                     : 0));
  return bytes;
}

bool Expired(X509* certificate) {
  return X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0;
}

}  // namespace

std::string SystemRootsFile() {
  const char* const named = ::secure_getenv(X509_get_default_cert_file_env());
  return named != nullptr ? named : X509_get_default_cert_file();
}

std::shared_ptr<const Verifier> Verifier::Make(const ValidationConfig* config,
                                               config::Problems& problems) {
  auto made = std::make_shared<Verifier>();
  if (config != nullptr) {
    made->accepts_untrusted_ =
        config->trust_chain_verification == TrustChainVerification::kAcceptUntrusted;
    made->allows_expired_ = config->allow_expired_certificate;
    made->only_leaf_crl_ = config->only_verify_leaf_cert_crl;
    made->max_depth_ = static_cast<int>(config->max_verify_depth.value_or(100));
    const bool trust_ok = made->LoadTrust(*config, problems);
    made->LoadRules(*config);
    const auto is_pin = [](const std::string& pin) { return pin.size() == 32; };
    if (!std::ranges::all_of(made->key_pins_, is_pin)) {
      problems.Add(config->where,
                   "verify_certificate_spki holds what is not the base64 of SHA-256");
      return nullptr;
    }
    if (made->checks_names() && !made->checks_chain_ && trust_ok) {
      problems.Add(config->where,
                   "SAN-based verification of peer certificates without trusted CA is insecure "
                   "and not allowed",
                   "set trusted_ca or system_root_certs");
      return nullptr;
    }
    if (!trust_ok) return nullptr;
  }
  made->ComputeIdentity();
  return made;
}

bool Verifier::LoadTrust(const ValidationConfig& config, config::Problems& problems) {
  store_.reset(X509_STORE_new());
  ca_names_.reset(sk_X509_NAME_new_null());
  if (config.trusted_ca) {
    if (!LoadCa(config, problems)) return false;
  } else if (config.system_root_certs) {
    if (!LoadSystemRoots(config, problems)) return false;
  }
  if (!config.crl) return true;
  if (!checks_chain_) {
    problems.Add(config.crl->where, "a crl without trusted_ca checks nothing");
    return false;
  }
  const auto pem = config::Load(*config.crl, kMaxTrustBytes);
  if (!pem) {
    problems.Add(config.crl->where, pem.error().detail);
    return false;
  }
  if (LoadCrls(*pem)) return true;
  problems.Add(config.crl->where,
               "no certificate revocation list in '" + OriginOf(*config.crl) + "'");
  return false;
}

// OpenSSL reads the list now, and looks for what is not in it in the system's folder, by name, when
// it is needed. A list with nothing in it is broken or half written.
bool Verifier::LoadSystemRoots(const ValidationConfig& config, config::Problems& problems) {
  ca_origin_ = SystemRootsFile();
  if (X509_STORE_set_default_paths(store_.get()) != 1) {
    problems.Add(config.where, "cannot load the system's CA certificates: " + TakeFault().words);
    return false;
  }
  const STACK_OF(X509_OBJECT)* const all = X509_STORE_get0_objects(store_.get());
  const int count = sk_X509_OBJECT_num(all);
  std::error_code ignored;
  if (count <= 0 && std::filesystem::is_regular_file(ca_origin_, ignored) &&
      !std::filesystem::is_empty(ca_origin_, ignored)) {
    problems.Add(config.where, "no certificate in '" + ca_origin_ + "', the system's list of CAs");
    return false;
  }
  checks_chain_ = true;
  identity_text_ += "system roots";
  for (int i = 0; i < count; ++i) {
    X509* const one = X509_OBJECT_get0_X509(sk_X509_OBJECT_value(all, i));
    if (one != nullptr) identity_text_ += DigestOf(one, EVP_sha256());
  }
  return true;
}

bool Verifier::LoadCa(const ValidationConfig& config, config::Problems& problems) {
  const config::DataSource& source = *config.trusted_ca;
  const auto pem = config::Load(source, kMaxTrustBytes);
  if (!pem) {
    problems.Add(source.where, pem.error().detail);
    return false;
  }
  ca_origin_ = OriginOf(source);
  checks_chain_ = true;
  if (!AddCertificates(*pem, config, problems)) return false;
  LoadCrls(*pem);
  return true;
}

bool Verifier::AddCertificates(std::string_view pem, const ValidationConfig& config,
                               config::Problems& problems) {
  const config::Where& where = config.trusted_ca->where;
  ForgetFaults();
  const X509StackPtr all = ReadCertificates(pem);
  const int count = sk_X509_num(all.get());
  if (count == 0) {
    const OsslFault fault = TakeFault();
    problems.Add(where, "no certificate in '" + ca_origin_ +
                            "': " + (fault.words.empty() ? "it is empty" : fault.words));
    return false;
  }
  if (const OsslFault fault = TakeFault(); fault.code != 0) {
    problems.Add(where, "a certificate in '" + ca_origin_ + "' is broken: " + fault.words);
    return false;
  }
  int expired = 0;
  for (int i = 0; i < count; ++i) {
    X509* one = sk_X509_value(all.get(), i);
    if (Expired(one)) ++expired;
    X509_STORE_add_cert(store_.get(), one);
    sk_X509_NAME_push(ca_names_.get(), X509_NAME_dup(X509_get_subject_name(one)));
    identity_text_ += DigestOf(one, EVP_sha256());
  }
  ca_certificate_ = Share(sk_X509_value(all.get(), 0));
  if (expired == 0 || config.allow_expired_certificate) return true;
  const std::string since = TimeText(X509_get0_notAfter(ca_certificate_.get()));
  if (expired < count) {
    problems.Warn(where, std::to_string(expired) + " of " + std::to_string(count) +
                             " CA certificates in '" + ca_origin_ + "' have expired");
    return true;
  }
  problems.Add(where, "the CA certificate in '" + ca_origin_ + "' has expired: " + since,
               "allow_expired_certificate: true would accept it");
  return false;
}

bool Verifier::LoadCrls(const std::string& pem) {
  const BioPtr bio = ReadBio(pem);
  bool found = false;
  while (const CrlPtr one{PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr)}) {
    X509_STORE_add_crl(store_.get(), one.get());
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    X509_CRL_digest(one.get(), EVP_sha256(), digest, &size);
    identity_text_.append(reinterpret_cast<char*>(digest), size);
    found = true;
  }
  ForgetFaults();
  has_crls_ = has_crls_ || found;
  return found;
}

void Verifier::LoadRules(const ValidationConfig& config) {
  for (const SanMatcherConfig& one : config.match_typed_subject_alt_names) {
    names_.push_back({one.san_type, match::Compile(one.matcher), one.oid});
  }
  // As in Envoy, the old list counts only where the new one is empty, and fits names of any kind.
  if (names_.empty()) {
    for (const match::StringMatcherConfig& one : config.match_subject_alt_names) {
      for (const SanType type :
           {SanType::kDns, SanType::kUri, SanType::kEmail, SanType::kIpAddress}) {
        names_.push_back({type, match::Compile(one), {}});
      }
    }
  }
  for (const NameRule& rule : names_) {
    identity_text_ += std::to_string(static_cast<int>(rule.type)) + rule.oid +
                      rule.matcher.Describe() + (rule.matcher.ignore_case() ? "i" : "");
  }
  for (const std::string& pin : config.verify_certificate_spki) {
    key_pins_.push_back(FromBase64(pin));
    identity_text_ += "k" + pin;
  }
  for (const std::string& pin : config.verify_certificate_hash) {
    certificate_pins_.push_back(FromHex(pin));
    identity_text_ += "c" + pin;
  }
}

void Verifier::ComputeIdentity() {
  identity_text_ += std::to_string(max_depth_) + (accepts_untrusted_ ? "u" : "") +
                    (allows_expired_ ? "e" : "") + (only_leaf_crl_ ? "l" : "");
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(identity_text_.data(), identity_text_.size(), digest, &size, EVP_sha256(), nullptr);
  identity_.assign(reinterpret_cast<char*>(digest), size);
  identity_text_.clear();
}

}  // namespace sluice::tls

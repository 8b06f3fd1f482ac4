// How a peer's certificate is checked: chain, names, pins. Made at load, immutable, used by every
// worker. The chain is OpenSSL's business, the rest ours.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "openssl.h"
#include "sluice/config/problems.h"
#include "sluice/match/string_matcher.h"
#include "tls_config.h"

namespace sluice::tls {

struct SubjectAltName;

// The file that holds the CAs which the system trusts: OpenSSL's, or SSL_CERT_FILE.
std::string SystemRootsFile();

enum class VerifyOutcome : uint8_t { kAccepted, kBadChain, kBadName, kBadPin };

class Verifier {
 public:
  // `config` may be null: nothing is checked. Null when there were problems.
  static std::shared_ptr<const Verifier> Make(const ValidationConfig* config,
                                              config::Problems& problems);

  // Sets the store, flags and depth that the chain is checked with.
  void Install(SSL_CTX* context) const;

  bool checks_chain() const { return checks_chain_; }
  bool checks_pins() const { return !key_pins_.empty() || !certificate_pins_.empty(); }
  bool checks_names() const { return !names_.empty(); }
  bool checks_anything() const { return checks_chain_ || checks_pins() || checks_names(); }
  // Peers that fail the checks may stay, as not validated.
  bool accepts_untrusted() const { return accepts_untrusted_; }
  // CA names that a server tells its clients.
  STACK_OF(X509_NAME) * ca_names() const { return ca_names_.get(); }
  X509* ca_certificate() const { return ca_certificate_.get(); }
  const std::string& ca_origin() const { return ca_origin_; }
  // Differs wherever another verifier might come to another verdict: sessions of one must not be
  // resumed under another.
  const std::string& identity() const { return identity_; }

  // Checks the peer whose chain is in `store`. `required_name` stands for the configured names
  // unless empty. `words` tells what is wrong.
  VerifyOutcome Verify(X509_STORE_CTX* store, std::string_view required_name,
                       std::string& words) const;

 private:
  struct NameRule {
    SanType type;
    match::StringMatcher matcher;
    std::string oid;
    bool Matches(const SubjectAltName& san) const;
  };

  bool LoadTrust(const ValidationConfig& config, config::Problems& problems);
  bool LoadSystemRoots(const ValidationConfig& config, config::Problems& problems);
  bool LoadCa(const ValidationConfig& config, config::Problems& problems);
  bool AddCertificates(std::string_view pem, const ValidationConfig& config,
                       config::Problems& problems);
  bool LoadCrls(const std::string& pem);
  void LoadRules(const ValidationConfig& config);
  bool NameFits(X509* leaf, std::string_view required_name) const;
  bool PinFits(X509* leaf) const;
  void ComputeIdentity();

  X509StorePtr store_;
  NameStackPtr ca_names_;
  X509Ptr ca_certificate_;
  std::string ca_origin_;
  std::vector<NameRule> names_;
  std::vector<std::string> key_pins_;          // raw SHA-256
  std::vector<std::string> certificate_pins_;  // raw SHA-256
  std::string identity_;
  std::string identity_text_;
  bool checks_chain_ = false;
  bool accepts_untrusted_ = false;
  bool allows_expired_ = false;
  bool has_crls_ = false;
  bool only_leaf_crl_ = false;
  int max_depth_ = 100;
};

}  // namespace sluice::tls

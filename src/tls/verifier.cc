#include "verifier.h"

#include <algorithm>

#include "certificate_text.h"
#include "sluice/base/check.h"
#include "sluice/net/address.h"

namespace sluice::tls {
namespace {

int IgnoreTimes(int ok, X509_STORE_CTX* store) noexcept {
  const int error = X509_STORE_CTX_get_error(store);
  if (ok == 0 && (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID)) {
    X509_STORE_CTX_set_error(store, X509_V_OK);
    return 1;
  }
  return ok;
}

// An address can be written in more than one way.
bool SameIp(std::string_view a, std::string_view b) {
  const auto one = net::Address::FromIp(a, 0);
  const auto other = net::Address::FromIp(b, 0);
  return one && other && one->IpBytes() == other->IpBytes();
}

// A required name is a DNS name or an IP address, as SNI and hosts are.
bool RequiredNameFits(const SubjectAltName& san, std::string_view name) {
  if (san.type == SanType::kDns) return DnsNameMatches(san.value, name);
  return san.type == SanType::kIpAddress && SameIp(san.value, name);
}

}  // namespace

bool Verifier::NameRule::Matches(const SubjectAltName& san) const {
  if (san.type != type) return false;
  if (type == SanType::kOtherName && san.oid != oid) return false;
  if (type == SanType::kDns && matcher.kind() == match::StringMatcher::Kind::kExact) {
    return DnsNameMatches(san.value, matcher.text());
  }
  return matcher.Matches(san.value);
}

void Verifier::Install(SSL_CTX* context) const {
  if (!checks_chain_) return;
  SSL_CTX_set1_cert_store(context, store_.get());
  X509_VERIFY_PARAM* param = SSL_CTX_get0_param(context);
  // An intermediate certificate among the trusted ones is an anchor too.
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
  if (has_crls_) flags |= X509_V_FLAG_CRL_CHECK;
  if (has_crls_ && !only_leaf_crl_) flags |= X509_V_FLAG_CRL_CHECK_ALL;
  X509_VERIFY_PARAM_set_flags(param, flags);
  // Ours counts the anchor, OpenSSL's only what is between it and the peer.
  SSL_CTX_set_verify_depth(context, std::max(0, max_depth_ - 1));
}

VerifyOutcome Verifier::Verify(X509_STORE_CTX* store, std::string_view required_name,
                               std::string& words) const {
  X509* leaf = X509_STORE_CTX_get0_cert(store);
  if (checks_chain_) {
    if (allows_expired_) X509_STORE_CTX_set_verify_cb(store, &IgnoreTimes);
    if (X509_verify_cert(store) != 1) {
      const int error = X509_STORE_CTX_get_error(store);
      words = "X509_verify_cert: certificate verification error at depth " +
              std::to_string(X509_STORE_CTX_get_error_depth(store)) + ": " +
              X509_verify_cert_error_string(error);
      return VerifyOutcome::kBadChain;
    }
  }
  if ((!required_name.empty() || checks_names()) && !NameFits(leaf, required_name)) {
    words = required_name.empty() ? std::string("verify SAN list")
                                  : "the certificate is not for " + std::string(required_name);
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
    return VerifyOutcome::kBadName;
  }
  if (checks_pins() && !PinFits(leaf)) {
    words = "verify certificate hash";
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return VerifyOutcome::kBadPin;
  }
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return VerifyOutcome::kAccepted;
}

bool Verifier::NameFits(X509* leaf, std::string_view required_name) const {
  for (const SubjectAltName& san : SubjectAltNames(leaf)) {
    if (!required_name.empty()) {
      if (RequiredNameFits(san, required_name)) return true;
      continue;
    }
    for (const NameRule& rule : names_) {
      if (rule.Matches(san)) return true;
    }
  }
  return false;
}

bool Verifier::PinFits(X509* leaf) const {
  const auto has = [](const std::vector<std::string>& pins, const std::string& digest) {
    return std::find(pins.begin(), pins.end(), digest) != pins.end();
  };
  if (!certificate_pins_.empty() && has(certificate_pins_, DigestOf(leaf, EVP_sha256()))) {
    return true;
  }
  return !key_pins_.empty() && has(key_pins_, PublicKeyDigest(leaf));
}

}  // namespace sluice::tls

// Which of a server's certificates a client is shown, and whether with an OCSP response.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include <openssl/crypto.h>

#include "callbacks.h"
#include "certificate_text.h"
#include "tls_context.h"
#include "tls_socket.h"

namespace sluice::tls {
namespace {

enum class Staple : uint8_t { kNot, kYes, kImpossible };

Staple StapleOf(const Credentials& one, OcspStaplePolicy policy) {
  if (one.must_staple) policy = OcspStaplePolicy::kMust;
  const bool has = !one.ocsp_response.empty();
  const WallTime now = std::chrono::system_clock::now();
  if (has && now < one.ocsp_valid_until) return Staple::kYes;
  switch (policy) {
    case OcspStaplePolicy::kLenient: return Staple::kNot;
    case OcspStaplePolicy::kStrict: return has ? Staple::kImpossible : Staple::kNot;
    case OcspStaplePolicy::kMust: return Staple::kImpossible;
  }
  return Staple::kNot;
}

std::string LowerName(const char* name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return text;
}

bool IsFor(const Credentials& one, const std::string& sni) {
  return std::ranges::find(one.names, sni) != one.names.end();
}

bool IsForAsWildcard(const Credentials& one, const std::string& sni) {
  return std::ranges::any_of(one.names, [&sni](const std::string& name) {
    return name.starts_with("*.") && DnsNameMatches(name, sni);
  });
}

using Chosen = std::vector<const Credentials*>;

// Those for just this name before those with a wildcard.
Chosen ChooseByName(const TlsContext& context, const char* sni) {
  Chosen chosen;
  if (sni == nullptr) return chosen;
  const std::string name = LowerName(sni);
  for (const auto& one : context.credentials()) {
    if (IsFor(*one, name)) chosen.push_back(one.get());
  }
  if (!chosen.empty()) return chosen;
  for (const auto& one : context.credentials()) {
    if (IsForAsWildcard(*one, name)) chosen.push_back(one.get());
  }
  return chosen;
}

void ChooseByDefault(const TlsContext& context, Chosen& chosen) {
  for (const auto& one : context.credentials()) {
    chosen.push_back(one.get());
    if (!context.server_config()->full_scan_certs_on_sni_mismatch) return;
  }
}

// The first of each type of key counts; OpenSSL takes the one that the client can check.
bool Show(SSL* ssl, const Chosen& chosen) {
  std::vector<int> types;
  SSL_certs_clear(ssl);
  for (const Credentials* one : chosen) {
    if (std::ranges::find(types, one->key_type()) != types.end()) continue;
    types.push_back(one->key_type());
    if (SSL_use_cert_and_key(ssl, one->leaf.get(), one->key.get(), one->chain.get(), 1) != 1) {
      return false;
    }
  }
  return !types.empty();
}

}  // namespace

int CertificateCallback(SSL* ssl, void* /*arg*/) noexcept {
  const TlsContext& context = TlsContext::Of(ssl);
  TlsSocket& socket = TlsSocket::Of(ssl);
  Chosen chosen = ChooseByName(context, SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name));
  if (chosen.empty()) {
    if (context.server_config()->require_sni) {
      socket.Explain("no certificate for the server name that the client asks for");
      return 0;
    }
    ChooseByDefault(context, chosen);
  }
  if (SSL_get_tlsext_status_type(ssl) == TLSEXT_STATUSTYPE_ocsp) {
    const OcspStaplePolicy policy = context.server_config()->ocsp_staple_policy;
    std::erase_if(chosen, [policy](const Credentials* one) {
      return StapleOf(*one, policy) == Staple::kImpossible;
    });
    if (chosen.empty()) {
      socket.stats().counters.ocsp_staple_failed.Inc();
      socket.Explain("no certificate with a valid OCSP response");
      return 0;
    }
  }
  return Show(ssl, chosen) ? 1 : 0;
}

int StatusCallback(SSL* ssl, void* /*arg*/) noexcept {
  const TlsContext& context = TlsContext::Of(ssl);
  TlsCounters& counters = TlsSocket::Of(ssl).stats().counters;
  counters.ocsp_staple_requests.Inc();
  const X509* shown = SSL_get_certificate(ssl);
  const auto found = std::ranges::find_if(
      context.credentials(), [shown](const auto& one) { return one->leaf.get() == shown; });
  if (found == context.credentials().end() ||
      StapleOf(**found, context.server_config()->ocsp_staple_policy) != Staple::kYes) {
    counters.ocsp_staple_omitted.Inc();
    return SSL_TLSEXT_ERR_NOACK;
  }
  const std::string& response = (*found)->ocsp_response;
  void* copy = OPENSSL_memdup(response.data(), response.size());
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));
  counters.ocsp_staple_responses.Inc();
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace sluice::tls

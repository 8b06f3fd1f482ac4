// The counters of one TLS context for one worker: `listener.<address>.ssl.`, `cluster.<name>.ssl.`.
// Counters by cipher, version, curve and signature are made when they first count.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/stats/table.h"

namespace sluice::tls {

struct TlsCounters {
  stats::Counter connection_error;
  stats::Counter handshake;
  stats::Counter session_reused;
  stats::Counter no_certificate;
  stats::Counter fail_verify_no_cert;
  stats::Counter fail_verify_error;
  stats::Counter fail_verify_san;
  stats::Counter fail_verify_cert_hash;
  stats::Counter ocsp_staple_failed;
  stats::Counter ocsp_staple_omitted;
  stats::Counter ocsp_staple_responses;
  stats::Counter ocsp_staple_requests;
  stats::Counter was_key_usage_invalid;
  stats::Counter ktls_tx;
  stats::Counter context_reload_success;
  stats::Counter context_reload_failure;

  static constexpr stats::Field<TlsCounters> kFields[] = {
      {&TlsCounters::connection_error, "connection_error",
       "TLS failures other than those of certificates"},
      {&TlsCounters::handshake, "handshake", "Handshakes completed"},
      {&TlsCounters::session_reused, "session_reused", "Of these, resumed ones"},
      {&TlsCounters::no_certificate, "no_certificate",
       "Handshakes completed without a certificate of the peer"},
      {&TlsCounters::fail_verify_no_cert, "fail_verify_no_cert",
       "Clients refused for want of a certificate"},
      {&TlsCounters::fail_verify_error, "fail_verify_error",
       "Peers whose certificate leads to no trusted one"},
      {&TlsCounters::fail_verify_san, "fail_verify_san",
       "Peers whose certificate is for another name"},
      {&TlsCounters::fail_verify_cert_hash, "fail_verify_cert_hash",
       "Peers whose certificate is not among the pinned ones"},
      {&TlsCounters::ocsp_staple_failed, "ocsp_staple_failed",
       "Handshakes that ended for want of a valid OCSP response"},
      {&TlsCounters::ocsp_staple_omitted, "ocsp_staple_omitted",
       "Handshakes without a staple though the client asked for one"},
      {&TlsCounters::ocsp_staple_responses, "ocsp_staple_responses", "Handshakes with a staple"},
      {&TlsCounters::ocsp_staple_requests, "ocsp_staple_requests",
       "Clients that asked for a staple"},
      {&TlsCounters::was_key_usage_invalid, "was_key_usage_invalid",
       "Peers whose RSA certificate is not for what TLS did with it"},
      {&TlsCounters::ktls_tx, "ktls_tx", "Handshakes after which the kernel encrypts (--ktls)"},
      {&TlsCounters::context_reload_success, "context_reload_success",
       "Files that had changed on disk were loaded, for new connections"},
      {&TlsCounters::context_reload_failure, "context_reload_failure",
       "Files that had changed on disk could not be used: the old ones stay"},
  };
};

// `ciphers.<name>` and the like. One worker; a few entries, looked up once a handshake.
class NamedCounters {
 public:
  NamedCounters(stats::Scope scope, std::string_view kind) : scope_(scope.Sub(kind)) {}
  // `key` stands for the name, so that nothing is formatted or compared as text.
  void Count(uintptr_t key, std::string_view name);

 private:
  stats::Scope scope_;
  std::vector<std::pair<uintptr_t, stats::Counter>> counters_;
};

struct TlsStats {
  explicit TlsStats(const stats::Scope& scope)
      : counters(stats::Make<TlsCounters>(scope)),
        ciphers(scope, "ciphers"),
        versions(scope, "versions"),
        curves(scope, "curves"),
        sigalgs(scope, "sigalgs") {}

  TlsCounters counters;
  NamedCounters ciphers;
  NamedCounters versions;
  NamedCounters curves;
  NamedCounters sigalgs;
};

}  // namespace sluice::tls

// envoy.filters.listener.tls_inspector: looks whether a client speaks TLS, and for whom it asks.
// Takes no bytes. Per accepted socket; one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sluice/config/types.h"
#include "sluice/filter/registry.h"
#include "sluice/stats/table.h"

namespace sluice::filters::tls_inspector {

struct TlsInspectorConfig {
  std::optional<uint32_t> max_client_hello_size;
  static const config::Message& Schema();
};

struct TlsInspectorStats {
  stats::Counter client_hello_too_large;
  stats::Counter tls_found;
  stats::Counter tls_not_found;
  stats::Counter alpn_found;
  stats::Counter alpn_not_found;
  stats::Counter sni_found;
  stats::Counter sni_not_found;

  static constexpr stats::Field<TlsInspectorStats> kFields[] = {
      {&TlsInspectorStats::client_hello_too_large, "client_hello_too_large",
       "First flights over the limit"},
      {&TlsInspectorStats::tls_found, "tls_found", "Clients that speak TLS"},
      {&TlsInspectorStats::tls_not_found, "tls_not_found", "Clients that do not"},
      {&TlsInspectorStats::alpn_found, "alpn_found", "Those that offer protocols"},
      {&TlsInspectorStats::alpn_not_found, "alpn_not_found", "Those that offer none"},
      {&TlsInspectorStats::sni_found, "sni_found", "Those that name a server"},
      {&TlsInspectorStats::sni_not_found, "sni_not_found", "Those that name none"},
  };
};

}  // namespace sluice::filters::tls_inspector

// envoy.filters.listener.proxy_protocol: reads the PROXY header that a balancer in front of us has
// written, and makes its addresses the connection's. Per accepted socket; one worker.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/proxy_header.h"
#include "sluice/config/types.h"
#include "sluice/filter/registry.h"
#include "sluice/stats/table.h"

namespace sluice::filters::proxy_protocol {

enum class HeaderVersion : uint8_t { kV1, kV2 };
const config::EnumTable& ConfigEnum(HeaderVersion);

struct KeyValuePair {
  std::string metadata_namespace;
  std::string key;
  static const config::Message& Schema();
};

struct TlvRule {
  uint32_t tlv_type = 0;
  KeyValuePair on_tlv_present;
  static const config::Message& Schema();
};

struct ProxyProtocolConfig {
  std::vector<TlvRule> rules;
  bool allow_requests_without_proxy_protocol = false;
  std::optional<config::PassThroughTlvs> pass_through_tlvs;
  std::vector<HeaderVersion> disallowed_versions;
  std::string stat_prefix;
  static const config::Message& Schema();
};

struct ProxyProtocolStats {
  stats::Counter not_found_disallowed;
  stats::Counter not_found_allowed;
  stats::Counter v1_found;
  stats::Counter v1_disallowed;
  stats::Counter v1_error;
  stats::Counter v2_found;
  stats::Counter v2_disallowed;
  stats::Counter v2_error;

  static constexpr stats::Field<ProxyProtocolStats> kFields[] = {
      {&ProxyProtocolStats::not_found_disallowed, "not_found_disallowed",
       "Connections without a header, closed"},
      {&ProxyProtocolStats::not_found_allowed, "not_found_allowed",
       "Connections without a header, let through"},
      {&ProxyProtocolStats::v1_found, "versions.v1.found", "Headers of version 1"},
      {&ProxyProtocolStats::v1_disallowed, "versions.v1.disallowed",
       "Headers of version 1, which is not allowed here"},
      {&ProxyProtocolStats::v1_error, "versions.v1.error", "Broken headers of version 1"},
      {&ProxyProtocolStats::v2_found, "versions.v2.found", "Headers of version 2"},
      {&ProxyProtocolStats::v2_disallowed, "versions.v2.disallowed",
       "Headers of version 2, which is not allowed here"},
      {&ProxyProtocolStats::v2_error, "versions.v2.error", "Broken headers of version 2"},
  };
};

}  // namespace sluice::filters::proxy_protocol

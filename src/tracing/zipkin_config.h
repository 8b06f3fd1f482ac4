// envoy.config.trace.v3.ZipkinConfig
#pragma once

#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/types.h"

namespace sluice::config {
class EnumTable;
}

namespace sluice::tracing {

enum class CollectorVersion : uint8_t { kUnset, kHttpJson, kHttpProto, kGrpc };
const config::EnumTable& ConfigEnum(CollectorVersion);
enum class TraceContextOption : uint8_t { kB3, kB3WithW3c };
const config::EnumTable& ConfigEnum(TraceContextOption);

// envoy.config.core.v3.HttpService
struct HttpServiceConfig {
  config::HttpUri http_uri;
  std::vector<config::HeaderValueOption> request_headers_to_add;
  static const config::Message& Schema();
};

struct ZipkinConfig {
  config::Located<std::string> collector_cluster;
  std::string collector_endpoint;
  std::string collector_hostname;
  bool trace_id_128bit = false;
  bool shared_span_context = true;
  CollectorVersion collector_endpoint_version = CollectorVersion::kUnset;
  bool split_spans_for_request = false;
  TraceContextOption trace_context_option = TraceContextOption::kB3;
  std::optional<HttpServiceConfig> collector_service;
  static const config::Message& Schema();
};

}  // namespace sluice::tracing

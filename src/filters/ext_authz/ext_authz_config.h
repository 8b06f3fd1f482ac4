// The config of envoy.filters.http.ext_authz, and what routes say to it. Immutable once parsed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/grpc_service.h"
#include "sluice/config/http_status.h"
#include "sluice/config/types.h"
#include "sluice/match/config.h"

namespace sluice::filters::ext_authz {

struct BufferConfig {
  uint32_t max_request_bytes = 0;
  bool allow_partial_message = false;
  bool pack_as_bytes = false;
  static const config::Message& Schema();
};

struct AuthorizationRequestConfig {
  std::optional<match::ListStringMatcherConfig> allowed_headers;
  std::vector<config::HeaderValue> headers_to_add;
  static const config::Message& Schema();
};

struct AuthorizationResponseConfig {
  match::ListStringMatcherConfig allowed_upstream_headers;
  match::ListStringMatcherConfig allowed_upstream_headers_to_append;
  match::ListStringMatcherConfig allowed_client_headers;
  match::ListStringMatcherConfig allowed_client_headers_on_success;
  match::ListStringMatcherConfig dynamic_metadata_from_headers;
  static const config::Message& Schema();
};

struct HttpServiceConfig {
  config::HttpUri server_uri;
  std::string path_prefix;
  AuthorizationRequestConfig authorization_request;
  AuthorizationResponseConfig authorization_response;
  static const config::Message& Schema();
};

struct ExtAuthzConfig {
  std::optional<config::GrpcService> grpc_service;
  std::optional<HttpServiceConfig> http_service;
  config::ApiVersion transport_api_version = config::ApiVersion::kAuto;
  bool failure_mode_allow = false;
  bool failure_mode_allow_header_add = false;
  std::optional<BufferConfig> with_request_body;
  bool clear_route_cache = false;
  std::optional<config::HttpStatus> status_on_error;
  bool validate_mutations = false;
  std::vector<std::string> metadata_context_namespaces;
  std::vector<std::string> route_metadata_context_namespaces;
  std::optional<config::RuntimeFractionalPercent> filter_enabled;
  std::optional<match::MetadataMatcherConfig> filter_enabled_metadata;
  std::optional<config::RuntimeFeatureFlag> deny_at_disable;
  bool include_peer_certificate = false;
  bool include_tls_session = false;
  std::string stat_prefix;
  std::optional<match::ListStringMatcherConfig> allowed_headers;
  std::optional<match::ListStringMatcherConfig> disallowed_headers;
  bool charge_cluster_response_stats = true;
  bool encode_raw_headers = false;
  bool enable_dynamic_metadata_ingestion = true;
  uint32_t max_denied_response_body_bytes = 0;  // 0: all of it
  static const config::Message& Schema();
};

struct CheckSettingsConfig {
  std::map<std::string, std::string> context_extensions;
  bool disable_request_body_buffering = false;
  std::optional<BufferConfig> with_request_body;
  static const config::Message& Schema();
};

// Exactly one of the two is set.
struct ExtAuthzPerRouteConfig {
  std::optional<bool> disabled;
  std::optional<CheckSettingsConfig> check_settings;
  static const config::Message& Schema();
};

}  // namespace sluice::filters::ext_authz

// The config structs of envoy.extensions.filters.network.http_connection_manager.v3 and of the
// small extensions inside it. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/address.h"
#include "sluice/config/common.h"
#include "sluice/config/config_source.h"
#include "sluice/config/http_protocol.h"
#include "sluice/config/http_status.h"
#include "sluice/config/types.h"
#include "sluice/downstream/manager_choices.h"
#include "sluice/log/access_log_config.h"
#include "sluice/route/config.h"
#include "sluice/route/header_config.h"
#include "sluice/route/tracing.h"

namespace sluice::downstream {

inline constexpr std::string_view kRequestIdExtensions = "envoy.request_id";
inline constexpr std::string_view kOriginalIpDetection = "envoy.http.original_ip_detection";
inline constexpr std::string_view kEarlyHeaderMutation = "envoy.http.early_header_mutation";
inline constexpr std::string_view kHeaderFormatters = "envoy.http.stateful_header_formatters";

struct HttpFilterConfig {
  config::Located<std::string> name;
  config::TypedConfig typed_config;  // empty: optional, and not known
  bool is_optional = false;
  bool disabled = false;
  config::Where where;
  static const config::Message& Schema();
};

enum class OperationName : uint8_t { kIngress, kEgress };
const config::EnumTable& ConfigEnum(OperationName);

struct TracingConfig {
  std::optional<OperationName> operation_name;  // of v2
  std::optional<config::Percent> client_sampling;
  std::optional<config::Percent> random_sampling;
  std::optional<config::Percent> overall_sampling;
  bool verbose = false;
  uint32_t max_path_tag_length = 256;
  std::vector<route::CustomTagConfig> custom_tags;
  std::optional<config::NamedExtension> provider;
  bool spawn_upstream_span = false;
  std::string operation;
  std::string upstream_operation;
  static const config::Message& Schema();
};

struct InternalAddressConfig {
  bool unix_sockets = false;
  std::vector<config::CidrRange> cidr_ranges;
  static const config::Message& Schema();
};

struct UpgradeConfig {
  std::string upgrade_type;
  std::vector<HttpFilterConfig> filters;
  bool enabled = true;
  static const config::Message& Schema();
};

struct AccessLogOptions {
  std::optional<Duration> access_log_flush_interval;
  bool flush_access_log_on_new_request = false;
  bool flush_log_on_tunnel_successfully_established = false;
  static const config::Message& Schema();
};

struct SchemeHeaderTransformation {
  std::string scheme_to_overwrite;
  static const config::Message& Schema();
};

struct RequestIdExtensionConfig {
  config::TypedConfig typed_config;
  static const config::Message& Schema();
};

struct ResponseMapperConfig {
  log::AccessLogFilterConfig filter;
  std::optional<uint32_t> status_code;
  std::optional<config::DataSource> body;
  std::optional<log::SubstitutionFormatConfig> body_format_override;
  std::vector<config::HeaderValueOption> headers_to_add;
  config::Where where;
  static const config::Message& Schema();
};

struct LocalReplyConfig {
  std::vector<ResponseMapperConfig> mappers;
  std::optional<log::SubstitutionFormatConfig> body_format;
  static const config::Message& Schema();
};

struct RdsConfig {
  config::ConfigSource config_source;
  std::string route_config_name;
  static const config::Message& Schema();
};

// Either route_config or rds.
struct HttpConnectionManagerConfig {
  CodecType codec_type = CodecType::kAuto;
  std::string stat_prefix;
  std::optional<route::RouteConfiguration> route_config;
  std::optional<RdsConfig> rds;
  std::vector<HttpFilterConfig> http_filters;
  bool add_user_agent = false;
  std::optional<TracingConfig> tracing;
  config::HttpProtocolOptions common_http_protocol_options;
  bool http1_safe_max_connection_duration = false;
  config::Http1ProtocolOptions http_protocol_options;
  config::Http2ProtocolOptions http2_protocol_options;
  std::string server_name = "envoy";
  ServerHeader server_header_transformation = ServerHeader::kOverwrite;
  SchemeHeaderTransformation scheme_header_transformation;
  uint32_t max_request_headers_kb = 60;
  Duration stream_idle_timeout = std::chrono::minutes(5);
  std::optional<Duration> stream_flush_timeout;
  Duration request_timeout{};
  Duration request_headers_timeout{};
  Duration drain_timeout = std::chrono::seconds(5);
  Duration delayed_close_timeout = std::chrono::seconds(1);
  std::vector<log::AccessLogConfig> access_log;
  std::optional<Duration> access_log_flush_interval;
  bool flush_access_log_on_new_request = false;
  std::optional<AccessLogOptions> access_log_options;
  bool use_remote_address = false;
  uint32_t xff_num_trusted_hops = 0;
  std::vector<config::NamedExtension> original_ip_detection_extensions;
  std::vector<config::NamedExtension> early_header_mutation_extensions;
  InternalAddressConfig internal_address_config;
  bool skip_xff_append = false;
  std::string via;
  bool generate_request_id = true;
  bool preserve_external_request_id = false;
  bool always_set_request_id_in_response = false;
  ClientCertMode forward_client_cert_details = ClientCertMode::kSanitize;
  ClientCertFields set_current_client_cert_details;
  bool proxy_100_continue = false;
  std::vector<UpgradeConfig> upgrade_configs;
  bool normalize_path = false;
  bool merge_slashes = false;
  EscapedSlashes path_with_escaped_slashes_action = EscapedSlashes::kDefault;
  RequestIdExtensionConfig request_id_extension;
  std::optional<LocalReplyConfig> local_reply_config;
  bool strip_matching_host_port = false;
  bool strip_any_host_port = false;
  bool stream_error_on_invalid_http_message = false;
  bool strip_trailing_host_dot = false;
  bool append_x_forwarded_port = false;
  static const config::Message& Schema();
};

// --- Extensions inside it.

// envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig. Both speak of traces.
struct UuidRequestIdConfig {
  bool pack_trace_reason = true;
  bool use_request_id_for_trace_sampling = true;
  static const config::Message& Schema();
};

struct XffTrustedCidrs {
  std::vector<config::CidrRange> cidrs;
  static const config::Message& Schema();
};

// envoy.extensions.http.original_ip_detection.xff.v3.XffConfig
struct XffConfig {
  uint32_t xff_num_trusted_hops = 0;
  std::optional<XffTrustedCidrs> xff_trusted_cidrs;
  bool skip_xff_append = true;
  static const config::Message& Schema();
};

// envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig
struct CustomHeaderConfig {
  std::string header_name;
  bool allow_extension_to_set_address_as_trusted = false;
  std::optional<config::HttpStatus> reject_with_status;
  static const config::Message& Schema();
};

// envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation
struct EarlyHeaderMutation {
  std::vector<route::HeaderMutationConfig> mutations;
  static const config::Message& Schema();
};

// envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig
struct PreserveCaseConfig {
  bool forward_reason_phrase = false;
  static const config::Message& Schema();
};

}  // namespace sluice::downstream

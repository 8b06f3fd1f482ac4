#include "compile_options.h"

#include <cmath>
#include <utility>

#include "sluice/codec/http2/from_config.h"
#include "sluice/http/chars.h"

namespace sluice::downstream {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = http::ToLowerAscii(c);
  return lower;
}

http1::ServerOptions CompileHttp1(const HttpConnectionManagerConfig& config) {
  const config::Http1ProtocolOptions& h1 = config.http_protocol_options;
  http1::ServerOptions options;
  options.max_head_bytes = config.max_request_headers_kb * 1024;
  options.max_header_count = config.common_http_protocol_options.max_headers_count.value_or(100);
  options.enable_trailers = h1.enable_trailers;
  options.allow_chunked_length = h1.allow_chunked_length;
  if (h1.header_key_format) {
    options.header_key_format = h1.header_key_format->proper_case_words
                                    ? http1::HeaderKeyFormat::kProperCaseWords
                                    : http1::HeaderKeyFormat::kPreserveCase;
  }
  options.accept_http_10 = h1.accept_http_10;
  options.default_host_for_http_10 = h1.default_host_for_http_10;
  options.allow_absolute_url = h1.allow_absolute_url;
  options.allow_custom_methods = h1.allow_custom_methods;
  // The two enums have the same order.
  options.headers_with_underscores_action = static_cast<http1::UnderscoreAction>(
      config.common_http_protocol_options.headers_with_underscores_action);
  return options;
}

http2::ServerOptions CompileHttp2(const HttpConnectionManagerConfig& config) {
  const config::Http2ProtocolOptions& h2 = config.http2_protocol_options;
  http2::ServerOptions options;
  http2::Compile(h2, options);
  options.stream_error_on_invalid_http_message =
      h2.override_stream_error_on_invalid_http_message.value_or(
          config.stream_error_on_invalid_http_message);
  options.max_head_bytes = config.max_request_headers_kb * 1024;
  options.max_header_count = config.common_http_protocol_options.max_headers_count.value_or(100);
  options.headers_with_underscores_action = static_cast<http2::UnderscoreAction>(
      config.common_http_protocol_options.headers_with_underscores_action);
  return options;
}

Timeouts CompileTimeouts(const HttpConnectionManagerConfig& config) {
  const config::HttpProtocolOptions& common = config.common_http_protocol_options;
  Timeouts timeouts;
  timeouts.idle = common.idle_timeout.value_or(timeouts.idle);
  timeouts.stream_idle = config.stream_idle_timeout;
  timeouts.stream_flush = config.stream_flush_timeout;
  timeouts.request = config.request_timeout;
  timeouts.request_headers = config.request_headers_timeout;
  timeouts.max_connection = common.max_connection_duration.value_or(Duration::zero());
  timeouts.max_stream = common.max_stream_duration.value_or(Duration::zero());
  timeouts.delayed_close = config.delayed_close_timeout;
  timeouts.drain = config.drain_timeout;
  return timeouts;
}

IpDetection CompileXff(const XffConfig& config) {
  IpDetection how;
  how.trusted_hops = config.xff_num_trusted_hops;
  how.skip_xff_append = config.skip_xff_append;
  how.by_cidr = config.xff_trusted_cidrs.has_value();
  if (how.by_cidr) how.trusted_cidrs = match::Compile(config.xff_trusted_cidrs->cidrs);
  return how;
}

IpDetection CompileCustomHeader(const CustomHeaderConfig& config) {
  IpDetection how;
  how.kind = IpDetection::Kind::kCustomHeader;
  how.header = Lower(config.header_name);
  how.trusted = config.allow_extension_to_set_address_as_trusted;
  if (config.reject_with_status) {
    const uint32_t code = config.reject_with_status->number();
    how.reject_status = static_cast<uint16_t>(code >= 400 ? code : 403);
  }
  return how;
}

AddressOptions CompileAddress(const HttpConnectionManagerConfig& config) {
  AddressOptions options;
  options.use_remote_address = config.use_remote_address;
  options.xff_num_trusted_hops = config.xff_num_trusted_hops;
  options.skip_xff_append = config.skip_xff_append;
  options.append_x_forwarded_port = config.append_x_forwarded_port;
  options.internal = match::Compile(config.internal_address_config.cidr_ranges);
  options.unix_is_internal = config.internal_address_config.unix_sockets;
  for (const config::NamedExtension& extension : config.original_ip_detection_extensions) {
    if (const auto* xff = extension.typed_config.As<XffConfig>()) {
      options.detection.push_back(CompileXff(*xff));
    } else if (const auto* custom = extension.typed_config.As<CustomHeaderConfig>()) {
      options.detection.push_back(CompileCustomHeader(*custom));
    }
  }
  if (options.detection.empty()) {
    options.detection.emplace_back().trusted_hops = config.xff_num_trusted_hops;
  }
  return options;
}

LogOptions CompileLog(const HttpConnectionManagerConfig& config, filter::LoadContext& ctx) {
  LogOptions options;
  options.manager = &ctx.access_logs;
  if (!config.access_log.empty()) {
    options.logs = ctx.access_logs.Make(config.access_log, ctx.problems);
  }
  AccessLogOptions when;
  if (config.access_log_options) {
    when = *config.access_log_options;
  } else {
    when.access_log_flush_interval = config.access_log_flush_interval;
    when.flush_access_log_on_new_request = config.flush_access_log_on_new_request;
  }
  options.interval = when.access_log_flush_interval.value_or(Duration::zero());
  options.at_start = when.flush_access_log_on_new_request;
  options.at_tunnel = when.flush_log_on_tunnel_successfully_established;
  return options;
}

// To a hundredth of a percent.
match::Fraction ShareOf(const std::optional<config::Percent>& percent) {
  constexpr uint32_t kAll = 10'000;
  if (!percent) return {kAll, kAll};
  return {static_cast<uint32_t>(std::lround(percent->value / 100 * kAll)), kAll};
}

std::unique_ptr<const TraceOptions> CompileTracing(const HttpConnectionManagerConfig& config,
                                                   const config::Where& where,
                                                   const route::TextFormatCompiler& formats,
                                                   filter::LoadContext& ctx) {
  if (!config.tracing) return nullptr;
  const TracingConfig& traced = *config.tracing;
  auto options = std::make_unique<TraceOptions>();
  route::TraceRules& rules = options->rules;
  rules.sampling = {ShareOf(traced.client_sampling), ShareOf(traced.random_sampling),
                    ShareOf(traced.overall_sampling)};
  rules.operation = route::CompileOperation(traced.operation, where, &formats, ctx.problems);
  rules.upstream_operation =
      route::CompileOperation(traced.upstream_operation, where, &formats, ctx.problems);
  options->tags = {traced.max_path_tag_length, traced.verbose,
                   route::CompileTags(traced.custom_tags, &formats, ctx.problems)};
  options->spawn_upstream_span = traced.spawn_upstream_span;
  options->egress = traced.operation_name == OperationName::kEgress;
  if (const auto* ids = config.request_id_extension.typed_config.As<UuidRequestIdConfig>()) {
    options->request_ids = {ids->pack_trace_reason, ids->use_request_id_for_trace_sampling};
  }
  const config::NamedExtension* provider = traced.provider ? &*traced.provider : ctx.default_tracer;
  if (provider != nullptr) options->tracer = tracing::MakeTracer(*provider, ctx);
  return options;
}

std::optional<log::Format> CompileBodyFormat(
    const std::optional<log::SubstitutionFormatConfig>& config, const config::Where& where,
    config::Problems& problems) {
  if (!config) return std::nullopt;
  Result<log::Format> format = log::Format::Compile(*config, log::Format::Use::kLine);
  if (format) return std::move(*format);
  problems.Add(where, format.error().detail);
  return std::nullopt;
}

std::unique_ptr<const ReplyRewriter> CompileReplies(const LocalReplyConfig& config,
                                                    const config::Where& where,
                                                    const route::TextFormatCompiler& formats,
                                                    config::Problems& problems) {
  auto rewriter = std::make_unique<ReplyRewriter>();
  rewriter->body_format = CompileBodyFormat(config.body_format, where, problems);
  for (const ResponseMapperConfig& planned : config.mappers) {
    ReplyRewriter::Mapper& mapper = rewriter->mappers.emplace_back();
    mapper.filter = log::CompileFilter(planned.filter);
    mapper.status = planned.status_code;
    if (planned.body) {
      Result<std::string> body = config::Load(*planned.body);
      if (body) {
        mapper.body = std::move(*body);
      } else {
        problems.Add(planned.body->where, body.error().detail);
      }
    }
    mapper.format = CompileBodyFormat(planned.body_format_override, planned.where, problems);
    mapper.edits =
        route::CompileEdits(planned.headers_to_add, {}, planned.where, &formats, problems);
  }
  return rewriter;
}

}  // namespace

void CompileOptions(const HttpConnectionManagerConfig& config, const config::Where& where,
                    const route::TextFormatCompiler& formats, filter::LoadContext& ctx,
                    ManagerOptions& options) {
  options.stat_prefix = config.stat_prefix;
  options.codec_type = config.codec_type;
  options.http1 = CompileHttp1(config);
  options.http2 = CompileHttp2(config);
  options.server_name = config.server_name;
  options.server_header = config.server_header_transformation;
  options.via = config.via;
  options.via_next = " " + config.via;
  options.address = CompileAddress(config);
  options.request_id = {config.generate_request_id, config.preserve_external_request_id,
                        config.always_set_request_id_in_response};
  options.client_cert = config.forward_client_cert_details;
  options.client_cert_fields = config.set_current_client_cert_details;
  options.path = {config.normalize_path, config.merge_slashes,
                  config.path_with_escaped_slashes_action};
  options.strip_port = config.strip_any_host_port        ? StripPort::kAny
                       : config.strip_matching_host_port ? StripPort::kMatching
                                                         : StripPort::kNo;
  options.strip_trailing_host_dot = config.strip_trailing_host_dot;
  options.scheme.overwrite = config.scheme_header_transformation.scheme_to_overwrite;
  options.add_user_agent = config.add_user_agent;
  options.proxy_100_continue = config.proxy_100_continue;
  options.stream_error_on_invalid_http_message =
      config.http_protocol_options.override_stream_error_on_invalid_http_message.value_or(
          config.stream_error_on_invalid_http_message);
  options.safe_max_connection_duration = config.http1_safe_max_connection_duration;
  options.max_requests_per_connection =
      config.common_http_protocol_options.max_requests_per_connection.value_or(0);
  for (const config::NamedExtension& extension : config.early_header_mutation_extensions) {
    const auto* early = extension.typed_config.As<EarlyHeaderMutation>();
    if (early == nullptr) continue;
    options.early_mutations.push_back(
        route::CompileMutations(early->mutations, &formats, ctx.problems));
  }
  options.timeouts = CompileTimeouts(config);
  options.log = CompileLog(config, ctx);
  options.tracing = CompileTracing(config, where, formats, ctx);
  if (config.local_reply_config) {
    options.replies = CompileReplies(*config.local_reply_config, where, formats, ctx.problems);
  }
  options.process = &ctx.process;
  options.runtime = ctx.runtime;
  options.listener_stat_prefix = ctx.listener_stat_prefix;
}

}  // namespace sluice::downstream

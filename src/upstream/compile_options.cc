#include "compile_options.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "compile_lb.h"
#include "sluice/codec/http2/from_config.h"
#include "sluice/http/chars.h"
#include "sluice/net/socket_config.h"
#include "sluice/net/transport_extension.h"
#include "sluice/upstream/dynamic_config.h"

namespace sluice::upstream {
namespace {

Discovery DiscoveryOf(const ClusterConfig& config) {
  if (config.dynamic_forward() != nullptr) return Discovery::kDynamic;
  switch (config.type) {
    case DiscoveryType::kStrictDns: return Discovery::kStrictDns;
    case DiscoveryType::kLogicalDns: return Discovery::kLogicalDns;
    case DiscoveryType::kOriginalDst: return Discovery::kOriginalDst;
    case DiscoveryType::kEds: return Discovery::kFile;
    case DiscoveryType::kStatic: break;
  }
  return Discovery::kStatic;
}

http1::HeaderKeyFormat KeyFormat(const std::optional<config::HeaderKeyFormat>& format) {
  if (!format) return http1::HeaderKeyFormat::kLower;
  return format->proper_case_words ? http1::HeaderKeyFormat::kProperCaseWords
                                   : http1::HeaderKeyFormat::kPreserveCase;
}

void CompileHttp1(const config::Http1ProtocolOptions& from, http1::ClientOptions& to) {
  to.enable_trailers = from.enable_trailers;
  to.allow_chunked_length = from.allow_chunked_length;
  to.header_key_format = KeyFormat(from.header_key_format);
  to.send_fully_qualified_url = from.send_fully_qualified_url;
}

HttpChoice ChoiceOf(const HttpOptionsConfig& http) {
  if (http.use_downstream_protocol_config) return HttpChoice::kDownstream;
  if (http.auto_config) return HttpChoice::kAlpn;
  return http.explicit_http_config && http.explicit_http_config->http2_protocol_options
             ? HttpChoice::kHttp2
             : HttpChoice::kHttp1;
}

void CompileVersions(const HttpOptionsConfig& http, HttpPoolOptions& to) {
  to.choice = ChoiceOf(http);
  const auto take = [&](const auto& chosen) {
    if (!chosen) return;
    if (chosen->http_protocol_options) CompileHttp1(*chosen->http_protocol_options, to.http1);
    if (chosen->http2_protocol_options) http2::Compile(*chosen->http2_protocol_options, to.http2);
  };
  take(http.explicit_http_config);
  take(http.use_downstream_protocol_config);
  take(http.auto_config);
}

void CompileHttp(const HttpOptionsConfig& http, HttpPoolOptions& to) {
  const config::HttpProtocolOptions& common = http.common_http_protocol_options;
  to.idle_timeout = common.idle_timeout.value_or(to.idle_timeout);
  to.max_connection_duration = common.max_connection_duration.value_or(Duration{});
  to.max_stream_duration = common.max_stream_duration.value_or(Duration{});
  to.max_requests_per_connection = common.max_requests_per_connection.value_or(0);
  to.http1.max_header_count = common.max_headers_count.value_or(to.http1.max_header_count);
  to.http2.max_header_count = common.max_headers_count.value_or(to.http2.max_header_count);
  if (common.max_response_headers_kb) {
    to.http1.max_head_bytes = to.http2.max_head_bytes = *common.max_response_headers_kb * 1024;
  }
  CompileVersions(http, to);
  const UpstreamHttpOptions& names = http.upstream_http_protocol_options;
  to.auto_sni = names.auto_sni;
  to.auto_san_validation = names.auto_san_validation;
  to.auto_sni_header = names.override_auto_sni_header;
  for (char& c : to.auto_sni_header) c = http::ToLowerAscii(c);
}

void CompileTransport(const ClusterConfig& config, CompileContext& ctx, ClusterOptions& options) {
  options.transport = {std::shared_ptr<const void>(), &net::RawTransportFactory()};
  if (!config.transport_socket || !config.transport_socket->typed_config) return;
  const config::TypedConfig& typed = config.transport_socket->typed_config;
  net::TransportLoadContext load{ctx.problems, ctx.main_loop, ctx.store,
                                 "cluster." + options.stat_name, ctx.discovery};
  auto made = typed.Factory<net::TransportExtension>().Make(typed, load);
  if (made != nullptr) options.transport = std::move(made);
}

// As in Envoy: what is to be negotiated by ALPN needs a transport that negotiates.
void CheckAlpn(const ClusterConfig& config, CompileContext& ctx, const ClusterOptions& options) {
  if (options.http.choice != HttpChoice::kAlpn || options.transport->is_tls()) return;
  ctx.problems.Add(config.where,
                   "auto_config chooses the version of HTTP by ALPN, but the cluster "
                   "has no transport_socket with TLS",
                   "use explicit_http_config");
}

void TakeOptions(const std::vector<config::SocketOption>& from, net::Address::Family family,
                 LocalSide& to) {
  to.For(family).tuning.options = net::ToSocketOptions(from, family);
}

bool BindTo(const config::SocketAddress& source, const config::Where& where, CompileContext& ctx,
            LocalSide& side) {
  Result<net::Address> address =
      net::Address::FromIp(source.address, static_cast<uint16_t>(source.port_value));
  if (!address) {
    ctx.problems.Add(where, "upstream_bind_config: " + address.error().detail);
    return false;
  }
  const bool v4 = address->family() == net::Address::Family::kV4;
  std::optional<net::Address>& slot = side.For(address->family()).source;
  if (slot) {
    ctx.problems.Add(where, fmt::format("upstream_bind_config has two {} source addresses",
                                        v4 ? "IPv4" : "IPv6"));
    return false;
  }
  slot = *std::move(address);
  return true;
}

// Options of its own stand in place of the common ones, even if there are none.
void BindToExtra(const config::ExtraSourceAddress& extra, const config::Where& where,
                 CompileContext& ctx, LocalSide& side) {
  if (!BindTo(extra.address, where, ctx, side) || !extra.socket_options) return;
  const bool v6 = extra.address.address.find(':') != std::string::npos;
  TakeOptions(extra.socket_options->socket_options,
              v6 ? net::Address::Family::kV6 : net::Address::Family::kV4, side);
}

void WarnOfListening(const std::vector<config::SocketOption>& options, const config::Where& where,
                     CompileContext& ctx) {
  const auto found =
      std::ranges::find(options, config::SocketState::kListening, &config::SocketOption::state);
  if (found == options.end()) return;
  ctx.problems.Warn(where,
                    "upstream_bind_config: a socket option of STATE_LISTENING has no effect: "
                    "these sockets never listen",
                    "STATE_PREBIND or STATE_BOUND");
}

void CompileSockets(const ClusterConfig& config, CompileContext& ctx, LocalSide& side) {
  constexpr net::Address::Family kFamilies[] = {
      net::Address::Family::kV4, net::Address::Family::kV6, net::Address::Family::kUnix};
  if (const auto& keepalive = config.upstream_connection_options.tcp_keepalive) {
    for (const net::Address::Family family : kFamilies) {
      net::SocketTuning& tuning = side.For(family).tuning;
      // An empty message asks for probes with the kernel's own numbers: its default count is nine.
      tuning.keepalive_probes = keepalive->keepalive_probes.value_or(9);
      tuning.keepalive_time_s = keepalive->keepalive_time;
      tuning.keepalive_interval_s = keepalive->keepalive_interval;
    }
  }
  if (!config.upstream_bind_config) return;
  const config::BindConfig& bind = *config.upstream_bind_config;
  WarnOfListening(bind.socket_options, config.where, ctx);
  for (const net::Address::Family family : kFamilies) {
    side.For(family).tuning.freebind = bind.freebind.value_or(false);
    TakeOptions(bind.socket_options, family, side);
  }
  if (bind.source_address) BindTo(*bind.source_address, config.where, ctx, side);
  for (const config::ExtraSourceAddress& extra : bind.extra_source_addresses) {
    BindToExtra(extra, config.where, ctx, side);
  }
}

// Settings of our own in a cluster's metadata, below `sluice`.
bool OwnSetting(const ClusterConfig& config, std::string_view name, bool unless_set) {
  const auto found = config.metadata.filter_metadata.find("sluice");
  if (found == config.metadata.filter_metadata.end()) return unless_set;
  const config::Node* value = found->second.Find(name);
  if (value == nullptr) return unless_set;
  return unless_set ? value->scalar != "false" : value->scalar == "true";
}

// Where the client says which host it wants, the certificate has to be that host's.
void CheckNames(const ClusterConfig& config, CompileContext& ctx, ClusterOptions& options) {
  const DynamicForwardConfig* dynamic = config.dynamic_forward();
  if (dynamic == nullptr) return;
  HttpPoolOptions& http = options.http;
  if (config.http_options() == nullptr) http.auto_sni = http.auto_san_validation = true;
  options.public_hosts_only = OwnSetting(config, "public_hosts_only", false);
  const bool safe = http.auto_sni && http.auto_san_validation;
  if (safe || !options.transport->is_tls() || dynamic->allow_insecure_cluster_options) return;
  ctx.problems.Add(config.where,
                   "a dynamic_forward_proxy cluster with TLS needs auto_sni and "
                   "auto_san_validation in upstream_http_protocol_options",
                   "allow_insecure_cluster_options: true would do without");
}

}  // namespace

BreakerLimits CompileBreaker(const ClusterConfig& config, config::RoutingPriority priority) {
  BreakerLimits limits;
  const auto& all = config.circuit_breakers.thresholds;
  const auto found = std::ranges::find(all, priority, &BreakerThresholds::priority);
  if (found == all.end()) return limits;
  limits.max_connections = found->max_connections;
  limits.max_pending_requests = found->max_pending_requests;
  limits.max_requests = found->max_requests;
  limits.max_retries = found->max_retries;
  limits.max_connection_pools = found->max_connection_pools.value_or(UINT32_MAX);
  limits.track_remaining = found->track_remaining;
  if (found->retry_budget) {
    limits.retry_budget = BreakerLimits::RetryBudget{found->retry_budget->budget_percent.value,
                                                     found->retry_budget->min_retry_concurrency};
  }
  return limits;
}

std::unique_ptr<ClusterOptions> CompileOptions(std::shared_ptr<const ClusterConfig> config,
                                               ClusterId id, CompileContext& ctx) {
  auto options = std::make_unique<ClusterOptions>();
  options->id = id;
  options->name = config->name;
  options->stat_name = config->alt_stat_name.empty() ? config->name : config->alt_stat_name;
  // A name with colons would read as several parts of a stat's name.
  std::ranges::replace(options->stat_name, ':', '_');
  options->discovery = DiscoveryOf(*config);
  options->lb = CompileLb(*config, ctx.problems);
  options->connect_timeout = config->connect_timeout;
  options->buffer_limit = config->per_connection_buffer_limit_bytes;
  options->preconnect_per_host = config->preconnect_policy.per_upstream_preconnect_ratio;
  options->close_on_host_set_change = config->common_lb_config.close_connections_on_host_set_change;
  options->close_on_health_failure = config->close_connections_on_host_health_failure;
  options->pool_per_downstream = config->connection_pool_per_downstream_connection;
  options->cleanup_interval = config->cleanup_interval;
  if (config->original_dst_lb_config && config->original_dst_lb_config->upstream_port_override) {
    options->port_override =
        static_cast<uint16_t>(*config->original_dst_lb_config->upstream_port_override);
  }
  if (config->original_dst_lb_config && config->original_dst_lb_config->use_http_header) {
    const std::string& name = config->original_dst_lb_config->http_header_name;
    options->address_header = name.empty() ? "x-envoy-original-dst-host" : name;
    std::ranges::transform(options->address_header, options->address_header.begin(),
                           http::ToLowerAscii);
  }
  options->tracking.outliers = config->outlier_detection.has_value();
  for (const BreakerThresholds& each : config->circuit_breakers.per_host_thresholds) {
    options->tracking.max_connections[static_cast<size_t>(each.priority)] = each.max_connections;
  }
  CompileSockets(*config, ctx, options->local_side);
  CompileTransport(*config, ctx, *options);
  if (const HttpOptionsConfig* http = config->http_options()) CompileHttp(*http, options->http);
  CheckAlpn(*config, ctx, *options);
  options->http.retry_stale_connection = OwnSetting(*config, "retry_stale_connection", true);
  CheckNames(*config, ctx, *options);
  options->config = std::move(config);
  return options;
}

}  // namespace sluice::upstream

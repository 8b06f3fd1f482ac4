#include "sluice/tracing/tags.h"

#include <string>

#include "sluice/http/codec.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"
#include "sluice/log/grpc_status.h"
#include "sluice/net/address.h"

namespace sluice::tracing {
namespace {

using http::HeaderId;
using stream::Moment;

std::string_view Or(std::optional<std::string_view> value, std::string_view other) {
  return value.value_or(other);
}

// scheme://host/path as the client had it, the path cut off where it is long.
std::string_view UrlOf(const http::HeaderMap& head, size_t max_path, Arena& arena) {
  std::string_view path = Or(head.Get(HeaderId::kXEnvoyOriginalPath), "");
  if (path.empty()) path = Or(head.Get(HeaderId::kPath), "");
  if (path.empty()) return {};
  std::string url(Or(head.Get(HeaderId::kScheme), ""));
  url.append("://").append(Or(head.Get(HeaderId::kAuthority), "")).append(path.substr(0, max_path));
  return arena.Copy(url);
}

std::string_view PeerOf(const stream::StreamInfo& info, Arena& arena) {
  const net::Address* peer = info.connection == nullptr ? nullptr : info.connection->direct_remote;
  if (peer == nullptr) return "-";
  return arena.Copy(peer->is_ip() ? peer->Ip() : peer->ToString());
}

// The codes that say that the service failed, not that its client was wrong.
bool IsGrpcError(uint64_t status) {
  switch (status) {
    case 2:   // UNKNOWN
    case 4:   // DEADLINE_EXCEEDED
    case 12:  // UNIMPLEMENTED
    case 13:  // INTERNAL
    case 14:  // UNAVAILABLE
    case 15:  // DATA_LOSS
      return true;
    default: return false;
  }
}

void TagGrpcStatus(Span& span, const http::HeaderMap& head) {
  const auto status = head.Get(HeaderId::kGrpcStatus);
  if (!status) return;
  span.SetTag("grpc.status_code", *status);
  if (const auto message = head.Get(HeaderId::kGrpcMessage)) span.SetTag("grpc.message", *message);
  const auto code = http::ParseDecimal(*status);
  if (code && IsGrpcError(*code)) span.SetTag("error", "true");
}

void TagGrpcRequest(Span& span, const http::HeaderMap& head) {
  if (!log::IsGrpc(head)) return;
  const auto tag = [&](std::string_view name, HeaderId id) {
    if (const auto value = head.Get(id)) span.SetTag(name, *value);
  };
  tag("grpc.path", HeaderId::kPath);
  tag("grpc.authority", HeaderId::kAuthority);
  tag("grpc.content_type", HeaderId::kContentType);
  tag("grpc.timeout", HeaderId::kGrpcTimeout);
}

void TagStatus(Span& span, uint32_t status) {
  span.SetNumber("http.status_code", status);
  if (status == 0 || status >= 500) span.SetTag("error", "true");
}

void AddEvents(Span& span, const stream::StreamInfo& info) {
  struct Row {
    Moment moment;
    std::string_view name;
  };
  static constexpr Row kRows[] = {
      {Moment::kRequestEnd, "last_downstream_rx_byte_received"},
      {Moment::kUpstreamSendStart, "first_upstream_tx_byte_sent"},
      {Moment::kUpstreamSendEnd, "last_upstream_tx_byte_sent"},
      {Moment::kUpstreamHeadReceived, "first_upstream_rx_byte_received"},
      {Moment::kUpstreamEnd, "last_upstream_rx_byte_received"},
      {Moment::kResponseStart, "first_downstream_tx_byte_sent"},
      {Moment::kResponseEnd, "last_downstream_tx_byte_sent"},
  };
  for (const Row& row : kRows) {
    if (const auto at = info.At(row.moment)) span.AddEvent(row.name, *at);
  }
}

void AddCustom(Span& span, const std::vector<route::TraceTag>& tags, const TagInput& input) {
  route::FormatInput formats;
  formats.request_head = &input.request;
  formats.response_head = &input.response;
  formats.response_trailers = &input.trailers;
  formats.info = &input.info;
  for (const route::TraceTag& tag : tags) {
    std::string_view value;
    if (tag.format != nullptr) value = tag.format->Format(formats, span.arena());
    if (value.empty()) value = tag.fixed;
    if (!value.empty()) span.SetTag(tag.name, value);
  }
}

void TagHead(Span& span, const TagRules& rules, const TagInput& input) {
  const http::HeaderMap& head = input.request;
  if (const auto id = head.Get(HeaderId::kXRequestId)) span.SetTag("guid:x-request-id", *id);
  span.SetTag("http.url", UrlOf(head, rules.max_path_length, span.arena()));
  span.SetTag("http.method", Or(head.Get(HeaderId::kMethod), ""));
  span.SetTag("downstream_cluster", Or(head.Get(HeaderId::kXEnvoyDownstreamServiceCluster), "-"));
  span.SetTag("user_agent", Or(head.Get(HeaderId::kUserAgent), "-"));
  const auto version = input.info.protocol;
  span.SetTag("http.protocol", version ? http::VersionName(*version) : "-");
  span.SetTag("peer.address", PeerOf(input.info, span.arena()));
  if (const auto id = head.Get("x-client-trace-id")) span.SetTag("guid:x-client-trace-id", *id);
  TagGrpcRequest(span, head);
}

}  // namespace

void TagRequest(Span& span, const TagRules& rules, const TagInput& input) {
  if (!span.sampled()) return;
  const stream::StreamInfo& info = input.info;
  TagHead(span, rules, input);
  span.SetNumber("request_size", info.bytes_received);
  span.SetNumber("response_size", info.bytes_sent);
  span.SetTag("component", "proxy");
  if (!info.cluster_raw_name.empty()) {
    span.SetTag("upstream_cluster", info.cluster_raw_name);
    span.SetTag("upstream_cluster.name", info.cluster_name);
  }
  std::string flags;
  if (info.flags.any()) info.flags.AppendShort(flags);
  span.SetTag("response_flags", flags.empty() ? "-" : span.arena().Copy(flags));
  TagStatus(span, info.response_code);
  if (rules.verbose) AddEvents(span, info);
  TagGrpcStatus(span, input.response);
  TagGrpcStatus(span, input.trailers);
  AddCustom(span, rules.custom, input);
  if (input.route != nullptr) AddCustom(span, input.route->tags, input);
}

void TagAttempt(Span& span, const AttemptFacts& facts, const http::HeaderMap* response,
                const http::HeaderMap* trailers) {
  if (!span.sampled()) return;
  span.SetTag("component", "proxy");
  if (facts.protocol) span.SetTag("http.protocol", http::VersionName(*facts.protocol));
  if (!facts.address.empty()) {
    span.SetTag("upstream_address", facts.address);
    span.SetTag("peer.address", facts.address);
  }
  span.SetTag("upstream_cluster", facts.cluster);
  span.SetTag("upstream_cluster.name", facts.cluster_stat_name);
  span.SetTag("response_flags", facts.flags.empty() ? "-" : facts.flags);
  TagStatus(span, facts.status);
  if (response != nullptr) TagGrpcStatus(span, *response);
  if (trailers != nullptr) TagGrpcStatus(span, *trailers);
  if (facts.cancelled) span.SetTag("canceled", "true");
  if (!facts.reason.empty()) {
    span.SetTag("error", "true");
    span.SetTag("error.reason", facts.reason);
  }
}

}  // namespace sluice::tracing

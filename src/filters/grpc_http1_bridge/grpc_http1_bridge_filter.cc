#include "grpc_http1_bridge_filter.h"

#include <algorithm>
#include <utility>

#include "sluice/config/schema.h"
#include "sluice/filter/planned_http_filter.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/http/grpc.h"
#include "sluice/http/number.h"
#include "sluice/log/grpc_status.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::grpc_http1_bridge {

using filter::FilterStatus;
using http::HeaderId;

namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.grpc_http1_bridge.v3.Config";
constexpr std::string_view kProtobufType = "application/x-protobuf";

}  // namespace

const config::Message& BridgeConfig::Schema() {
  using C = BridgeConfig;
  static const auto message = config::Message::Of<C>(
      kType, "Lets HTTP/1.1 clients call gRPC services.",
      {config::Field("upgrade_protobuf_to_grpc", &C::upgrade_protobuf_to_grpc,
                     "Whether requests of type application/x-protobuf are framed as gRPC, and "
                     "their responses given without the frame."),
       config::Field("ignore_query_parameters", &C::ignore_query_parameters,
                     "Whether the query is taken off the path of framed requests.")});
  return message;
}

FilterStatus BridgeFilter::OnRequestHead(http::HeaderMap& head, bool end) {
  const std::string_view type = head.Get(HeaderId::kContentType).value_or("");
  if (config_.upgrade_protobuf_to_grpc && type == kProtobufType) {
    mode_ = Mode::kUpgrade;
    to_strip_ = http::kGrpcPrefixBytes;
    head.SetView(HeaderId::kContentType, "application/grpc");
    head.Remove(HeaderId::kContentLength);
    const std::string_view path = head.Get(HeaderId::kPath).value_or("");
    if (config_.ignore_query_parameters)
      head.SetView(HeaderId::kPath, path.substr(0, path.find('?')));
  } else if (log::IsGrpc(head) && host().info().protocol != http::Version::kHttp2) {
    mode_ = Mode::kBridge;
  } else {
    return FilterStatus::kContinue;
  }
  head.SetView(HeaderId::kTe, "trailers");
  // The frame says how long the message is: all of it has to be there first.
  return mode_ == Mode::kUpgrade && !end ? FilterStatus::kStop : FilterStatus::kContinue;
}

FilterStatus BridgeFilter::OnRequestData(ByteChain& data, bool end) {
  if (mode_ != Mode::kUpgrade) return FilterStatus::kContinue;
  if (!end) return FilterStatus::kStop;
  ByteChain& held = host().held_request_body();
  const size_t size = held.size() + data.size();
  const http::GrpcPrefix prefix = http::MakeGrpcPrefix(static_cast<uint32_t>(size));
  (held.empty() ? data : held).Prepend({prefix.data(), prefix.size()});
  return FilterStatus::kContinue;
}

FilterStatus BridgeFilter::OnRequestTrailers(http::HeaderMap& /*trailers*/) {
  if (mode_ == Mode::kUpgrade) {
    ByteChain& held = host().held_request_body();
    const http::GrpcPrefix prefix = http::MakeGrpcPrefix(static_cast<uint32_t>(held.size()));
    held.Prepend({prefix.data(), prefix.size()});
  }
  return FilterStatus::kContinue;
}

FilterStatus BridgeFilter::OnResponseHead(http::HeaderMap& head, bool end) {
  if (mode_ == Mode::kOff) return FilterStatus::kContinue;
  if (mode_ == Mode::kUpgrade && log::IsGrpc(head)) {
    head.SetView(HeaderId::kContentType, kProtobufType);
  }
  if (end) {
    Conclude(head);  // trailers only
    return FilterStatus::kContinue;
  }
  return FilterStatus::kStop;
}

FilterStatus BridgeFilter::OnResponseData(ByteChain& data, bool end) {
  if (mode_ == Mode::kOff) return FilterStatus::kContinue;
  if (mode_ == Mode::kUpgrade && to_strip_ != 0) {
    const size_t now = std::min(to_strip_, data.size());
    data.Drain(now);
    to_strip_ -= now;
  }
  return end ? FilterStatus::kContinue : FilterStatus::kStop;
}

FilterStatus BridgeFilter::OnResponseTrailers(http::HeaderMap& trailers) {
  if (mode_ == Mode::kOff) return FilterStatus::kContinue;
  Conclude(trailers);
  http::HeaderMap& head = host().response_head();
  head.SetView(HeaderId::kContentLength,
               http::FormatDecimal(host().arena(), host().held_response_body().size()));
  trailers.Clear();  // they are in the head now
  return FilterStatus::kContinue;
}

// What says how the call ended goes where the client can read it; a failure is no 200 for it.
void BridgeFilter::Conclude(const http::HeaderMap& status) {
  http::HeaderMap& head = host().response_head();
  const auto code = status.Get(HeaderId::kGrpcStatus);
  if (code) {
    if (http::ParseDecimal(*code) != 0U) head.SetView(HeaderId::kStatus, "503");
    head.SetView(HeaderId::kGrpcStatus, *code);
  }
  if (const auto words = status.Get(HeaderId::kGrpcMessage)) {
    head.SetView(HeaderId::kGrpcMessage, *words);
  }
}

ExtensionPtr MakeExtension() {
  using Extension =
      filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory, BridgeConfig,
                              filter::PlannedHttpFilter<BridgeFilter, BridgeConfig>>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &BridgeConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.grpc_http1_bridge",
                                    "envoy.grpc_http1_bridge"});
}

}  // namespace sluice::filters::grpc_http1_bridge

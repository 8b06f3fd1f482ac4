#include "reverse_bridge_filter.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sluice/config/schema.h"
#include "sluice/filter/planned_http_filter.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/http/chars.h"
#include "sluice/http/grpc.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"
#include "sluice/log/grpc_status.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::grpc_http1_reverse_bridge {

using filter::FilterStatus;
using http::HeaderId;

namespace {

constexpr std::string_view kType =
    "envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfig";
constexpr uint32_t kUnknown = 2;

struct Factory {
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const ReverseBridgeConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& /*ctx*/) {
    auto own = std::make_shared<ReverseBridgeConfig>(*config);
    for (char& c : own->response_size_header) c = http::ToLowerAscii(c);
    return std::make_unique<filter::PlannedHttpFilter<ReverseBridgeFilter, ReverseBridgeConfig>>(
        std::move(own));
  }
};

// A frame's length is no part of what the service sees / is part of what the client sees.
void MoveLength(http::HeaderMap& head, int64_t by) {
  const auto length = http::ParseDecimal(head.Get(HeaderId::kContentLength).value_or(""));
  if (!length) return;
  const auto moved = std::max<int64_t>(static_cast<int64_t>(*length) + by, 0);
  head.SetView(HeaderId::kContentLength,
               http::FormatDecimal(head.arena(), static_cast<uint64_t>(moved)));
}

}  // namespace

const config::Message& ReverseBridgeConfig::Schema() {
  using C = ReverseBridgeConfig;
  static const auto message = config::Message::Of<C>(
      kType, "Serves gRPC calls from an HTTP/1.1 service.",
      {config::Field("content_type", &C::content_type,
                     "The type that the service is sent, and has to answer with.")
           .Required()
           .NonEmpty(),
       config::Field("withhold_grpc_frames", &C::withhold_grpc_frames,
                     "Whether the service sees and sends messages without gRPC's frame."),
       config::Field("response_size_header", &C::response_size_header,
                     "The response header that says how long the message is, so that it need not "
                     "be held until its end.")});
  return message;
}

const config::Message& ReverseBridgePerRouteConfig::Schema() {
  using C = ReverseBridgePerRouteConfig;
  static const auto message = config::Message::Of<C>(
      "envoy.extensions.filters.http.grpc_http1_reverse_bridge.v3.FilterConfigPerRoute",
      "Turns the bridge off on these routes.",
      {config::Field("disabled", &C::disabled, "true: requests pass as they are.")});
  return message;
}

FilterStatus ReverseBridgeFilter::OnRequestHead(http::HeaderMap& head, bool end) {
  const auto* route = static_cast<const ReverseBridgePerRouteConfig*>(host().route_config());
  if (end || (route != nullptr && route->disabled) || !log::IsGrpc(head)) {
    return FilterStatus::kContinue;
  }
  mode_ = Mode::kRequest;
  client_type_ = *head.Get(HeaderId::kContentType);
  head.SetView(HeaderId::kContentType, config_.content_type);
  head.SetView(HeaderId::kAccept, config_.content_type);
  if (config_.withhold_grpc_frames) {
    to_strip_ = http::kGrpcPrefixBytes;
    MoveLength(head, -static_cast<int64_t>(http::kGrpcPrefixBytes));
  }
  host().ClearRouteCache();  // routes may match the type
  return FilterStatus::kContinue;
}

FilterStatus ReverseBridgeFilter::OnRequestData(ByteChain& data, bool end) {
  if (mode_ != Mode::kRequest || to_strip_ == 0) return FilterStatus::kContinue;
  const size_t now = std::min(to_strip_, data.size());
  data.Drain(now);
  to_strip_ -= now;
  if (!end || to_strip_ == 0) return FilterStatus::kContinue;
  Refuse("invalid request body", "grpc_bridge_data_too_small");
  return FilterStatus::kStop;
}

void ReverseBridgeFilter::Refuse(std::string_view body, std::string_view details) {
  mode_ = Mode::kPassing;
  host().request_head().SetView(HeaderId::kContentType, client_type_);  // it is a gRPC client
  host().SendLocalReply({.status = 200, .body = body, .details = details, .grpc_status = kUnknown});
}

FilterStatus ReverseBridgeFilter::OnResponseHead(http::HeaderMap& head, bool end) {
  if (mode_ != Mode::kRequest) return FilterStatus::kContinue;
  const uint32_t status = http::ParseStatus(head.Get(HeaderId::kStatus).value_or(""));
  const std::string_view type = head.Get(HeaderId::kContentType).value_or("");
  if (type != config_.content_type) {
    const std::string words = "envoy reverse bridge: upstream responded with unsupported " +
                              ("content-type " + std::string(type)) + ", status code " +
                              std::to_string(status);
    Refuse(host().arena().Copy(words), "grpc_bridge_content_type_wrong");
    return FilterStatus::kStop;
  }
  mode_ = Mode::kResponse;
  head.SetView(HeaderId::kContentType, client_type_);
  head.SetView(HeaderId::kStatus, "200");
  grpc_status_ = status == 200 ? 0 : log::HttpToGrpcStatus(status);
  if (end) {
    EndWithHead(head);
    return FilterStatus::kContinue;
  }
  if (!config_.withhold_grpc_frames) return FilterStatus::kContinue;
  prefix_due_ = true;
  if (config_.response_size_header.empty()) {
    MoveLength(head, http::kGrpcPrefixBytes);
    return FilterStatus::kContinue;
  }
  return BeginSized(head) ? FilterStatus::kContinue : FilterStatus::kStop;
}

// No body is an empty message, where frames are ours to make.
void ReverseBridgeFilter::EndWithHead(http::HeaderMap& head) {
  if (!config_.withhold_grpc_frames) {
    head.SetView(HeaderId::kGrpcStatus, http::FormatDecimal(host().arena(), grpc_status_));
    return;
  }
  MoveLength(head, http::kGrpcPrefixBytes);
  const auto prefix = http::MakeGrpcPrefix(0);
  ByteChain frame;
  frame.Append(std::string_view(prefix.data(), prefix.size()));
  host().AddResponseData(frame);
  AddStatus();
}

bool ReverseBridgeFilter::BeginSized(http::HeaderMap& head) {
  const auto text = head.Get(std::string_view(config_.response_size_header));
  promised_ = http::ParseDecimal(text.value_or(""));
  if (!promised_ || *promised_ > UINT32_MAX) {
    Refuse("envoy reverse bridge: upstream did not set the content length header",
           "grpc_bridge_content_length_wrong");
    return false;
  }
  head.SetView(HeaderId::kContentLength,
               http::FormatDecimal(host().arena(), *promised_ + http::kGrpcPrefixBytes));
  return true;
}

FilterStatus ReverseBridgeFilter::OnResponseData(ByteChain& data, bool end) {
  if (mode_ != Mode::kResponse) return FilterStatus::kContinue;
  if (promised_) {
    if (data.size() > *promised_ || (end && data.size() < *promised_)) {
      mode_ = Mode::kPassing;
      host().ResetStream(http::ResetReason::kLocalReset, "grpc_bridge_content_length_wrong");
      return FilterStatus::kStop;
    }
    if (std::exchange(prefix_due_, false)) {
      const auto prefix = http::MakeGrpcPrefix(static_cast<uint32_t>(*promised_));
      *promised_ -= data.size();
      data.Prepend({prefix.data(), prefix.size()});
    } else {
      *promised_ -= data.size();
    }
  } else if (prefix_due_) {
    if (!end) return FilterStatus::kStop;  // the frame says how long the message is
    ByteChain& held = host().held_response_body();
    const auto prefix = http::MakeGrpcPrefix(static_cast<uint32_t>(held.size() + data.size()));
    (held.empty() ? data : held).Prepend({prefix.data(), prefix.size()});
  }
  if (end) AddStatus();
  return FilterStatus::kContinue;
}

FilterStatus ReverseBridgeFilter::OnResponseTrailers(http::HeaderMap& trailers) {
  if (mode_ != Mode::kResponse) return FilterStatus::kContinue;
  if (prefix_due_ && !promised_) {
    ByteChain& held = host().held_response_body();
    const auto prefix = http::MakeGrpcPrefix(static_cast<uint32_t>(held.size()));
    held.Prepend({prefix.data(), prefix.size()});
  }
  trailers.SetView(HeaderId::kGrpcStatus, http::FormatDecimal(host().arena(), grpc_status_));
  return FilterStatus::kContinue;
}

void ReverseBridgeFilter::AddStatus() {
  host().AddResponseTrailers().SetView(HeaderId::kGrpcStatus,
                                       http::FormatDecimal(host().arena(), grpc_status_));
}

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            ReverseBridgeConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &ReverseBridgeConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.grpc_http1_reverse_bridge"});
}

ExtensionPtr MakeRouteExtension() {
  return std::make_unique<route::FilterRouteExtension>(
      kType, ReverseBridgePerRouteConfig::Schema().type(), &ReverseBridgePerRouteConfig::Schema);
}

}  // namespace sluice::filters::grpc_http1_reverse_bridge

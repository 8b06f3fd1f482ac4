#include "buffer_filter.h"

#include <utility>

#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "sluice/filter/planned_http_filter.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/http/number.h"
#include "sluice/route/filter_config.h"

namespace sluice::filters::buffer {

using filter::FilterStatus;
using http::HeaderId;

namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.buffer.v3.Buffer";

}  // namespace

const config::Message& BufferConfig::Schema() {
  using C = BufferConfig;
  static const auto message = config::Message::Of<C>(
      kType, "Holds requests until they are complete.",
      {config::Field("max_request_bytes", &C::max_request_bytes,
                     "Longest body that is held; a longer one is answered 413.")
           .Required()
           .Min(1)});
  return message;
}

const config::Message& BufferPerRouteConfig::Schema() {
  using C = BufferPerRouteConfig;
  static const auto message =
      config::Message::Of<C>(
          "envoy.extensions.filters.http.buffer.v3.BufferPerRoute",
          "Another limit, or none of it, on these routes.",
          {config::Field("disabled", &C::disabled, "true: requests are not held.")
               .Oneof("override"),
           config::Field("buffer", &C::buffer, "What holds in place of the filter's config.")
               .Oneof("override")})
          .RequireOneof("override")
          .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
            if (value.disabled == false) ctx.Fail(node, "disabled can only be true");
          });
  return message;
}

FilterStatus BufferFilter::OnRequestHead(http::HeaderMap& /*head*/, bool end) {
  if (end) return FilterStatus::kContinue;
  const auto* route = static_cast<const BufferPerRouteConfig*>(host().route_config());
  if (route != nullptr && route->disabled) return FilterStatus::kContinue;
  const BufferConfig& config = route != nullptr && route->buffer ? *route->buffer : config_;
  host().SetBufferLimit(config.max_request_bytes);
  mode_ = Mode::kHolding;
  return FilterStatus::kStop;
}

FilterStatus BufferFilter::OnRequestData(ByteChain& data, bool end) {
  if (mode_ == Mode::kOff) return FilterStatus::kContinue;
  body_bytes_ += data.size();
  // The last piece counts as well: held, it is one too many for the chain.
  if (!end || body_bytes_ > host().buffer_limit()) return FilterStatus::kStop;
  SetLength();
  return FilterStatus::kContinue;
}

FilterStatus BufferFilter::OnRequestTrailers(http::HeaderMap& /*trailers*/) {
  return FilterStatus::kContinue;  // trailers need chunks: no length is set
}

// The length is known now: the upstream may be spared chunks.
void BufferFilter::SetLength() {
  http::HeaderMap& head = host().request_head();
  if (head.Has(HeaderId::kContentLength)) return;
  head.Remove(HeaderId::kTransferEncoding);
  head.SetView(HeaderId::kContentLength, http::FormatDecimal(head.arena(), body_bytes_));
}

ExtensionPtr MakeExtension() {
  using Extension =
      filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory, BufferConfig,
                              filter::PlannedHttpFilter<BufferFilter, BufferConfig>>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &BufferConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.buffer", "envoy.buffer"});
}

ExtensionPtr MakeRouteExtension() {
  return std::make_unique<route::FilterRouteExtension>(kType, BufferPerRouteConfig::Schema().type(),
                                                       &BufferPerRouteConfig::Schema);
}

}  // namespace sluice::filters::buffer

#include "http_wasm_filter.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::http_wasm {

using wasm::BufferType;
using wasm::Deferred;
using wasm::MapType;
using wasm::Status;
using wasm::StreamType;

http::HeaderMap* HttpContext::Headers(MapType type) {
  using Part = HttpWasmFilter::Part;
  filter::HttpFilterHost& host = filter_.host();
  switch (type) {
    case MapType::kRequestHeaders: return &host.request_head();
    case MapType::kRequestTrailers:
      return filter_.request_.part >= Part::kTrailers ? &host.request_trailers() : nullptr;
    case MapType::kResponseHeaders:
      return host.response_head().size() != 0 ? &host.response_head() : nullptr;
    case MapType::kResponseTrailers:
      return filter_.response_.part >= Part::kTrailers ? &host.response_trailers() : nullptr;
    default: return Context::Headers(type);
  }
}

// What has gone on is on its way to somebody else.
bool HttpContext::MayChange(MapType type) const {
  using Part = HttpWasmFilter::Part;
  switch (type) {
    case MapType::kRequestHeaders:
    case MapType::kRequestTrailers: return filter_.request_.part != Part::kPassed;
    case MapType::kResponseHeaders:
    case MapType::kResponseTrailers: return filter_.response_.part != Part::kPassed;
    default: return false;
  }
}

void HttpContext::HeadersChanged(MapType type) {
  if (type == MapType::kRequestHeaders) filter_.host().ClearRouteCache();
}

std::optional<wasm::BufferView> HttpContext::Buffer(BufferType type) {
  const bool request = type == BufferType::kRequestBody;
  if (!request && type != BufferType::kResponseBody) return Context::Buffer(type);
  HttpWasmFilter::Side& side = request ? filter_.request_ : filter_.response_;
  ByteChain* chain = side.data;
  if (chain == nullptr && side.buffering) {
    filter::HttpFilterHost& host = filter_.host();
    chain = request ? &host.held_request_body() : &host.held_response_body();
  }
  if (chain == nullptr) return std::nullopt;
  return wasm::BufferView{{}, chain, side.end};
}

wasm::StreamView HttpContext::Stream() {
  filter::HttpFilterHost& host = filter_.host();
  host.route();  // what it says of itself is a property, too
  const auto some = [](http::HeaderMap& map) { return map.size() == 0 ? nullptr : &map; };
  return {&host.info(), &host.request_head(), some(host.response_head()),
          some(host.response_trailers()), &host.info()};
}

Status HttpContext::SendLocalResponse(wasm::LocalResponse response) {
  if (filter_.reply_ != nullptr) return Status::kBadArgument;  // one is on its way
  filter_.reply_ = std::make_unique<wasm::LocalResponse>(std::move(response));
  vm().Defer(*this, Deferred::kLocalResponse);
  return Status::kOk;
}

Status HttpContext::Continue(StreamType type) {
  if (type != StreamType::kRequest && type != StreamType::kResponse) return Status::kBadArgument;
  vm().Defer(*this, type == StreamType::kRequest ? Deferred::kContinueRequest
                                                 : Deferred::kContinueResponse);
  return Status::kOk;
}

Status HttpContext::Close(StreamType type) {
  if (type != StreamType::kRequest && type != StreamType::kResponse) return Status::kBadArgument;
  vm().Defer(*this, Deferred::kCloseRequest);
  return Status::kOk;
}

Status HttpContext::ClearRouteCache() {
  filter_.host().ClearRouteCache();
  return Status::kOk;
}

void HttpContext::Act(Deferred what) {
  filter::HttpFilterHost& host = filter_.host();
  switch (what) {
    case Deferred::kLocalResponse: return filter_.Reply();
    case Deferred::kContinueRequest:
      filter_.request_.buffering = false;
      return host.ContinueRequest();
    case Deferred::kContinueResponse:
      filter_.response_.buffering = false;
      return host.ContinueResponse();
    case Deferred::kCloseRequest:
      return host.ResetStream(http::ResetReason::kLocalReset, "wasm_close_stream");
    default: return;
  }
}

}  // namespace sluice::filters::http_wasm

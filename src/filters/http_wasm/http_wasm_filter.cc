#include "http_wasm_filter.h"

#include <utility>

#include "sluice/http/chars.h"

namespace sluice::filters::http_wasm {

using filter::FilterStatus;
using wasm::DataAction;
using wasm::Export;
using wasm::HeadAction;

bool HttpWasmFilter::Begin() {
  if (begun_) return !Lost();
  begun_ = true;
  wasm::RootContext* root = plugin_.Root();
  if (root == nullptr) return false;
  vm_ = plugin_.vm();
  context_ = std::make_unique<HttpContext>(*vm_, *root, *this);
  vm_->Run(Export::kContextCreate, *context_, {context_->id(), root->id()}, 0);
  return !Lost();
}

FilterStatus HttpWasmFilter::WithoutModule(bool request) {
  if (plugin_.fail_open()) return FilterStatus::kContinue;
  if (refused_) return request ? FilterStatus::kStop : FilterStatus::kContinue;
  refused_ = true;
  plugin_.stats().refused_streams.Inc();
  filter::LocalReply reply;
  reply.status = 503;
  reply.details = "wasm_fail_stream";
  host().SendLocalReply(reply);
  return FilterStatus::kStop;
}

FilterStatus HttpWasmFilter::Head(Export which, Side& side, http::HeaderMap& head, bool end) {
  const bool replied = reply_ != nullptr;  // what comes is our own reply then
  side.part = Part::kHead;
  side.end = end;
  const uint32_t fields = static_cast<uint32_t>(head.size());
  const uint32_t id = context_->id();
  // 0.1.0 does not tell the end.
  const uint32_t answer = vm_->abi() == wasm::AbiVersion::k010
                              ? vm_->Run(which, *context_, {id, fields}, 0)
                              : vm_->Run(which, *context_, {id, fields, end ? 1U : 0U}, 0);
  if (Lost()) return WithoutModule(IsRequest(side));
  if (reply_ != nullptr && !replied) return FilterStatus::kStop;
  switch (static_cast<HeadAction>(answer)) {
    case HeadAction::kContinue:
    case HeadAction::kContinueAndEnd:
      if (end) side.part = Part::kPassed;
      return FilterStatus::kContinue;
    case HeadAction::kStop:
      if (plugin_.plugin().stop_heads_only) return FilterStatus::kStop;
      return FilterStatus::kStopAllWatermark;
    case HeadAction::kStopAllBuffer: return FilterStatus::kStopAllBuffer;
    default: return FilterStatus::kStopAllWatermark;
  }
}

FilterStatus HttpWasmFilter::Data(Export which, Side& side, ByteChain& data, bool end) {
  const bool replied = reply_ != nullptr;
  side.part = Part::kBody;
  side.end = end;
  ByteChain* shown = &data;
  if (side.buffering) {
    if (IsRequest(side)) {
      host().AddRequestData(data);
      shown = &host().held_request_body();
    } else {
      host().AddResponseData(data);
      shown = &host().held_response_body();
    }
  }
  side.data = shown;
  const uint32_t answer = vm_->Run(
      which, *context_, {context_->id(), static_cast<uint32_t>(shown->size()), end ? 1U : 0U}, 0);
  side.data = nullptr;
  if (Lost()) return WithoutModule(IsRequest(side));
  if (reply_ != nullptr && !replied) return FilterStatus::kStop;
  side.buffering = false;
  switch (static_cast<DataAction>(answer)) {
    case DataAction::kContinue:
      if (end) side.part = Part::kPassed;
      return FilterStatus::kContinue;
    case DataAction::kStopBuffer: side.buffering = true; return FilterStatus::kStop;
    case DataAction::kStopNoBuffer: data.Clear(); return FilterStatus::kStop;
    default: return FilterStatus::kStopAllWatermark;
  }
}

FilterStatus HttpWasmFilter::Trailers(Export which, Side& side, http::HeaderMap& trailers) {
  const bool replied = reply_ != nullptr;
  side.part = Part::kTrailers;
  side.end = true;
  const uint32_t answer =
      vm_->Run(which, *context_, {context_->id(), static_cast<uint32_t>(trailers.size())}, 0);
  if (Lost()) return WithoutModule(IsRequest(side));
  if ((reply_ != nullptr && !replied) || answer != 0) return FilterStatus::kStop;
  side.part = Part::kPassed;
  return FilterStatus::kContinue;
}

FilterStatus HttpWasmFilter::OnRequestHead(http::HeaderMap& head, bool end) {
  if (!Begin()) return WithoutModule(true);
  return Head(Export::kRequestHeaders, request_, head, end);
}

FilterStatus HttpWasmFilter::OnRequestData(ByteChain& data, bool end) {
  if (Lost()) return WithoutModule(true);
  if (!vm_->Has(Export::kRequestBody)) return FilterStatus::kContinue;
  return Data(Export::kRequestBody, request_, data, end);
}

FilterStatus HttpWasmFilter::OnRequestTrailers(http::HeaderMap& trailers) {
  if (Lost()) return WithoutModule(true);
  return Trailers(Export::kRequestTrailers, request_, trailers);
}

// Our own replies come by here as well, also for a stream that the module has never seen.
FilterStatus HttpWasmFilter::OnResponseHead(http::HeaderMap& head, bool end) {
  if (refused_) return FilterStatus::kContinue;
  if (!Begin()) return WithoutModule(false);
  request_.part = Part::kPassed;
  return Head(Export::kResponseHeaders, response_, head, end);
}

FilterStatus HttpWasmFilter::OnResponseData(ByteChain& data, bool end) {
  if (refused_) return FilterStatus::kContinue;
  if (Lost()) return WithoutModule(false);
  if (!vm_->Has(Export::kResponseBody)) return FilterStatus::kContinue;
  return Data(Export::kResponseBody, response_, data, end);
}

FilterStatus HttpWasmFilter::OnResponseTrailers(http::HeaderMap& trailers) {
  if (refused_) return FilterStatus::kContinue;
  if (Lost()) return WithoutModule(false);
  return Trailers(Export::kResponseTrailers, response_, trailers);
}

bool HttpWasmFilter::WantsBodies() const {
  return context_ == nullptr || vm_->Has(Export::kRequestBody) || vm_->Has(Export::kResponseBody);
}

void HttpWasmFilter::OnStreamComplete() {
  if (!Lost()) vm_->Run(Export::kLog, *context_, {context_->id()}, 0);
}

void HttpWasmFilter::OnDestroy() {
  if (!Lost()) vm_->End(*context_);
  context_.reset();
  vm_.Reset();
}

void HttpWasmFilter::Reply() {
  const wasm::LocalResponse& from = *reply_;
  std::string details = from.details;
  for (char& c : details) {
    if (c == ' ' || !http::IsFieldValue({&c, 1})) c = '_';
  }
  filter::LocalReply reply;
  reply.status = from.status;
  reply.body = from.body;
  reply.details = details.empty() ? "wasm_local_response" : host().arena().Copy(details);
  reply.grpc_status = from.grpc_status;
  reply.edit = [](http::HeaderMap& head, void* context) {
    for (const auto& [name, value] : static_cast<const wasm::LocalResponse*>(context)->headers) {
      name == "content-type" ? head.Set(name, value) : head.Add(name, value);
    }
  };
  reply.edit_context = reply_.get();
  host().SendLocalReply(reply);
}

}  // namespace sluice::filters::http_wasm

#include "decompressor_filter.h"

#include <string>
#include <utility>

#include "sluice/http/list.h"
#include "sluice/http/number.h"

namespace sluice::filters::decompressor {

using filter::FilterStatus;
using http::HeaderId;
using http::HeaderMap;

namespace {

constexpr filter::LocalReply kMalformed{
    .status = 400, .body = "Bad content-encoding", .details = "request_decompression_failed"};
constexpr filter::LocalReply kTooLarge{
    .status = 413, .body = "Payload Too Large", .details = "request_decompression_overflow"};

// "gzip" is asked for once, and with full weight.
void Advertise(HeaderMap& head, std::string_view encoding) {
  std::string list;
  http::ForEachListItem(head.GetJoined("accept-encoding").value_or(""), [&](std::string_view item) {
    if (http::EqualsIgnoreCase(http::TrimOws(item.substr(0, item.find(';'))), encoding)) return;
    list.append(item).append(",");
  });
  list.append(encoding);
  head.Set(HeaderId::kAcceptEncoding, list);
}

bool NoTransform(HeaderMap& head) {
  const auto control = head.GetJoined("cache-control");
  return control && http::ListHas(*control, "no-transform");
}

// Takes the outermost coding off the list, which is its last (RFC 9110 section 8.4).
bool TakeCoding(HeaderMap& head, std::string_view encoding) {
  const auto list = head.GetJoined("content-encoding");
  if (!list) return false;
  std::string_view last;
  http::ForEachListItem(*list, [&](std::string_view item) { last = item; });
  const bool other_name = encoding == "gzip" && http::EqualsIgnoreCase(last, "x-gzip");
  if (last.empty() || (!http::EqualsIgnoreCase(last, encoding) && !other_name)) return false;
  std::string_view rest = list->substr(0, static_cast<size_t>(last.data() - list->data()));
  while (rest.ends_with(',') || rest.ends_with(' ') || rest.ends_with('\t')) rest.remove_suffix(1);
  if (rest.empty()) {
    head.Remove(HeaderId::kContentEncoding);
  } else {
    head.SetView(HeaderId::kContentEncoding, rest);
  }
  return true;
}

}  // namespace

DecompressorWorker::DecompressorWorker(const DecompressorPlan& decompressor_plan,
                                       filter::WorkerContext& worker, const stats::Scope& manager)
    : plan(decompressor_plan), loop(worker.loop), runtime(worker.runtime) {
  const stats::Scope scope = manager.Sub(plan.stat_scope);
  request = stats::Make<DirectionStats>(scope.Sub("request"));
  response = stats::Make<DirectionStats>(scope.Sub("response"));
  const stats::Scope library = scope.Sub("decompressor_library");
  errors = library.MakeCounter(plan.library->error_stat());
  overflows = library.MakeCounter(plan.library->overflow_stat());
}

filter::HttpFilter* DecompressorWorker::Create(Arena& arena) {
  return arena.New<DecompressorFilter>(*this);
}

FilterStatus DecompressorFilter::OnRequestHead(HeaderMap& head, bool end) {
  if (worker_.plan.advertise && worker_.plan.response.enabled.Enabled(worker_.runtime)) {
    Advertise(head, worker_.plan.library->encoding());
  }
  request_.Begin(head, worker_.plan.request, end);
  return FilterStatus::kContinue;
}

FilterStatus DecompressorFilter::OnRequestData(ByteChain& data, bool end) {
  return request_.OnData(data, end);
}

FilterStatus DecompressorFilter::OnRequestTrailers(HeaderMap& trailers) {
  return request_.OnTrailers(trailers);
}

FilterStatus DecompressorFilter::OnResponseHead(HeaderMap& head, bool end) {
  response_.Begin(head, worker_.plan.response, end);
  return FilterStatus::kContinue;
}

FilterStatus DecompressorFilter::OnResponseData(ByteChain& data, bool end) {
  return response_.OnData(data, end);
}

FilterStatus DecompressorFilter::OnResponseTrailers(HeaderMap& trailers) {
  return response_.OnTrailers(trailers);
}

void DecompressorFilter::OnDestroy() {
  request_.Drop();
  response_.Drop();
}

// --- One direction.

void DecompressorFilter::Side::Begin(HeaderMap& head, const DirectionPlan& plan, bool end) {
  if (end) return;
  const DecompressorWorker& worker = filter_.worker_;
  if (!plan.enabled.Enabled(worker.runtime) || (!plan.ignore_no_transform && NoTransform(head)) ||
      !TakeCoding(head, worker.plan.library->encoding())) {
    stats_.not_decompressed.Inc();
    return;
  }
  head.Remove(HeaderId::kContentLength);
  stats_.decompressed.Inc();
  expander_.emplace(*worker.plan.library);
  state_ = State::kWorking;
}

FilterStatus DecompressorFilter::Side::OnData(ByteChain& data, bool end) {
  if (state_ == State::kIdle) return FilterStatus::kContinue;
  if (state_ == State::kFailed) {
    data.Clear();
    return FilterStatus::kStop;
  }
  stats_.total_compressed_bytes.Add(data.size());
  expander_->Give(data);
  if (end) expander_->End();
  ByteChain out;
  const Step step = Next(out);
  if (step == Step::kMore) {
    state_ = State::kHeld;
    SendOn(out);
    filter_.worker_.loop.RunLater(*this);
    return FilterStatus::kStopAllWatermark;
  }
  if (step != Step::kDone) {
    Fail(step);
    return FilterStatus::kStop;
  }
  if (end) {
    filter::HttpFilterHost& host = filter_.host();
    Report(is_request() ? host.AddRequestTrailers() : host.AddResponseTrailers());
  }
  data = std::move(out);
  return FilterStatus::kContinue;
}

FilterStatus DecompressorFilter::Side::OnTrailers(HeaderMap& trailers) {
  if (state_ == State::kIdle) return FilterStatus::kContinue;
  if (state_ == State::kFailed) return FilterStatus::kStop;
  expander_->End();
  ByteChain none;
  const Step step = Next(none);
  if (step != Step::kDone) {
    Fail(step);
    return FilterStatus::kStop;
  }
  Report(trailers);
  return FilterStatus::kContinue;
}

// Goes on with what is held.
void DecompressorFilter::Side::Run() {
  if (state_ != State::kHeld || full_) return;
  ByteChain out;
  const Step step = Next(out);
  if (step == Step::kMore) {
    filter_.worker_.loop.RunLater(*this);
    return SendOn(out);
  }
  if (step != Step::kDone) return Fail(step);
  state_ = State::kWorking;
  filter::HttpFilterHost& host = filter_.host();
  if (expander_->ended()) {
    Report(is_request() ? host.AddRequestTrailers() : host.AddResponseTrailers());
  }
  SendOn(out);
  is_request() ? host.ContinueRequest() : host.ContinueResponse();
}

void DecompressorFilter::Side::SetFull(bool full) {
  full_ = full;
  if (!full_ && state_ == State::kHeld) filter_.worker_.loop.RunLater(*this);
}

void DecompressorFilter::Side::Drop() {
  Unlink();
  state_ = State::kIdle;
  expander_.reset();
}

Step DecompressorFilter::Side::Next(ByteChain& out) {
  const Step step = expander_->Next(out);
  stats_.total_uncompressed_bytes.Add(out.size());
  return step;
}

void DecompressorFilter::Side::SendOn(ByteChain& data) {
  if (data.empty()) return;
  is_request() ? filter_.host().InjectRequestData(data, false)
               : filter_.host().InjectResponseData(data, false);
}

// The head has gone on, so that a response can only be broken off.
void DecompressorFilter::Side::Fail(Step why) {
  state_ = State::kFailed;
  expander_.reset();
  const bool overflow = why == Step::kTooMuch;
  (overflow ? filter_.worker_.overflows : filter_.worker_.errors).Inc();
  if (is_request()) return filter_.host().SendLocalReply(overflow ? kTooLarge : kMalformed);
  filter_.host().ResetStream(http::ResetReason::kLocalReset, overflow
                                                                 ? "response_decompression_overflow"
                                                                 : "response_decompression_failed");
}

void DecompressorFilter::Side::Report(HeaderMap& trailers) {
  const DecompressorPlan& plan = filter_.worker_.plan;
  Arena& arena = filter_.host().arena();
  trailers.AddView(plan.compressed_trailer, http::FormatDecimal(arena, expander_->in_bytes()));
  trailers.AddView(plan.uncompressed_trailer, http::FormatDecimal(arena, expander_->out_bytes()));
}

}  // namespace sluice::filters::decompressor

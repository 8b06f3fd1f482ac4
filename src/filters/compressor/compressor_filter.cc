#include "compressor_filter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sluice/http/list.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"
#include "sluice/stream/stream_info.h"
#include "stream_offers.h"

namespace sluice::filters::compressor {

using compression::Ending;
using filter::FilterStatus;
using http::HeaderId;
using http::HeaderMap;

namespace {

constexpr size_t kMaxIdle = 16;
constexpr std::string_view kAcceptEncodingName = "Accept-Encoding";
// Of transfer-encoding: the body is compressed already.
constexpr std::array<std::string_view, 7> kCodings = {"gzip",     "x-gzip", "br",        "deflate",
                                                      "compress", "zstd",   "x-compress"};

// RFC 9110 section 12.5.5; "*" says more than any name.
void AddToVary(HeaderMap& head) {
  const auto vary = head.GetJoined("vary");
  if (!vary) return head.AddView(HeaderId::kVary, kAcceptEncodingName);
  if (http::ListHas(*vary, kAcceptEncodingName) || http::ListHas(*vary, "*")) return;
  std::string more(*vary);
  more.append(", ").append(kAcceptEncodingName);
  head.Set(HeaderId::kVary, more);
}

// A strong ETag names the bytes of the other form (RFC 9110 section 8.8.3).
void RemoveStrongEtag(HeaderMap& head) {
  const auto etag = head.Get(HeaderId::kEtag);
  if (etag && !etag->starts_with("W/") && !etag->starts_with("w/")) head.Remove(HeaderId::kEtag);
}

bool NoTransform(HeaderMap& head) {
  const auto control = head.GetJoined("cache-control");
  return control && http::ListHas(*control, "no-transform");
}

std::string_view TypeOf(const HeaderMap& head) {
  return head.Get(HeaderId::kContentType).value_or("");
}

}  // namespace

CompressorWorker::CompressorWorker(const CompressorPlan& compressor_plan,
                                   const match::RuntimeSnapshot* values,
                                   const stats::Scope& manager)
    : plan(compressor_plan), runtime(values) {
  const stats::Scope scope = manager.Sub(plan.stat_scope);
  request = stats::Make<DirectionStats>(scope.Sub("request"));
  response = stats::Make<DirectionStats>(
      plan.response_stat_scope.empty() ? scope : scope.Sub(plan.response_stat_scope));
  accept = stats::Make<AcceptStats>(scope);
}

filter::HttpFilter* CompressorWorker::Create(Arena& arena) {
  return arena.New<CompressorFilter>(*this);
}

std::unique_ptr<compression::Compressor> CompressorWorker::Take(
    const compression::CompressorFactory& library) {
  if (&library != plan.library.get() || idle_.empty()) return library.Make();
  auto compressor = std::move(idle_.back());
  idle_.pop_back();
  return compressor;
}

void CompressorWorker::GiveBack(std::unique_ptr<compression::Compressor> compressor,
                                const compression::CompressorFactory& library) {
  if (compressor == nullptr || &library != plan.library.get() || idle_.size() >= kMaxIdle) return;
  if (compressor->Reset()) idle_.push_back(std::move(compressor));
}

void CompressorFilter::OnDestroy() {
  worker_.GiveBack(std::move(request_), *library_);
  worker_.GiveBack(std::move(response_), *library_);
}

// --- The request.

void CompressorFilter::TakeRoute() {
  route_ = static_cast<const RoutePlan*>(host().route_config());
  if (route_ != nullptr && route_->library != nullptr) library_ = route_->library.get();
}

bool CompressorFilter::ResponseEnabled() const {
  if (route_ != nullptr && route_->response_enabled) return *route_->response_enabled;
  return plan().response.enabled.Enabled(worker_.runtime);
}

FilterStatus CompressorFilter::OnRequestHead(HeaderMap& head, bool end) {
  request_seen_ = true;
  TakeRoute();
  accept_encoding_ = head.GetJoined("accept-encoding");
  if (ResponseEnabled()) {
    if (accept_encoding_) MakeOffer();
    const bool remove = route_ != nullptr && route_->remove_accept_encoding
                            ? *route_->remove_accept_encoding
                            : plan().remove_accept_encoding;
    if (remove) head.Remove(HeaderId::kAcceptEncoding);
  }
  if (!end && RequestFits(head)) {
    Begin(head, request_, worker_.request);
  } else {
    worker_.request.not_compressed.Inc();
  }
  return FilterStatus::kContinue;
}

void CompressorFilter::MakeOffer() {
  StreamOffers::Of(host().info().filter_state(), host().arena())
      .Add({library_->encoding(), &plan().response.types, plan().choose_first});
}

bool CompressorFilter::LongEnough(const HeaderMap& head, const DirectionPlan& plan,
                                  DirectionStats& stats) {
  const auto field = head.Get(HeaderId::kContentLength);
  if (!field) return true;
  const auto length = http::ParseDecimal(*field);
  if (length && *length >= plan.min_length) return true;
  stats.content_length_too_small.Inc();
  return false;
}

bool CompressorFilter::CodingAllowed(const HeaderMap& head) const {
  const auto transfer = head.Get(HeaderId::kTransferEncoding);
  return !transfer || std::ranges::none_of(kCodings, [&](std::string_view coding) {
    return http::ListHas(*transfer, coding);
  });
}

bool CompressorFilter::RequestFits(const HeaderMap& head) {
  return plan().request && plan().request->enabled.Enabled(worker_.runtime) &&
         !head.Has(HeaderId::kUpgrade) && head.Get(HeaderId::kMethod) != "CONNECT" &&
         LongEnough(head, *plan().request, worker_.request) &&
         plan().request->types.Take(TypeOf(head)) && !head.Has(HeaderId::kContentEncoding) &&
         CodingAllowed(head);
}

FilterStatus CompressorFilter::OnRequestData(ByteChain& data, bool end) {
  if (request_ == nullptr) return FilterStatus::kContinue;
  const bool good = Run(request_, worker_.request, data, end ? Ending::kFinish : Ending::kFlush);
  return good ? FilterStatus::kContinue : FilterStatus::kStop;
}

FilterStatus CompressorFilter::OnRequestTrailers(HeaderMap& /*trailers*/) {
  if (request_ == nullptr) return FilterStatus::kContinue;
  ByteChain last;
  if (!Run(request_, worker_.request, last, Ending::kFinish)) return FilterStatus::kStop;
  host().AddRequestData(last);
  return FilterStatus::kContinue;
}

// --- The response.

FilterStatus CompressorFilter::OnResponseHead(HeaderMap& head, bool end) {
  // Without a request: the reply of a filter before this one, or the manager's.
  const bool may =
      request_seen_ && ResponseEnabled() && LongEnough(head, plan().response, worker_.response);
  const bool fits = may && ResponseFits(head);
  if (!end && may && Chosen(head) && fits && CodingAllowed(head)) {
    RemoveStrongEtag(head);
    Begin(head, response_, worker_.response);
  } else {
    worker_.response.not_compressed.Inc();
  }
  if (fits) AddToVary(head);  // also when this client wants it as it is
  return FilterStatus::kContinue;
}

bool CompressorFilter::ResponseFits(const HeaderMap& head) {
  const uint32_t status = http::ParseStatus(head.Get(HeaderId::kStatus).value_or(""));
  // A range is one of the bytes of the form it was asked of (RFC 9110 section 14.4).
  if (status == 101 || head.Has(HeaderId::kUpgrade) || head.Get("content-range") ||
      host().request_head().Get(HeaderId::kMethod) == "CONNECT" ||
      std::ranges::find(plan().uncompressible_codes, status) != plan().uncompressible_codes.end() ||
      !plan().response.types.Take(TypeOf(head)) || NoTransform(host().response_head())) {
    return false;
  }
  if (plan().disable_on_etag && head.Has(HeaderId::kEtag)) {
    worker_.accept.not_compressed_etag.Inc();
    return false;
  }
  return !head.Has(HeaderId::kContentEncoding);
}

// Whether this is the compressor that accept-encoding wants; counts what it wants.
bool CompressorFilter::Chosen(const HeaderMap& head) {
  if (!accept_encoding_) {
    worker_.accept.no_accept_header.Inc();
    return false;
  }
  const Choice choice = StreamOffers::Of(host().info().filter_state(), host().arena())
                            .Choose(*accept_encoding_, TypeOf(head));
  const bool chosen = choice.encoding == library_->encoding();
  switch (choice.reason) {
    case Reason::kNotValid: worker_.accept.header_not_valid.Inc(); break;
    case Reason::kIdentity: worker_.accept.header_identity.Inc(); break;
    case Reason::kWildcard: worker_.accept.header_wildcard.Inc(); break;
    case Reason::kNamed:
      (chosen ? worker_.accept.header_compressor_used
              : worker_.accept.header_compressor_overshadowed)
          .Inc();
      break;
  }
  return chosen;
}

void CompressorFilter::Begin(HeaderMap& head, CompressorPtr& compressor, DirectionStats& stats) {
  head.Remove(HeaderId::kContentLength);
  head.SetView(HeaderId::kContentEncoding, library_->encoding());
  stats.compressed.Inc();
  compressor = worker_.Take(*library_);
}

FilterStatus CompressorFilter::OnResponseData(ByteChain& data, bool end) {
  if (response_ == nullptr) return FilterStatus::kContinue;
  const bool good = Run(response_, worker_.response, data, end ? Ending::kFinish : Ending::kFlush);
  return good ? FilterStatus::kContinue : FilterStatus::kStop;
}

FilterStatus CompressorFilter::OnResponseTrailers(HeaderMap& /*trailers*/) {
  if (response_ == nullptr) return FilterStatus::kContinue;
  ByteChain last;
  if (!Run(response_, worker_.response, last, Ending::kFinish)) return FilterStatus::kStop;
  host().AddResponseData(last);
  return FilterStatus::kContinue;
}

bool CompressorFilter::Run(CompressorPtr& compressor, DirectionStats& stats, ByteChain& data,
                           Ending ending) {
  ByteChain out;
  stats.total_uncompressed_bytes.Add(data.size());
  const bool good = compressor->Compress(data, ending, out);
  stats.total_compressed_bytes.Add(out.size());
  data = std::move(out);
  if (good) return true;
  compressor.reset();
  data.Clear();
  host().ResetStream(http::ResetReason::kLocalReset, "compression_failed");
  return false;
}

}  // namespace sluice::filters::compressor

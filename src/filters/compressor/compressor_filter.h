// envoy.filters.http.compressor: compresses responses for clients that accept it, and requests if
// asked to. Every piece of a body is flushed, so that nothing waits for more. Per stream; one
// worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "accepted_encodings.h"
#include "compressor_config.h"
#include "sluice/filter/http_filter.h"
#include "sluice/stats/table.h"

namespace sluice::filters::compressor {

struct DirectionStats {
  stats::Counter compressed;
  stats::Counter not_compressed;
  stats::Counter total_uncompressed_bytes;
  stats::Counter total_compressed_bytes;
  stats::Counter content_length_too_small;

  static constexpr stats::Field<DirectionStats> kFields[] = {
      {&DirectionStats::compressed, "compressed", "Messages that were compressed"},
      {&DirectionStats::not_compressed, "not_compressed", "Messages that were not"},
      {&DirectionStats::total_uncompressed_bytes, "total_uncompressed_bytes", "Bytes before"},
      {&DirectionStats::total_compressed_bytes, "total_compressed_bytes", "Bytes after"},
      {&DirectionStats::content_length_too_small, "content_length_too_small",
       "Messages below min_content_length"},
  };
};

struct AcceptStats {
  stats::Counter no_accept_header;
  stats::Counter header_identity;
  stats::Counter header_compressor_used;
  stats::Counter header_compressor_overshadowed;
  stats::Counter header_wildcard;
  stats::Counter header_not_valid;
  stats::Counter not_compressed_etag;

  static constexpr stats::Field<AcceptStats> kFields[] = {
      {&AcceptStats::no_accept_header, "no_accept_header", "Requests without accept-encoding"},
      {&AcceptStats::header_identity, "header_identity", "accept-encoding wants identity"},
      {&AcceptStats::header_compressor_used, "header_compressor_used", "It wants this coding"},
      {&AcceptStats::header_compressor_overshadowed, "header_compressor_overshadowed",
       "It wants another compressor's coding more"},
      {&AcceptStats::header_wildcard, "header_wildcard", "It takes any coding"},
      {&AcceptStats::header_not_valid, "header_not_valid", "It takes no coding that there is"},
      {&AcceptStats::not_compressed_etag, "not_compressed_etag",
       "Responses with an ETag, under disable_on_etag_header"},
  };
};

// What all streams of a worker share: the plan, the counters, and compressors that are idle.
class CompressorWorker final : public filter::HttpFilterWorker {
 public:
  CompressorWorker(const CompressorPlan& plan, const match::RuntimeSnapshot* runtime,
                   const stats::Scope& manager);
  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override;

  std::unique_ptr<compression::Compressor> Take(const compression::CompressorFactory& library);
  void GiveBack(std::unique_ptr<compression::Compressor> compressor,
                const compression::CompressorFactory& library);

  const CompressorPlan& plan;
  const match::RuntimeSnapshot* const runtime;
  DirectionStats request;
  DirectionStats response;
  AcceptStats accept;

 private:
  std::vector<std::unique_ptr<compression::Compressor>> idle_;
};

class CompressorFilter final : public filter::HttpFilter {
 public:
  explicit CompressorFilter(CompressorWorker& worker)
      : worker_(worker), library_(worker.plan.library.get()) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return request_ != nullptr || response_ != nullptr; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override;
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& trailers) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseData(ByteChain& data, bool end) override;
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& trailers) override;
  void OnDestroy() override;

 private:
  using CompressorPtr = std::unique_ptr<compression::Compressor>;

  const CompressorPlan& plan() const { return worker_.plan; }
  void TakeRoute();
  bool ResponseEnabled() const;
  void MakeOffer();
  bool LongEnough(const http::HeaderMap& head, const DirectionPlan& plan, DirectionStats& stats);
  bool CodingAllowed(const http::HeaderMap& head) const;
  bool RequestFits(const http::HeaderMap& head);
  bool ResponseFits(const http::HeaderMap& head);
  bool Chosen(const http::HeaderMap& head);
  void Begin(http::HeaderMap& head, CompressorPtr& compressor, DirectionStats& stats);
  // False: the stream is given up.
  bool Run(CompressorPtr& compressor, DirectionStats& stats, ByteChain& data,
           compression::Ending ending);

  CompressorWorker& worker_;
  const RoutePlan* route_ = nullptr;
  const compression::CompressorFactory* library_;
  std::optional<std::string_view> accept_encoding_;
  bool request_seen_ = false;
  CompressorPtr request_;
  CompressorPtr response_;
};

}  // namespace sluice::filters::compressor

// envoy.filters.http.decompressor: decompresses requests and responses. What a piece becomes goes
// on in steps, and waits while the other side is full: a small piece can become very much. Per
// stream; one worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "decompressor_config.h"
#include "expander.h"
#include "sluice/event/loop.h"
#include "sluice/filter/http_filter.h"
#include "sluice/stats/table.h"

namespace sluice::filters::decompressor {

struct DirectionStats {
  stats::Counter decompressed;
  stats::Counter not_decompressed;
  stats::Counter total_uncompressed_bytes;
  stats::Counter total_compressed_bytes;

  static constexpr stats::Field<DirectionStats> kFields[] = {
      {&DirectionStats::decompressed, "decompressed", "Messages that were decompressed"},
      {&DirectionStats::not_decompressed, "not_decompressed", "Messages that were not"},
      {&DirectionStats::total_uncompressed_bytes, "total_uncompressed_bytes", "Bytes after"},
      {&DirectionStats::total_compressed_bytes, "total_compressed_bytes", "Bytes before"},
  };
};

// What all streams of a worker share.
class DecompressorWorker final : public filter::HttpFilterWorker {
 public:
  DecompressorWorker(const DecompressorPlan& plan, filter::WorkerContext& worker,
                     const stats::Scope& manager);
  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override;

  const DecompressorPlan& plan;
  EventLoop& loop;
  const match::RuntimeSnapshot* const runtime;
  DirectionStats request;
  DirectionStats response;
  stats::Counter errors;
  stats::Counter overflows;
};

class DecompressorFilter final : public filter::HttpFilter {
 public:
  explicit DecompressorFilter(DecompressorWorker& worker)
      : worker_(worker), request_(*this, worker.request), response_(*this, worker.response) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return request_.working() || response_.working(); }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override;
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& trailers) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseData(ByteChain& data, bool end) override;
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& trailers) override;
  void OnUpstreamHigh() override { request_.SetFull(true); }
  void OnUpstreamLow() override { request_.SetFull(false); }
  void OnDownstreamHigh() override { response_.SetFull(true); }
  void OnDownstreamLow() override { response_.SetFull(false); }
  void OnDestroy() override;

 private:
  // kHeld: there is more to make of what has come, and nothing more is taken. kFailed: the stream
  // has been given up.
  enum class State : uint8_t { kIdle, kWorking, kHeld, kFailed };

  // One direction. In the loop's run list while it goes on by itself.
  class Side final : public RunItem {
   public:
    Side(DecompressorFilter& filter, DirectionStats& stats) : filter_(filter), stats_(stats) {}

    bool working() const { return state_ != State::kIdle; }
    void Begin(http::HeaderMap& head, const DirectionPlan& plan, bool end);
    filter::FilterStatus OnData(ByteChain& data, bool end);
    filter::FilterStatus OnTrailers(http::HeaderMap& trailers);
    void SetFull(bool full);
    void Drop();
    // RunItem
    void Run() override;

   private:
    bool is_request() const { return this == &filter_.request_; }
    Step Next(ByteChain& out);
    void Fail(Step why);
    void Report(http::HeaderMap& trailers);
    void SendOn(ByteChain& data);

    DecompressorFilter& filter_;
    DirectionStats& stats_;
    std::optional<Expander> expander_;
    State state_ = State::kIdle;
    bool full_ = false;  // what comes behind the filter can take no more
  };

  DecompressorWorker& worker_;
  Side request_;
  Side response_;
};

}  // namespace sluice::filters::decompressor

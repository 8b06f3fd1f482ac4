// The place of one filter in an HttpChain: its two lanes, and the stream as that filter sees it.
// Made in the stream's arena by HttpChain::Build.
#pragma once

#include "sluice/base/check.h"
#include "sluice/filter/http_chain.h"

namespace sluice::filter {

// What one filter does with what comes in one direction.
enum class LaneState : uint8_t {
  kOpen,             // is given what comes, and what it lets go passes on
  kStopped,          // is given what comes; nothing passes on
  kHeldBuffer,       // is given nothing; over the limit is an error
  kHeldWatermark,    // is given nothing; over the limit the sender is held back
  kHeldFull,         // the same, and the sender is being held back
  kCalling,          // one of its callbacks is running
  kCallingReleased,  // and it has said Continue meanwhile
};

// How far the head and the end of the message have come at one filter.
enum class HeadStep : uint8_t { kNone, kArrived, kGiven, kPassed };
enum class TailStep : uint8_t {
  kNone,
  kEndArrived,
  kEndGiven,
  kTrailersArrived,
  kTrailersGiven,
  kPassed
};

struct HttpChain::Lane {
  struct Boxes {
    ByteChain in;    // not given to the filter yet
    ByteChain seen;  // given, but not passed on
  };

  // Bodies are rare enough at filters that hold nothing; the boxes are made at first use.
  Boxes& Box(Arena& arena) {
    if (boxes == nullptr) boxes = arena.New<Boxes>();
    return *boxes;
  }
  bool NothingIn() const { return boxes == nullptr || boxes->in.empty(); }
  bool NothingSeen() const { return boxes == nullptr || boxes->seen.empty(); }
  bool HasMore() const {
    return !NothingIn() || tail == TailStep::kEndArrived || tail == TailStep::kTrailersArrived;
  }
  size_t HeldBytes() const { return boxes == nullptr ? 0 : boxes->in.size() + boxes->seen.size(); }
  bool Held() const {
    return state == LaneState::kHeldBuffer || state == LaneState::kHeldWatermark ||
           state == LaneState::kHeldFull;
  }
  bool Calling() const {
    return state == LaneState::kCalling || state == LaneState::kCallingReleased;
  }
  // Data may run through without waiting here.
  bool Clear() const {
    return state == LaneState::kOpen && head == HeadStep::kPassed && NothingIn() && NothingSeen();
  }
  void Drop() {
    if (boxes != nullptr) boxes->~Boxes();
    boxes = nullptr;
  }

  const size_t index;
  LaneState state = LaneState::kOpen;
  HeadStep head = HeadStep::kNone;
  TailStep tail = TailStep::kNone;
  Boxes* boxes = nullptr;
};

class HttpChain::Slot final : public HttpFilterHost {
 public:
  // `response_highs`: how often the client was said to be full before the filter was there.
  Slot(HttpChain& chain, size_t index, HttpFilter& filter, uint32_t config_index,
       uint32_t response_highs)
      : filter_(filter),
        chain_(chain),
        index_(index),
        config_index_(config_index),
        highs_{0, response_highs},
        lanes_{Lane{.index = index}, Lane{.index = index}} {}

  // HttpFilterHost
  void ContinueRequest() override { chain_.Release(Direction::kRequest, index_); }
  void ContinueResponse() override { chain_.Release(Direction::kResponse, index_); }
  void TakeRequest() override { chain_.Reopen(Direction::kRequest, index_); }
  void TakeResponse() override { chain_.Reopen(Direction::kResponse, index_); }
  void AddRequestData(ByteChain& data) override {
    chain_.AddData(Direction::kRequest, index_, data);
  }
  void InjectRequestData(ByteChain& data, bool end) override {
    chain_.InjectData(Direction::kRequest, index_, data, end);
  }
  void AddResponseData(ByteChain& data) override {
    chain_.AddData(Direction::kResponse, index_, data);
  }
  void InjectResponseData(ByteChain& data, bool end) override {
    chain_.InjectData(Direction::kResponse, index_, data, end);
  }
  http::HeaderMap& AddRequestTrailers() override {
    return chain_.AddTrailers(Direction::kRequest, index_);
  }
  http::HeaderMap& AddResponseTrailers() override {
    return chain_.AddTrailers(Direction::kResponse, index_);
  }
  ByteChain& held_request_body() override { return chain_.HeldBody(Direction::kRequest, index_); }
  ByteChain& held_response_body() override { return chain_.HeldBody(Direction::kResponse, index_); }
  void SendLocalReply(const LocalReply& reply) override { chain_.SendLocalReply(reply); }
  void SendInformational() override { chain_.SendInformational(index_); }
  void SendResponseHead(bool end) override { chain_.SendHead(index_, end); }
  void SendResponseData(ByteChain& data, bool end) override { chain_.SendData(index_, data, end); }
  void SendResponseTrailers() override { chain_.SendTrailers(index_); }
  void ResetStream(http::ResetReason reason, std::string_view details) override {
    chain_.Reset(reason, details);
  }
  http::HeaderMap& request_head() override { return context().request_head; }
  http::HeaderMap& request_trailers() override { return context().request_trailers; }
  http::HeaderMap& informational_head() override { return context().informational_head; }
  http::HeaderMap& response_head() override { return context().response_head; }
  http::HeaderMap& response_trailers() override { return context().response_trailers; }
  const route::RouteEntry* route() override { return chain_.owner_.ChainRoute(); }
  void ClearRouteCache() override { chain_.owner_.ChainClearRoute(); }
  bool RecreateStream() override { return chain_.Recreate(); }
  const void* route_config() override { return chain_.owner_.ChainRouteConfig(config_index_); }
  stream::StreamInfo& info() override { return context().info; }
  Arena& arena() override { return context().arena; }
  WorkerContext& worker() override { return *context().worker; }
  net::Connection& downstream() override { return *context().downstream; }
  http::CodecStream& codec_stream() override { return *chain_.codec_stream_; }
  size_t buffer_limit() const override { return chain_.buffer_limit_; }
  void SetBufferLimit(size_t bytes) override { chain_.buffer_limit_ = bytes; }
  void RequestHigh() override { chain_.Full(Direction::kRequest, index_); }
  void RequestLow() override { chain_.Free(Direction::kRequest, index_); }
  net::Connection* ResponseSpliceTarget(uint64_t length) override {
    return chain_.ResponseSpliceTarget(index_, length);
  }
  void ResponseSpliced(uint64_t bytes) override { chain_.owner_.OnChainResponseSpliced(bytes); }
  void KeepSlab(Slice slice) override { chain_.owner_.ChainPin(std::move(slice)); }
  void BecomeTunnel() override { chain_.owner_.ChainBecomeTunnel(); }

  HttpFilter& filter() { return filter_; }
  Lane& lane(Direction direction) { return lanes_[At(direction)]; }
  // How many places that the filter's messages go to are full.
  uint32_t CountHigh(Direction direction) { return ++highs_[At(direction)]; }
  uint32_t CountLow(Direction direction) {
    SLUICE_CHECK(highs_[At(direction)] > 0);
    return --highs_[At(direction)];
  }

 private:
  const HttpChainContext& context() const { return chain_.context_; }

  HttpFilter& filter_;
  HttpChain& chain_;
  const size_t index_;
  const uint32_t config_index_;
  uint32_t highs_[2];
  Lane lanes_[2];
};

}  // namespace sluice::filter

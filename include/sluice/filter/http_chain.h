// Runs the HTTP filters of one stream: requests in order, responses in reverse.
//
// Each filter has a lane per direction in which what it has not been given yet, and what it has
// seen but not let go, waits. A filter's calls only change its lane and mark it; one pump moves
// things on, so nothing is ever called recursively. Owned by the stream that is its owner; slots
// and filters live in the stream's arena. Hard rule: Destroy only when no filter is on the stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "sluice/filter/http_filter.h"

namespace sluice::filter {

enum class Direction : uint8_t { kRequest, kResponse };

// How far a message has come in its direction. kLeaving: its head has left the chain (reached the
// terminal filter, or the client); kDone: so has its end.
enum class FlowState : uint8_t { kIdle, kInChain, kLeaving, kDone, kAborted };
bool MayFollow(FlowState from, FlowState to);

// How a message ends.
enum class MessageTail : uint8_t { kOpen, kEnd, kTrailers };

// What had come of a request's body when its stream was recreated.
struct SavedRequest {
  ByteChain body;
  MessageTail tail = MessageTail::kOpen;
};

class HttpChainOwner {
 public:
  virtual ~HttpChainOwner() = default;

  // The response leaves the chain for the client; heads and trailers are those of HttpChainContext.
  virtual void OnChainInformational() = 0;
  virtual void OnChainResponseHead(bool end) = 0;
  virtual void OnChainResponseData(ByteChain& data, bool end) = 0;
  virtual void OnChainResponseTrailers() = 0;
  // See HttpFilterHost::ResponseSpliceTarget.
  virtual net::Connection* ChainSpliceTarget(uint64_t /*length*/) { return nullptr; }
  virtual void OnChainResponseSpliced(uint64_t /*bytes*/) {}
  // The whole request has been given to the terminal filter.
  virtual void OnChainRequestDone() = 0;
  // A filter gave the stream up. The chain gives its filters nothing more.
  virtual void OnChainReset(http::ResetReason reason, std::string_view details) = 0;
  // Writes the response head and body of a local reply (reply table, mappers, gRPC).
  virtual void MakeLocalReply(const LocalReply& reply, ByteChain& body) = 0;
  // A body went over the limit at a filter that holds it; the chain answers 413 / 500 after this.
  virtual void OnChainBodyTooLarge(Direction direction) = 0;
  // Back-pressure towards the client's request body; as many lows as highs.
  virtual void OnChainRequestHigh() = 0;
  virtual void OnChainRequestLow() = 0;
  // RecreateStream was granted: destroy the chain as soon as nothing of it is on the stack, build
  // it anew, and give it the head and what Destroy saved.
  virtual void OnChainRecreate() = 0;

  virtual const route::RouteEntry* ChainRoute() = 0;
  virtual void ChainClearRoute() = 0;
  virtual const void* ChainRouteConfig(uint32_t config_index) = 0;
  virtual void ChainPin(Slice slice) = 0;
  virtual void ChainBecomeTunnel() = 0;
};

// What all filters of a stream share; outlives the chain.
struct HttpChainContext {
  http::HeaderMap& request_head;
  http::HeaderMap& request_trailers;
  http::HeaderMap& informational_head;
  http::HeaderMap& response_head;
  http::HeaderMap& response_trailers;
  stream::StreamInfo& info;
  Arena& arena;
  WorkerContext* worker;        // null only in tests
  net::Connection* downstream;  // null only in tests
};

// One filter of a chain to build. `config_index` is what ChainRouteConfig is asked with.
struct HttpChainEntry {
  HttpFilterWorker* worker = nullptr;
  uint32_t config_index = 0;
};

class HttpChain {
 public:
  static constexpr size_t kMaxFilters = 64;

  HttpChain(HttpChainOwner& owner, const HttpChainContext& context)
      : owner_(owner), context_(context) {}
  HttpChain(const HttpChain&) = delete;
  HttpChain& operator=(const HttpChain&) = delete;
  ~HttpChain();

  // Makes the filters. `codec_stream` must outlive them.
  void Build(std::span<const HttpChainEntry> entries, http::CodecStream& codec_stream,
             size_t buffer_limit);

  // The request as the codec delivers it.
  void RequestHead(bool end);
  void RequestData(ByteChain& data, bool end);
  void RequestTrailers();
  // Where the rest of the request's body may go by splice(2), past all filters; and what has gone.
  net::Connection* RequestSpliceTarget(uint64_t length);
  void RequestSpliced(uint64_t bytes);

  // The manager's own replies and resets (timeouts, broken requests).
  void SendLocalReply(const LocalReply& reply);
  void Abort();  // gives the filters nothing more in either direction

  // The client cannot take more / can again; counted together with the chain's own holding back.
  void ResponseHigh();
  void ResponseLow();

  // Once before Destroy, when the exchange is over in whatever way.
  void Complete();
  // OnDestroy for each filter, then their destructors. The chain may be built again after it.
  void Destroy(SavedRequest* saved = nullptr);

  FlowState request() const { return flow_[0]; }
  FlowState response() const { return flow_[1]; }
  bool built() const { return life_ != Life::kUnbuilt; }

 private:
  enum class Life : uint8_t { kUnbuilt, kLive, kRecreating, kEnding };
  struct Lane;
  class Slot;

  static size_t At(Direction direction) { return static_cast<size_t>(direction); }
  bool Stopped(Direction direction) const;  // filters are given nothing more
  bool Closed(Direction direction) const;   // nothing more can be added
  void Advance(Direction direction, FlowState to);
  Lane& LaneAt(Direction direction, size_t index);
  // The lane behind `index` in the direction; kMaxFilters when the message leaves the chain.
  size_t Next(Direction direction, size_t index) const;
  void Mark(Direction direction, size_t index) { dirty_[At(direction)] |= uint64_t{1} << index; }

  // Entering a lane (or leaving the chain).
  void GiveHead(Direction direction, size_t index, bool end);
  void GiveData(Direction direction, size_t index, ByteChain& data, bool end);
  void GiveTrailers(Direction direction, size_t index);
  void LeaveWithHead(Direction direction, bool end);
  void LeaveWithData(Direction direction, ByteChain& data, bool end);
  void LeaveWithTrailers(Direction direction);
  void Left(Direction direction);

  // Moving on.
  void Pump();
  void RunData(Direction direction, size_t index, ByteChain& data, bool end);
  void Step(Direction direction, size_t index);
  bool GiveNext(Direction direction, size_t index, Lane& lane);
  void CallHead(Direction direction, size_t index, Lane& lane);
  void CallData(Direction direction, size_t index, Lane& lane);
  void CallTrailers(Direction direction, size_t index, Lane& lane);
  FilterStatus FilterData(Direction direction, size_t index, ByteChain& data, bool end);
  void AfterCall(Lane& lane, FilterStatus status);
  void Pass(Direction direction, size_t index, Lane& lane);
  void CheckLimit(Direction direction, Lane& lane);
  // Holds the sender of a direction back because of the filter at `index`, and tells those before
  // it.
  void Full(Direction direction, size_t index);
  void Free(Direction direction, size_t index);
  void TellHigh(Direction direction, size_t first, size_t end);
  void TellLow(Direction direction, size_t first, size_t end);
  void RunInformational();

  // Whether body bytes would run from behind `index` to the end without being looked at.
  bool BodiesPass(Direction direction, size_t index);

  // Calls of slots.
  net::Connection* ResponseSpliceTarget(size_t index, uint64_t length);
  void Release(Direction direction, size_t index);
  void Reopen(Direction direction, size_t index);
  void AddData(Direction direction, size_t index, ByteChain& data);
  void InjectData(Direction direction, size_t index, ByteChain& data, bool end);
  http::HeaderMap& AddTrailers(Direction direction, size_t index);
  ByteChain& HeldBody(Direction direction, size_t index);
  void SendInformational(size_t index);
  void SendHead(size_t index, bool end);
  void SendData(size_t index, ByteChain& data, bool end);
  void SendTrailers(size_t index);
  void Reset(http::ResetReason reason, std::string_view details);
  bool Recreate();

  void EmptyLanes(Direction direction);
  void StopFlow(Direction direction);
  void ReplyDirectly(ByteChain& body);
  size_t CollectBody(ByteChain* to);

  HttpChainOwner& owner_;
  const HttpChainContext context_;
  http::CodecStream* codec_stream_ = nullptr;
  Slot** slots_ = nullptr;
  size_t count_ = 0;
  size_t buffer_limit_ = 0;
  size_t request_bytes_ = 0;               // body bytes that came in
  uint64_t dirty_[2] = {};                 // lanes with something to do
  size_t informational_at_ = kMaxFilters;  // the filter that sent the 1xx that waits, if one does
  size_t response_source_ = kMaxFilters;   // the filter whose response this is
  uint32_t response_highs_ = 0;            // the client's
  FlowState flow_[2] = {};
  MessageTail request_tail_ = MessageTail::kOpen;
  Life life_ = Life::kUnbuilt;
  bool running_ = false;
};

}  // namespace sluice::filter

// Making, feeding and ending a chain, and the calls that filters make on it.
#include "sluice/filter/http_chain.h"

#include <array>
#include <utility>

#include "http_chain_slot.h"

namespace sluice::filter {

bool MayFollow(FlowState from, FlowState to) {
  constexpr auto bit = [](FlowState state) { return 1U << static_cast<unsigned>(state); };
  // Row: from; bits: what may come next.
  static constexpr std::array<unsigned, 5> kTable = {
      bit(FlowState::kInChain) | bit(FlowState::kAborted),  // kIdle
      bit(FlowState::kLeaving) | bit(FlowState::kAborted),  // kInChain
      bit(FlowState::kDone) | bit(FlowState::kAborted),     // kLeaving
      0,                                                    // kDone
      0,                                                    // kAborted
  };
  return (kTable[static_cast<size_t>(from)] & bit(to)) != 0;
}

HttpChain::~HttpChain() { SLUICE_CHECK(life_ == Life::kUnbuilt); }

void HttpChain::Build(std::span<const HttpChainEntry> entries, http::CodecStream& codec_stream,
                      size_t buffer_limit) {
  SLUICE_CHECK(life_ == Life::kUnbuilt && !running_ && entries.size() <= kMaxFilters);
  codec_stream_ = &codec_stream;
  buffer_limit_ = buffer_limit;
  Arena& arena = context_.arena;
  slots_ = static_cast<Slot**>(arena.Allocate(sizeof(Slot*) * (entries.size() + 1)));
  count_ = 0;
  life_ = Life::kLive;
  for (const HttpChainEntry& entry : entries) {
    HttpFilter* filter = entry.worker->Create(arena);
    if (filter == nullptr) continue;  // does not take part
    Slot* slot = arena.New<Slot>(*this, count_, *filter, entry.config_index, response_highs_);
    slots_[count_++] = slot;
    filter->SetHost(*slot);
  }
}

void HttpChain::Advance(Direction direction, FlowState to) {
  FlowState& state = flow_[At(direction)];
  SLUICE_DCHECK(MayFollow(state, to));
  state = to;
}

bool HttpChain::Stopped(Direction direction) const {
  return life_ != Life::kLive || flow_[At(direction)] == FlowState::kAborted;
}

bool HttpChain::Closed(Direction direction) const {
  return life_ != Life::kLive || flow_[At(direction)] == FlowState::kDone ||
         flow_[At(direction)] == FlowState::kAborted;
}

HttpChain::Lane& HttpChain::LaneAt(Direction direction, size_t index) {
  return slots_[index]->lane(direction);
}

size_t HttpChain::Next(Direction direction, size_t index) const {
  if (direction == Direction::kRequest) return index + 1 < count_ ? index + 1 : kMaxFilters;
  return index == 0 ? kMaxFilters : index - 1;
}

// --- From the codec.

void HttpChain::RequestHead(bool end) {
  if (Stopped(Direction::kRequest)) return;
  Advance(Direction::kRequest, FlowState::kInChain);
  if (end) request_tail_ = MessageTail::kEnd;
  GiveHead(Direction::kRequest, 0, end);
  Pump();
}

void HttpChain::RequestData(ByteChain& data, bool end) {
  const bool waits = life_ == Life::kRecreating && count_ > 0;
  if ((Stopped(Direction::kRequest) && !waits) || request_tail_ != MessageTail::kOpen) {
    return data.Clear();
  }
  request_bytes_ += data.size();
  if (end) request_tail_ = MessageTail::kEnd;
  if (waits) return GiveData(Direction::kRequest, 0, data, end);
  RunData(Direction::kRequest, 0, data, end);
}

void HttpChain::RequestTrailers() {
  if (request_tail_ != MessageTail::kOpen) return;
  request_tail_ = MessageTail::kTrailers;
  if (Stopped(Direction::kRequest)) return;
  GiveTrailers(Direction::kRequest, 0);
  Pump();
}

// --- The response, as a filter sends it: it enters the chain before that filter.

void HttpChain::SendInformational(size_t index) {
  if (Stopped(Direction::kResponse) || response() != FlowState::kIdle) return;
  informational_at_ = index;
  Pump();
}

void HttpChain::SendHead(size_t index, bool end) {
  if (Stopped(Direction::kResponse) || response() != FlowState::kIdle) return;
  Advance(Direction::kResponse, FlowState::kInChain);
  response_source_ = index;
  GiveHead(Direction::kResponse, Next(Direction::kResponse, index), end);
  Pump();
}

void HttpChain::SendData(size_t index, ByteChain& data, bool end) {
  if (Closed(Direction::kResponse) || index != response_source_) return data.Clear();
  RunData(Direction::kResponse, Next(Direction::kResponse, index), data, end);
}

void HttpChain::SendTrailers(size_t index) {
  if (Closed(Direction::kResponse) || index != response_source_) return;
  GiveTrailers(Direction::kResponse, Next(Direction::kResponse, index));
  Pump();
}

// --- Local replies and resets.

void HttpChain::SendLocalReply(const LocalReply& reply) {
  if (Closed(Direction::kResponse)) return;
  if (response() == FlowState::kLeaving) {
    return Reset(http::ResetReason::kLocalReset, reply.details);
  }
  StopFlow(Direction::kRequest);
  response_source_ = kMaxFilters;
  ByteChain body;
  owner_.MakeLocalReply(reply, body);
  // Filters that have seen one response head do not get a second one to see.
  if (response() == FlowState::kInChain) return ReplyDirectly(body);
  const bool end = body.empty();
  Advance(Direction::kResponse, FlowState::kInChain);
  const size_t entry = count_ == 0 ? kMaxFilters : count_ - 1;
  GiveHead(Direction::kResponse, entry, end);
  if (!end) GiveData(Direction::kResponse, entry, body, true);
  Pump();
}

void HttpChain::ReplyDirectly(ByteChain& body) {
  EmptyLanes(Direction::kResponse);
  const bool end = body.empty();
  Advance(Direction::kResponse, FlowState::kLeaving);
  if (end) Advance(Direction::kResponse, FlowState::kDone);
  owner_.OnChainResponseHead(end);
  if (end || life_ != Life::kLive) return;
  Advance(Direction::kResponse, FlowState::kDone);
  owner_.OnChainResponseData(body, true);
}

void HttpChain::Reset(http::ResetReason reason, std::string_view details) {
  if (Closed(Direction::kResponse)) return;
  Abort();
  owner_.OnChainReset(reason, details);
}

void HttpChain::Abort() {
  StopFlow(Direction::kRequest);
  StopFlow(Direction::kResponse);
}

void HttpChain::StopFlow(Direction direction) {
  if (flow_[At(direction)] != FlowState::kDone) flow_[At(direction)] = FlowState::kAborted;
  EmptyLanes(direction);
}

// Takes all out of the lanes of a direction, and lets its sender go.
void HttpChain::EmptyLanes(Direction direction) {
  dirty_[At(direction)] = 0;
  if (direction == Direction::kResponse) informational_at_ = kMaxFilters;
  for (size_t i = 0; i < count_; ++i) {
    Lane& lane = LaneAt(direction, i);
    const bool full = lane.state == LaneState::kHeldFull;
    if (!lane.Calling()) lane.state = LaneState::kStopped;
    lane.head = HeadStep::kPassed;
    lane.tail = TailStep::kPassed;
    if (lane.boxes != nullptr) {
      lane.boxes->in.Clear();
      lane.boxes->seen.Clear();
    }
    if (full) Free(direction, i);
  }
}

// --- Back-pressure. Only filters that a message has yet to pass on its way to the full place are
// told: one that is full itself has nothing to wait for.

void HttpChain::ResponseHigh() {
  ++response_highs_;
  TellHigh(Direction::kResponse, 0, count_);
}

void HttpChain::ResponseLow() {
  SLUICE_CHECK(response_highs_ > 0);
  --response_highs_;
  TellLow(Direction::kResponse, 0, count_);
}

void HttpChain::Full(Direction direction, size_t index) {
  if (direction == Direction::kResponse) return TellHigh(direction, index + 1, count_);
  owner_.OnChainRequestHigh();
  TellHigh(direction, 0, index);
}

void HttpChain::Free(Direction direction, size_t index) {
  if (direction == Direction::kResponse) return TellLow(direction, index + 1, count_);
  owner_.OnChainRequestLow();
  TellLow(direction, 0, index);
}

void HttpChain::TellHigh(Direction direction, size_t first, size_t end) {
  for (size_t i = first; i < end; ++i) {
    if (slots_[i]->CountHigh(direction) > 1 || life_ != Life::kLive) continue;
    HttpFilter& filter = slots_[i]->filter();
    direction == Direction::kRequest ? filter.OnUpstreamHigh() : filter.OnDownstreamHigh();
  }
}

void HttpChain::TellLow(Direction direction, size_t first, size_t end) {
  for (size_t i = first; i < end; ++i) {
    if (slots_[i]->CountLow(direction) > 0 || life_ != Life::kLive) continue;
    HttpFilter& filter = slots_[i]->filter();
    direction == Direction::kRequest ? filter.OnUpstreamLow() : filter.OnDownstreamLow();
  }
}

// --- What filters ask of their lanes.

void HttpChain::Release(Direction direction, size_t index) {
  if (Closed(direction)) return;
  Lane& lane = LaneAt(direction, index);
  switch (lane.state) {
    case LaneState::kOpen:
    case LaneState::kCallingReleased: return;
    case LaneState::kCalling: lane.state = LaneState::kCallingReleased; return;
    case LaneState::kHeldFull:
      lane.state = LaneState::kOpen;
      Mark(direction, index);
      Free(direction, index);
      break;
    case LaneState::kStopped:
    case LaneState::kHeldBuffer:
    case LaneState::kHeldWatermark:
      lane.state = LaneState::kOpen;
      Mark(direction, index);
      break;
  }
  Pump();
}

void HttpChain::Reopen(Direction direction, size_t index) {
  if (Closed(direction)) return;
  Lane& lane = LaneAt(direction, index);
  if (!lane.Held()) return;
  const bool full = lane.state == LaneState::kHeldFull;
  lane.state = LaneState::kStopped;
  Mark(direction, index);
  if (full) Free(direction, index);
  Pump();
}

void HttpChain::AddData(Direction direction, size_t index, ByteChain& data) {
  if (Closed(direction)) return data.Clear();
  Lane& lane = LaneAt(direction, index);
  lane.Box(context_.arena).seen.Append(std::move(data));
  Mark(direction, index);
  Pump();
}

void HttpChain::InjectData(Direction direction, size_t index, ByteChain& data, bool end) {
  if (Closed(direction)) return data.Clear();
  Lane& lane = LaneAt(direction, index);
  const size_t next = Next(direction, index);
  if (lane.head == HeadStep::kGiven) {
    lane.head = HeadStep::kPassed;
    GiveHead(direction, next, false);
  }
  if (end) lane.tail = TailStep::kPassed;
  GiveData(direction, next, data, end);
  Pump();
}

http::HeaderMap& HttpChain::AddTrailers(Direction direction, size_t index) {
  http::HeaderMap& trailers =
      direction == Direction::kRequest ? context_.request_trailers : context_.response_trailers;
  if (Closed(direction)) return trailers;
  Lane& lane = LaneAt(direction, index);
  // The filter has seen the end, so its own trailers are not shown to it.
  if (lane.tail == TailStep::kEndGiven) lane.tail = TailStep::kTrailersGiven;
  return trailers;
}

ByteChain& HttpChain::HeldBody(Direction direction, size_t index) {
  Lane& lane = LaneAt(direction, index);
  Lane::Boxes& boxes = lane.Box(context_.arena);
  return lane.Held() && boxes.seen.empty() ? boxes.in : boxes.seen;
}

// --- The end.

void HttpChain::Complete() {
  for (size_t i = 0; i < count_; ++i) slots_[i]->filter().OnStreamComplete();
}

bool HttpChain::Recreate() {
  if (life_ != Life::kLive || response() != FlowState::kIdle || request() == FlowState::kAborted) {
    return false;
  }
  if (CollectBody(nullptr) != request_bytes_) return false;  // some of it is gone
  life_ = Life::kRecreating;
  owner_.OnChainRecreate();
  return true;
}

// The body that waits in the lanes, in order: what is deepest in the chain came first.
size_t HttpChain::CollectBody(ByteChain* to) {
  size_t bytes = 0;
  for (size_t i = count_; i-- > 0;) {
    Lane& lane = LaneAt(Direction::kRequest, i);
    bytes += lane.HeldBytes();
    if (to == nullptr || lane.boxes == nullptr) continue;
    to->Append(std::move(lane.boxes->seen));
    to->Append(std::move(lane.boxes->in));
  }
  return bytes;
}

void HttpChain::Destroy(SavedRequest* saved) {
  SLUICE_CHECK(!running_);
  if (life_ == Life::kUnbuilt) return;
  if (saved != nullptr) {
    CollectBody(&saved->body);
    saved->tail = request_tail_;
  }
  Abort();
  life_ = Life::kEnding;
  for (size_t i = 0; i < count_; ++i) slots_[i]->filter().OnDestroy();
  for (size_t i = count_; i-- > 0;) {
    slots_[i]->filter().~HttpFilter();
    LaneAt(Direction::kRequest, i).Drop();
    LaneAt(Direction::kResponse, i).Drop();
    slots_[i]->~Slot();
  }
  slots_ = nullptr;
  count_ = 0;
  request_bytes_ = 0;
  if (saved == nullptr) response_highs_ = 0;
  response_source_ = kMaxFilters;
  flow_[0] = flow_[1] = FlowState::kIdle;
  request_tail_ = MessageTail::kOpen;
  life_ = Life::kUnbuilt;
}

}  // namespace sluice::filter

// How messages move through the lanes of a chain.
#include <bit>
#include <utility>

#include "http_chain_slot.h"
#include "sluice/filter/http_chain.h"

namespace sluice::filter {
namespace {

constexpr LocalReply kRequestTooLarge{
    .status = 413, .body = "Payload Too Large", .details = "request_payload_too_large"};
constexpr LocalReply kResponseTooLarge{
    .status = 500, .body = "Internal Server Error", .details = "response_payload_too_large"};

}  // namespace

void HttpChain::Pump() {
  if (running_) return;
  running_ = true;
  while (life_ == Life::kLive) {
    if (informational_at_ != kMaxFilters) {
      RunInformational();
    } else if (dirty_[1] != 0) {
      // What has come furthest goes first: a head runs through before the body behind it.
      Step(Direction::kResponse, static_cast<size_t>(std::countr_zero(dirty_[1])));
    } else if (dirty_[0] != 0) {
      Step(Direction::kRequest, static_cast<size_t>(63 - std::countl_zero(dirty_[0])));
    } else {
      break;
    }
  }
  running_ = false;
}

// --- Entering a lane, or leaving the chain.

void HttpChain::GiveHead(Direction direction, size_t index, bool end) {
  if (index == kMaxFilters) return LeaveWithHead(direction, end);
  Lane& lane = LaneAt(direction, index);
  lane.head = HeadStep::kArrived;
  if (end) lane.tail = TailStep::kEndArrived;
  Mark(direction, index);
}

void HttpChain::GiveData(Direction direction, size_t index, ByteChain& data, bool end) {
  if (index == kMaxFilters) return LeaveWithData(direction, data, end);
  Lane& lane = LaneAt(direction, index);
  if (!data.empty()) lane.Box(context_.arena).in.Append(std::move(data));
  if (end) lane.tail = TailStep::kEndArrived;
  Mark(direction, index);
}

void HttpChain::GiveTrailers(Direction direction, size_t index) {
  if (index == kMaxFilters) return LeaveWithTrailers(direction);
  LaneAt(direction, index).tail = TailStep::kTrailersArrived;
  Mark(direction, index);
}

void HttpChain::LeaveWithHead(Direction direction, bool end) {
  Advance(direction, FlowState::kLeaving);
  if (direction == Direction::kRequest) {
    if (end) Left(direction);
    return;
  }
  if (end) Advance(direction, FlowState::kDone);
  owner_.OnChainResponseHead(end);
}

void HttpChain::LeaveWithData(Direction direction, ByteChain& data, bool end) {
  if (direction == Direction::kRequest) {
    data.Clear();  // the terminal filter had it
    if (end) Left(direction);
    return;
  }
  if (response() != FlowState::kLeaving) return data.Clear();
  if (end) Advance(direction, FlowState::kDone);
  owner_.OnChainResponseData(data, end);
}

void HttpChain::LeaveWithTrailers(Direction direction) {
  if (direction == Direction::kRequest) return Left(direction);
  if (response() != FlowState::kLeaving) return;
  Advance(direction, FlowState::kDone);
  owner_.OnChainResponseTrailers();
}

void HttpChain::Left(Direction direction) {
  Advance(direction, FlowState::kDone);
  owner_.OnChainRequestDone();
}

// --- The short way of body bytes: through all lanes where nothing waits, without being stored.

void HttpChain::RunData(Direction direction, size_t index, ByteChain& data, bool end) {
  if (running_ || dirty_[At(direction)] != 0) {
    GiveData(direction, index, data, end);
    return Pump();
  }
  running_ = true;
  while (index != kMaxFilters) {
    Lane& lane = LaneAt(direction, index);
    if (!lane.Clear()) {
      GiveData(direction, index, data, end);
      break;
    }
    if (end) lane.tail = TailStep::kEndGiven;
    lane.state = LaneState::kCalling;
    const FilterStatus status = FilterData(direction, index, data, end);
    AfterCall(lane, status);
    if (Stopped(direction)) break;
    const bool through = lane.state == LaneState::kOpen && lane.NothingSeen() &&
                         lane.tail != TailStep::kTrailersGiven;
    if (!through || (dirty_[At(direction)] & (uint64_t{1} << index)) != 0) {
      if (!data.empty()) lane.Box(context_.arena).seen.Append(std::move(data));
      Mark(direction, index);
      break;
    }
    if (end) lane.tail = TailStep::kPassed;
    index = Next(direction, index);
  }
  if (index == kMaxFilters && !Stopped(direction)) LeaveWithData(direction, data, end);
  running_ = false;
  Pump();
}

// --- No way at all: bytes that nobody looks at go from socket to socket.

bool HttpChain::BodiesPass(Direction direction, size_t index) {
  if (running_ || life_ != Life::kLive || dirty_[At(direction)] != 0 || Stopped(direction)) {
    return false;
  }
  for (; index != kMaxFilters; index = Next(direction, index)) {
    if (!LaneAt(direction, index).Clear() || slots_[index]->filter().WantsBodies()) return false;
  }
  return true;
}

net::Connection* HttpChain::RequestSpliceTarget(uint64_t length) {
  if (count_ == 0 || !BodiesPass(Direction::kRequest, 0)) return nullptr;
  return slots_[count_ - 1]->filter().RequestSpliceTarget(length);
}

void HttpChain::RequestSpliced(uint64_t bytes) {
  request_bytes_ += bytes;
  if (count_ != 0 && !Stopped(Direction::kRequest)) {
    slots_[count_ - 1]->filter().OnRequestSpliced(bytes);
  }
}

net::Connection* HttpChain::ResponseSpliceTarget(size_t index, uint64_t length) {
  if (response() != FlowState::kLeaving) return nullptr;
  const size_t next = Next(Direction::kResponse, index);
  return BodiesPass(Direction::kResponse, next) ? owner_.ChainSpliceTarget(length) : nullptr;
}

// --- The long way: one lane at a time.

void HttpChain::Step(Direction direction, size_t index) {
  dirty_[At(direction)] &= ~(uint64_t{1} << index);
  Lane& lane = LaneAt(direction, index);
  if (lane.Held()) return CheckLimit(direction, lane);
  if (!GiveNext(direction, index, lane) || Stopped(direction)) return;
  if (lane.state == LaneState::kOpen) {
    Pass(direction, index, lane);
  } else {
    CheckLimit(direction, lane);
  }
  if (!lane.Held() && lane.HasMore() && !Stopped(direction)) Mark(direction, index);
}

// Gives the filter the next thing that waits for it, if there is one. False: nothing has begun.
bool HttpChain::GiveNext(Direction direction, size_t index, Lane& lane) {
  if (lane.head == HeadStep::kNone) return false;
  if (lane.head == HeadStep::kArrived) {
    CallHead(direction, index, lane);
  } else if (!lane.NothingIn() || lane.tail == TailStep::kEndArrived) {
    CallData(direction, index, lane);
  } else if (lane.tail == TailStep::kTrailersArrived) {
    CallTrailers(direction, index, lane);
  }
  return true;
}

void HttpChain::CallHead(Direction direction, size_t index, Lane& lane) {
  const bool end = lane.tail == TailStep::kEndArrived && lane.NothingIn();
  if (end) lane.tail = TailStep::kEndGiven;
  lane.head = HeadStep::kGiven;
  lane.state = LaneState::kCalling;
  HttpFilter& filter = slots_[index]->filter();
  AfterCall(lane, direction == Direction::kRequest
                      ? filter.OnRequestHead(context_.request_head, end)
                      : filter.OnResponseHead(context_.response_head, end));
}

void HttpChain::CallData(Direction direction, size_t index, Lane& lane) {
  // Taken out first: what comes while the filter runs waits its turn.
  ByteChain data;
  if (lane.boxes != nullptr) data = std::move(lane.boxes->in);
  const bool end = lane.tail == TailStep::kEndArrived;
  if (end) lane.tail = TailStep::kEndGiven;
  lane.state = LaneState::kCalling;
  const FilterStatus status = FilterData(direction, index, data, end);
  AfterCall(lane, status);
  if (!data.empty() && !Stopped(direction)) {
    lane.Box(context_.arena).seen.Append(std::move(data));
  }
}

FilterStatus HttpChain::FilterData(Direction direction, size_t index, ByteChain& data, bool end) {
  HttpFilter& filter = slots_[index]->filter();
  return direction == Direction::kRequest ? filter.OnRequestData(data, end)
                                          : filter.OnResponseData(data, end);
}

void HttpChain::CallTrailers(Direction direction, size_t index, Lane& lane) {
  lane.tail = TailStep::kTrailersGiven;
  lane.state = LaneState::kCalling;
  HttpFilter& filter = slots_[index]->filter();
  AfterCall(lane, direction == Direction::kRequest
                      ? filter.OnRequestTrailers(context_.request_trailers)
                      : filter.OnResponseTrailers(context_.response_trailers));
}

void HttpChain::AfterCall(Lane& lane, FilterStatus status) {
  if (lane.state == LaneState::kCallingReleased) {
    lane.state = LaneState::kOpen;
    return;
  }
  switch (status) {
    case FilterStatus::kContinue: lane.state = LaneState::kOpen; return;
    case FilterStatus::kStop: lane.state = LaneState::kStopped; return;
    case FilterStatus::kStopAllBuffer: lane.state = LaneState::kHeldBuffer; return;
    case FilterStatus::kStopAllWatermark: lane.state = LaneState::kHeldWatermark; return;
  }
}

// Everything that the filter has seen goes on.
void HttpChain::Pass(Direction direction, size_t index, Lane& lane) {
  const size_t next = Next(direction, index);
  if (lane.head == HeadStep::kGiven) {
    const bool end = lane.tail == TailStep::kEndGiven && lane.NothingSeen();
    lane.head = HeadStep::kPassed;
    if (end) lane.tail = TailStep::kPassed;
    GiveHead(direction, next, end);
  }
  if (Stopped(direction)) return;
  const bool end = lane.tail == TailStep::kEndGiven;
  if (end || !lane.NothingSeen()) {
    ByteChain data;
    if (lane.boxes != nullptr) data = std::move(lane.boxes->seen);
    if (end) lane.tail = TailStep::kPassed;
    GiveData(direction, next, data, end);
  }
  if (Stopped(direction) || lane.tail != TailStep::kTrailersGiven) return;
  lane.tail = TailStep::kPassed;
  GiveTrailers(direction, next);
}

void HttpChain::CheckLimit(Direction direction, Lane& lane) {
  if (lane.HeldBytes() <= buffer_limit_ || lane.state == LaneState::kHeldFull) return;
  if (lane.state == LaneState::kHeldWatermark) {
    lane.state = LaneState::kHeldFull;
    Full(direction, lane.index);
    return;
  }
  owner_.OnChainBodyTooLarge(direction);
  SendLocalReply(direction == Direction::kRequest ? kRequestTooLarge : kResponseTooLarge);
}

void HttpChain::RunInformational() {
  size_t index = std::exchange(informational_at_, kMaxFilters);
  while ((index = Next(Direction::kResponse, index)) != kMaxFilters) {
    HttpFilter& filter = slots_[index]->filter();
    if (filter.OnInformational(context_.informational_head) != FilterStatus::kContinue) return;
    if (Stopped(Direction::kResponse)) return;
  }
  owner_.OnChainInformational();
}

}  // namespace sluice::filter

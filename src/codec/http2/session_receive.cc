// What the peer sends: frames to messages.
#include <algorithm>
#include <utility>

#include "fault.h"
#include "session.h"
#include "sluice/codec/http2/details.h"

namespace sluice::http2 {

using http::MessageSink;
using http::ResetReason;
using ReadState = Stream::ReadState;
using SendState = Stream::SendState;
using Tail = Stream::Tail;

namespace {

bool EndsStream(const nghttp2_frame_hd& frame) {
  return (frame.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

// What a peer's RST_STREAM says about the request.
ResetReason ReasonOf(uint32_t code) {
  switch (code) {
    case NGHTTP2_REFUSED_STREAM: return ResetReason::kRemoteRefused;
    case NGHTTP2_CONNECT_ERROR: return ResetReason::kConnectError;
    case NGHTTP2_HTTP_1_1_REQUIRED: return ResetReason::kHttp11Required;
    default: return ResetReason::kRemoteReset;
  }
}

}  // namespace

bool Session::Flooded(std::string_view detail) {
  if (detail.empty()) return false;
  FailWith(detail, NGHTTP2_ENHANCE_YOUR_CALM);
  return true;
}

int Session::OnBeginFrame(const nghttp2_frame_hd& frame) {
  last_type_ = frame.type;
  if (frame.type == NGHTTP2_HEADERS) wire_head_ = 0;
  if (frame.type == NGHTTP2_HEADERS || frame.type == NGHTTP2_CONTINUATION) {
    wire_head_ += static_cast<uint32_t>(frame.length) + 9;
  }
  if (frame.type == NGHTTP2_DATA) return 0;  // its padding is not known yet
  if (CameTooLate(frame)) return NGHTTP2_ERR_CALLBACK_FAILURE;
  const bool flooded =
      Flooded(guard_.OnInboundFrame(frame.type, frame.length == 0, EndsStream(frame)));
  return flooded ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

// nghttp2 tolerates frames on streams that are closed; from a client that closed them itself they
// are a fault.
bool Session::CameTooLate(const nghttp2_frame_hd& frame) {
  if (!server() || (frame.type != NGHTTP2_DATA && frame.type != NGHTTP2_HEADERS)) return false;
  const ClosedStreams::Verdict verdict = closed_.Judge(frame.stream_id);
  if (verdict == ClosedStreams::Verdict::kFine) return false;
  if (nghttp2_session_find_stream(raw(), frame.stream_id) != nullptr) return false;
  const bool reopened =
      verdict == ClosedStreams::Verdict::kNeverOpened && frame.type == NGHTTP2_HEADERS;
  FailWith(details::kProtocolError, reopened ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_STREAM_CLOSED);
  return true;
}

// --- Header blocks.

int Session::OnBeginHeaders(const nghttp2_frame& frame) {
  reading_ = nullptr;
  if (frame.hd.type != NGHTTP2_HEADERS) return 0;
  const bool opens = server() && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
  if (opens) closed_.OnOpened(frame.hd.stream_id);
  Stream* const stream = opens ? OnNewRequest(frame.hd.stream_id) : Find(frame.hd.stream_id);
  if (stream == nullptr) {
    counters_.headers_cb_no_stream.Inc();
    return 0;
  }
  if (!stream->reads() || stream->tail != Tail::kOpen) return 0;
  reading_ = stream;
  if (stream->read == ReadState::kDropping) {
    dropped_ = std::make_unique<Dropped>();
    reader_.Begin(HeadReader::Kind::kTrailers, dropped_->map);
  } else if (stream->read == ReadState::kBody) {
    reader_.Begin(HeadReader::Kind::kTrailers, stream->sink->TrailerMap());
  } else {
    reader_.Begin(server() ? HeadReader::Kind::kRequest : HeadReader::Kind::kResponse,
                  stream->sink->HeadMap());
  }
  return 0;
}

void Session::OnField(std::string_view name, std::string_view value, bool secret) {
  if (reading_ != nullptr) reader_.Add(name, value, secret);
}

void Session::OnHeadersEnd(const nghttp2_frame& frame) {
  Stream* const stream = std::exchange(reading_, nullptr);
  if (stream == nullptr) return;
  stream->counts.wire_in += wire_head_;
  stream->counts.header_in += wire_head_;
  const bool end = EndsStream(frame.hd);
  const Fault fault = reader_.Finish(end, stream->facts);
  if (fault == Fault::kEmptyName) {
    counters_.inbound_empty_header_flood.Inc();
    counters_.rx_messaging_error.Inc();
    return FailWith(details::kEmptyHeaderFlood, NGHTTP2_PROTOCOL_ERROR);
  }
  if (stream->read == ReadState::kHead) return OnHeadRead(*stream, end, fault);
  counters_.trailers.Inc();
  if (fault != Fault::kNone) return Refuse(*stream, fault);
  const bool some = stream->active() && stream->sink->TrailerMap().size() != 0;
  OnTail(*stream, some ? Tail::kTrailers : Tail::kEnd);
}

void Session::HeadRead(Stream& stream, bool end) {
  constexpr uint32_t kAtOnce = 16;  // more of them would leave the data cache
  stream.read = ReadState::kBody;
  stream.ends_with_head = end;
  if (end) stream.tail = Tail::kEnd;
  heads_.PushBack(stream);
  if (++heads_waiting_ >= kAtOnce) DeliverHeads();
}

// All heads of one read are decoded before the first is looked at by anybody: reading them and
// serving them are each about as much code as the first level of the instruction cache holds, so
// that in turns they would fetch all of it anew for each request. What is reset meanwhile has cost
// nothing but its decoding.
void Session::DeliverHeads() {
  while (Stream* const stream = heads_.PopFront()) DeliverHead(*stream);
  heads_waiting_ = 0;
}

void Session::DeliverHead(Stream& stream) {
  const bool end = stream.ends_with_head;
  if (end) stream.read = ReadState::kDone;
  Tell(stream, [end](MessageSink& sink) { sink.OnHead(end); });
  if (!end) Deliver(stream);
}

void Session::Refuse(Stream& stream, Fault fault) {
  const std::string_view detail = DetailOf(fault);
  if (IsLimit(fault)) {
    counters_.header_overflow.Inc();
    return Abort(stream, NGHTTP2_ENHANCE_YOUR_CALM, ResetReason::kProtocolError, detail);
  }
  if (fault == Fault::kUnderscore) {
    return Abort(stream, NGHTTP2_PROTOCOL_ERROR, ResetReason::kProtocolError, detail);
  }
  counters_.rx_messaging_error.Inc();
  if (!options_.stream_error_on_invalid_http_message) {
    return FailWith(detail, NGHTTP2_PROTOCOL_ERROR);
  }
  Abort(stream, NGHTTP2_PROTOCOL_ERROR, ResetReason::kProtocolError, detail);
}

// --- Bodies.

int Session::OnBodyBytes(int32_t id, const uint8_t* bytes, size_t size) {
  Stream* const stream = Find(id);
  if (stream == nullptr || !stream->reads()) return 0;  // nobody wants it any more
  const bool dropping = stream->read == ReadState::kDropping;
  if (stream->read != ReadState::kBody && !dropping) return 0;
  stream->counts.wire_in += size;
  stream->body_received += size;
  const auto& length = stream->facts.content_length;
  if (length && stream->body_received > *length) {
    Refuse(*stream, Fault::kMessaging);
    return failure_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
  }
  if (dropping) return 0;
  // A counted piece of what was read; the session's user owns the bytes, so they may be written to.
  auto* const at = const_cast<char*>(reinterpret_cast<const char*>(bytes));
  stream->in.Append(Slice(current_->slab(), at, size));
  stream->unconsumed += size;
  window_.OnReceived(size);
  partial_ = stream;
  return 0;
}

void Session::OnDataEnd(const nghttp2_frame& frame) {
  partial_ = nullptr;
  const bool end = EndsStream(frame.hd);
  if (Flooded(guard_.OnInboundPayload(frame.hd.length == frame.data.padlen, end))) return;
  Replenish();
  Stream* const stream = Find(frame.hd.stream_id);
  if (stream == nullptr || !stream->reads()) return;
  if (stream->read == ReadState::kHead) return Refuse(*stream, Fault::kMessaging);
  if (stream->read != ReadState::kBody && stream->read != ReadState::kDropping) return;
  stream->counts.wire_in += 9 + frame.data.padlen;
  if (end) return OnTail(*stream, Tail::kEnd);
  Deliver(*stream);
}

// RFC 9113 section 8.1.1: a body that is not as long as its content-length is malformed.
void Session::OnTail(Stream& stream, Tail tail) {
  const auto& length = stream.facts.content_length;
  if (length && stream.body_received != *length) return Refuse(stream, Fault::kMessaging);
  stream.tail = tail;
  Deliver(stream);
}

void Session::Deliver(Stream& stream) {
  if (stream.head_waits() || !stream.active() || stream.read != ReadState::kBody || stream.paused())
    return;
  const bool end = stream.tail == Tail::kEnd;
  if (end) stream.read = ReadState::kDone;
  if (end || !stream.in.empty()) {
    ByteChain data = std::move(stream.in);
    Tell(stream, [&](MessageSink& sink) { sink.OnData(data, end); });
  }
  if (stream.tail != Tail::kTrailers || !stream.active() || stream.paused()) return;
  if (stream.read != ReadState::kBody) return;
  stream.read = ReadState::kDone;
  Tell(stream, [](MessageSink& sink) { sink.OnTrailers(); });
}

void Session::DeliverPartial() {
  if (Stream* const stream = std::exchange(partial_, nullptr)) Deliver(*stream);
}

void Session::DeliverHeld() {
  while (Stream* const stream = held_.PopFront()) Deliver(*stream);
}

void Session::ResumeStream(Stream& stream) {
  const bool holds = !stream.in.empty() || stream.tail != Tail::kOpen;
  if (!stream.active() || stream.read != ReadState::kBody || !holds || failure_) return;
  if (!stream.ListNode<HeldListTag>::linked()) held_.PushBack(stream);
  if (busy_ != Busy::kReading) host_.OnInputWanted();
}

// --- Windows.

void Session::ConsumedBy(Stream& stream, size_t bytes) {
  bytes = std::min<size_t>(bytes, stream.unconsumed);
  if (bytes == 0) return;
  stream.unconsumed -= bytes;
  window_.OnConsumed(bytes);
  if (failure_) return;
  if (stream.wire == Stream::Wire::kAttached && stream.tail == Tail::kOpen) {
    nghttp2_session_consume_stream(raw(), stream.stream_id, bytes);
  }
  Replenish();
  if (busy_ == Busy::kNo && nghttp2_session_want_write(raw()) != 0) Announce();
}

void Session::Replenish() {
  const uint32_t credit = window_.Credit(nghttp2_session_get_local_window_size(raw()));
  if (credit == 0) return;
  nghttp2_submit_window_update(raw(), NGHTTP2_FLAG_NONE, 0, static_cast<int32_t>(credit));
  Announce();
}

// --- Frames.

int Session::OnFrame(const nghttp2_frame& frame) {
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS: OnHeadersEnd(frame); break;
    case NGHTTP2_DATA: OnDataEnd(frame); break;
    case NGHTTP2_RST_STREAM: OnReset(frame); break;
    case NGHTTP2_PING: OnPing(frame); break;
    case NGHTTP2_GOAWAY: OnGoawayFrame(frame); break;
    case NGHTTP2_SETTINGS:
      if ((frame.hd.flags & NGHTTP2_FLAG_ACK) == 0) OnSettings();
      break;
    default: break;
  }
  return failure_ ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

void Session::OnReset(const nghttp2_frame& frame) {
  counters_.rx_reset.Inc();
  resets_seen_ = true;
  if (Stream* const stream = Find(frame.hd.stream_id)) stream->remote_reset = true;
}

// A fault for which nghttp2 resets the stream, once it may write: what the stream holds goes now,
// as a peer that reads nothing could keep it.
void Session::OnInvalidFrame(const nghttp2_frame& frame) {
  Stream* const stream = Find(frame.hd.stream_id);
  if (stream == nullptr || !stream->active()) return;
  Abort(*stream, NGHTTP2_NO_ERROR, ResetReason::kProtocolError, details::kProtocolError);
}

void Session::OnPing(const nghttp2_frame& frame) {
  if ((frame.hd.flags & NGHTTP2_FLAG_ACK) == 0) return;
  switch (frame.ping.opaque_data[0]) {
    case 'd':
      if (drain_ == Drain::kWarned) SendFinalGoaway();
      break;
    case 'r': StopPeer(frame.ping.opaque_data); break;
    default: host_.OnPong();
  }
}

void Session::OnGoawayFrame(const nghttp2_frame& frame) {
  goaway_received_ = true;
  OnGoaway(static_cast<uint32_t>(frame.goaway.last_stream_id));
}

void Session::OnStreamClosed(int32_t id, uint32_t code) {
  if (server()) closed_.OnClosed(id);
  Stream* const found = Find(id);
  if (found == nullptr) return;
  Stream& stream = *found;
  stream.wire = Stream::Wire::kGone;
  // A response is told of before its end, however that came: it may be whole.
  if (!server() && stream.head_waits()) {
    stream.ListNode<HeadListTag>::Unlink();
    DeliverHead(stream);
  }
  if (!stream.active()) return Bury(stream);
  // A server need not read the rest of a request that it has answered (RFC 9113 section 8.1).
  const bool answered = !server() && code == NGHTTP2_NO_ERROR && stream.tail != Tail::kOpen;
  if (answered || (code == NGHTTP2_NO_ERROR && !stream.remote_reset)) {
    stream.send = SendState::kDone;
    if (stream.tail == Tail::kOpen) stream.read = ReadState::kClosed;
    return FinishIfDone(stream);
  }
  if (stream.remote_reset) {
    const ResetReason reason = ReasonOf(code);
    return Abort(
        stream, NGHTTP2_NO_ERROR, reason,
        reason == ResetReason::kRemoteRefused ? details::kRemoteRefuse : details::kRemoteReset);
  }
  // Behind the last stream of a GOAWAY, or a fault of the peer's that nghttp2 has found.
  const bool unprocessed = goaway_received_ && code == NGHTTP2_REFUSED_STREAM;
  Abort(stream, NGHTTP2_NO_ERROR,
        unprocessed ? ResetReason::kRemoteRefused : ResetReason::kProtocolError,
        unprocessed ? details::kRemoteRefuse : details::kProtocolError);
}

}  // namespace sluice::http2

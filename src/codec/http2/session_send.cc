// What we send: messages to frames.
#include <algorithm>
#include <utility>

#include "callbacks.h"
#include "head_fields.h"
#include "session.h"
#include "sluice/codec/http2/details.h"
#include "sluice/http/number.h"
#include "sluice/http/status.h"

namespace sluice::http2 {

using http::HeaderId;
using http::HeaderMap;
using http::MessageSink;
using http::ResetReason;
using ReadState = Stream::ReadState;
using SendState = Stream::SendState;

namespace {

constexpr size_t kTurnBytes = 256 * 1024;  // of bodies, before the socket is asked to take them

// Envoy's choice for what it gives up itself; a client that loses interest says so.
uint32_t CodeOf(ResetReason reason, bool server) {
  switch (reason) {
    case ResetReason::kLocalRefused: return NGHTTP2_REFUSED_STREAM;
    case ResetReason::kProtocolError: return NGHTTP2_PROTOCOL_ERROR;
    case ResetReason::kConnectError: return NGHTTP2_CONNECT_ERROR;
    case ResetReason::kHttp11Required: return NGHTTP2_HTTP_1_1_REQUIRED;
    case ResetReason::kOverflow:
    case ResetReason::kOverload: return NGHTTP2_ENHANCE_YOUR_CALM;
    default: return server ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_CANCEL;
  }
}

bool IsControl(uint8_t type) {
  return type == NGHTTP2_PING || type == NGHTTP2_SETTINGS || type == NGHTTP2_RST_STREAM;
}

}  // namespace

// --- What streams ask for.

void Session::SendInformational(Stream& stream, const HeaderMap& head) {
  const uint32_t status = http::ParseStatus(head.Get(HeaderId::kStatus).value_or(""));
  if (!server() || !stream.active() || stream.send != SendState::kHead) return;
  if (status / 100 != 1 || status == 101) return;
  HeadRules rules;
  rules.length = HeadRules::Length::kDrop;
  const Fields fields = ResponseFields(head, rules);
  nghttp2_submit_headers(raw(), NGHTTP2_FLAG_NONE, stream.stream_id, nullptr, fields.data(),
                         fields.size(), nullptr);
  Announce();
}

void Session::Promise(Stream& stream, const HeaderMap& head) {
  const auto text = head.Get(HeaderId::kContentLength);
  const auto length = text ? http::ParseDecimal(*text) : std::nullopt;
  stream.length_promised = length.has_value();
  stream.body_to_send = length.value_or(0);
}

nghttp2_data_provider Session::Provider(Stream& stream) {
  nghttp2_data_provider provider{};
  provider.source.ptr = &stream;
  provider.read_callback = &ReadBody;
  return provider;
}

void Session::Submitted(Stream& stream, bool end) {
  stream.send = end ? SendState::kEnding : SendState::kBody;
  Announce();
}

void Session::QueueBody(Stream& stream, ByteChain& data, bool end) {
  if (!stream.active() || stream.send != SendState::kBody || failure_) return data.Clear();
  const size_t size = data.size();
  if (stream.length_promised) {
    const bool kept = size <= stream.body_to_send && (!end || size == stream.body_to_send);
    if (!kept) {
      data.Clear();
      return ResetStream(stream, ResetReason::kLocalReset);
    }
    stream.body_to_send -= size;
  }
  if (size == 0 && !end) return;
  pending_ += size;
  counters_.pending_send_bytes.Add(size);
  stream.out.Append(std::move(data));
  if (end) stream.send = SendState::kEnding;
  nghttp2_session_resume_data(raw(), stream.stream_id);
  Announce();
  TellPressure(stream);
}

// They follow the body, which may have to wait: kept until it is written.
void Session::QueueTrailers(Stream& stream, const HeaderMap& map) {
  if (!stream.active() || stream.send != SendState::kBody || failure_) return;
  if (stream.length_promised && stream.body_to_send != 0) {
    return ResetStream(stream, ResetReason::kLocalReset);
  }
  auto kept = std::make_unique<Stream::Trailers>();
  for (const nghttp2_nv& field : TrailerFields(map)) {
    kept->text.append(reinterpret_cast<const char*>(field.name), field.namelen);
    kept->text.append(reinterpret_cast<const char*>(field.value), field.valuelen);
    kept->fields.push_back(
        {static_cast<uint32_t>(field.namelen), static_cast<uint32_t>(field.valuelen), field.flags});
  }
  if (!kept->fields.empty()) stream.trailers = std::move(kept);
  stream.send = SendState::kEnding;
  nghttp2_session_resume_data(raw(), stream.stream_id);
  Announce();
}

void Session::ResetStream(Stream& stream, ResetReason reason) {
  if (!stream.active()) return;
  if (stream.wire == Stream::Wire::kAttached && !failure_) {
    const bool answered = server() && stream.send == SendState::kDone;
    const uint32_t code = answered ? uint32_t{NGHTTP2_NO_ERROR} : CodeOf(reason, server());
    nghttp2_submit_rst_stream(raw(), NGHTTP2_FLAG_NONE, stream.stream_id, code);
    Announce();
  }
  stream.read = ReadState::kClosed;
  stream.send = SendState::kDone;
  FinishIfDone(stream);
}

void Session::TellPressure(Stream& stream) {
  // With much waiting on other streams, each may keep less.
  const size_t own = options_.stream_output_limit;
  const size_t limit = pending_ >= 16 * own ? own / 8 : own;
  const size_t waiting = stream.out.size();
  if (!stream.high && waiting != 0 && (waiting >= limit || output_high_)) {
    stream.high = true;
    Tell(stream, [](MessageSink& sink) { sink.OnOutputHigh(); });
  } else if (stream.high && waiting <= limit / 2 && !output_high_) {
    stream.high = false;
    Tell(stream, [](MessageSink& sink) { sink.OnOutputLow(); });
  }
}

// --- What nghttp2 asks for, from inside Write.

void Session::OnBytes(const uint8_t* bytes, size_t size) {
  host_.Output().Append({reinterpret_cast<const char*>(bytes), size});
  guard_.NoteBytes(size);
}

ssize_t Session::OnBodyWanted(Stream& stream, size_t room, uint32_t* flags) {
  if (!stream.active()) return NGHTTP2_ERR_DEFERRED;
  if (output_high_ || turn_bytes_ >= kTurnBytes) {
    more_ = !output_high_;
    return NGHTTP2_ERR_PAUSE;
  }
  const size_t size = std::min(room, stream.out.size());
  if (size == 0 && stream.send == SendState::kBody) return NGHTTP2_ERR_DEFERRED;
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (size == stream.out.size() && stream.send == SendState::kEnding) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream.trailers != nullptr) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      SubmitTrailers(stream);
    }
  }
  return static_cast<ssize_t>(size);
}

void Session::SubmitTrailers(Stream& stream) {
  const auto trailers = std::move(stream.trailers);
  std::vector<nghttp2_nv> fields;
  auto* at = reinterpret_cast<uint8_t*>(trailers->text.data());
  for (const Stream::Trailers::Field& field : trailers->fields) {
    fields.push_back({at, at + field.name_size, field.name_size, field.value_size, field.flags});
    at += field.name_size + field.value_size;
  }
  nghttp2_submit_trailer(raw(), stream.stream_id, fields.data(), fields.size());
}

void Session::OnBodyFrame(Stream& stream, const uint8_t* head, size_t size) {
  ByteChain& out = host_.Output();
  out.Append({reinterpret_cast<const char*>(head), 9});
  stream.out.MoveTo(out, size);
  guard_.NoteBytes(9 + size);
  guard_.NoteDataSent();
  pending_ -= size;
  counters_.pending_send_bytes.Sub(size);
  turn_bytes_ += 9 + size;
  if (stream.high) TellPressure(stream);
}

void Session::OnFrameSent(const nghttp2_frame& frame) {
  const uint8_t type = frame.hd.type;
  guard_.NoteFrame(IsControl(type));
  if (type == NGHTTP2_GOAWAY) {
    counters_.goaway_sent.Inc();
    if (frame.goaway.error_code == NGHTTP2_NO_ERROR) {
      if (drain_ == Drain::kWarned) OnWarned();
      return;
    }
    bad_peer_ = true;
    if (resets_seen_ && frame.goaway.error_code == NGHTTP2_INTERNAL_ERROR) {
      counters_.inbound_reset_flood.Inc();
      goodbye_ = details::kResetFlood;
    }
    return;
  }
  if (type == NGHTTP2_RST_STREAM) {
    counters_.tx_reset.Inc();
    if (server()) closed_.OnReset(frame.hd.stream_id);
    if (frame.rst_stream.error_code == NGHTTP2_REFUSED_STREAM) {
      counters_.stream_refused_errors.Inc();
    }
    return;
  }
  if (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA) return;
  Stream* const stream = Find(frame.hd.stream_id);
  if (stream == nullptr) return;
  stream->counts.wire_out += 9 + frame.hd.length;
  if (type == NGHTTP2_HEADERS) stream->counts.header_out += 9 + frame.hd.length;
  if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0 || !stream->active()) return;
  stream->send = SendState::kDone;
  OnSent(*stream);
  FinishIfDone(*stream);
}

// A request that came too late for this connection: the peer said GOAWAY, or ids have run out.
void Session::OnFrameNotSent(const nghttp2_frame& frame) {
  if (frame.hd.type != NGHTTP2_HEADERS || frame.headers.cat != NGHTTP2_HCAT_REQUEST) return;
  if (Find(frame.hd.stream_id) != nullptr) return;  // opened: its close is told
  Stream* found = nullptr;
  streams_.ForEach([&](Stream& stream) {
    if (stream.stream_id == frame.hd.stream_id) found = &stream;
  });
  if (found == nullptr) return;
  found->wire = Stream::Wire::kGone;
  if (!found->active()) return Bury(*found);
  Abort(*found, NGHTTP2_NO_ERROR, ResetReason::kRemoteRefused, details::kRemoteRefuse);
}

}  // namespace sluice::http2

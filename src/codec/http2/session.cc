// The session's life: input, output, streams, and how it ends.
#include "session.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "callbacks.h"
#include "fault.h"
#include "sluice/base/check.h"
#include "sluice/codec/http2/details.h"

namespace sluice::http2 {

using http::MessageSink;
using http::ResetReason;

namespace {

// Streams that are over before their time keep what was begun for them, as a connection to a
// backend, until the turn ends. So many of them end it.
constexpr uint32_t kGivenUpPerTurn = 64;

// Streams that are over, for the next ones: their chains keep no memory.
class StreamPool {
 public:
  static StreamPool& ForThread() {
    static thread_local StreamPool pool;
    return pool;
  }
  std::unique_ptr<Stream> Take() {
    if (free_.empty()) return std::make_unique<Stream>();
    std::unique_ptr<Stream> stream = std::move(free_.back());
    free_.pop_back();
    return stream;
  }
  void Give(std::unique_ptr<Stream> stream) {
    if (free_.size() == kMaxFree) return;
    // Made anew in place: no field of the last exchange survives.
    Stream* const memory = stream.release();
    std::destroy_at(memory);
    free_.emplace_back(std::construct_at(memory));
  }

 private:
  static constexpr size_t kMaxFree = 256;
  std::vector<std::unique_ptr<Stream>> free_;
};

}  // namespace

Session::Session(Side side, http::CodecHost& host, const CommonOptions& options,
                 UnderscoreAction underscores, Counters& counters)
    : host_(host),
      options_(options),
      counters_(counters),
      reader_(options, underscores, counters),
      guard_(options, counters),
      window_(options.initial_connection_window_size, counters),
      side_(side) {
  const auto made = SessionOptions(options);
  auto* const open = server() ? &nghttp2_session_server_new3 : &nghttp2_session_client_new3;
  const int failed = nghttp2_.Make([&](nghttp2_session** session, nghttp2_mem* memory) {
    return open(session, SessionCallbacks(), this, made.get(), memory);
  });
  SLUICE_CHECK(failed == 0);
  if (!server()) TakePreface();
  SubmitSettings();
}

Session::~Session() {
  const auto free_all = [this](Stream& stream) {
    counters_.streams_active.Sub(stream.active() ? 1 : 0);
    std::unique_ptr<Stream> owned(&stream);
    DropBody(stream);
  };
  streams_.ForEach(free_all);
  dead_.ForEach(free_all);
}

// nghttp2 has it in the buffer for frames, which is not this session's alone.
void Session::TakePreface() {
  const uint8_t* preface = nullptr;
  const ssize_t size = nghttp2_session_mem_send(raw(), &preface);
  SLUICE_CHECK(size == NGHTTP2_CLIENT_MAGIC_LEN);
  preface_due_ = true;
}

void Session::SubmitSettings() {
  std::vector<nghttp2_settings_entry> settings;
  if (server()) {
    settings.push_back({NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options_.max_concurrent_streams});
  } else {
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_PUSH, 0});
  }
  settings.push_back(
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, StreamWindow(options_.initial_stream_window_size)});
  if (options_.hpack_table_size != NGHTTP2_DEFAULT_HEADER_TABLE_SIZE) {
    settings.push_back({NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, options_.hpack_table_size});
  }
  if (server() && options_.allow_connect) {
    settings.push_back({NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1});
  }
  for (const Setting& custom : options_.custom_settings) {
    settings.push_back({custom.id, custom.value});
  }
  nghttp2_submit_settings(raw(), NGHTTP2_FLAG_NONE, settings.data(), settings.size());
}

// --- Input.

Result<> Session::Feed(ByteChain& in) {
  if (busy_ == Busy::kReading) return {};  // re-entered: the outer call goes on
  if (!failure_) {
    busy_ = Busy::kReading;
    DeliverHeld();
    given_up_ = 0;
    resets_seen_ = false;
    while (!in.empty() && !failure_ && (given_up_ < kGivenUpPerTurn || !server())) {
      const Slice slice = in.slice(0);
      in.Drain(FeedSlice(slice));
    }
    if (!failure_) {
      DeliverPartial();
      DeliverHeld();
    }
    busy_ = Busy::kNo;
    AfterFeed();
  }
  ClearGraves();
  if (!failure_) {
    if (!in.empty()) host_.OnInputWanted();  // another turn
    return {};
  }
  in.Clear();
  if (std::exchange(failure_told_, true)) return {};
  return std::unexpected(*failure_);
}

// Takes all of a slice of body bytes, or else a piece, lest a slice full of heads and resets is one
// turn. Returns the size taken.
size_t Session::FeedSlice(const Slice& slice) {
  constexpr size_t kPiece = 4096;
  const bool body = last_type_ == NGHTTP2_DATA;
  const size_t size = body ? slice.size() : std::min(slice.size(), kPiece);
  current_ = &slice;
  const auto* bytes = reinterpret_cast<const uint8_t*>(slice.data());
  for (size_t left = size; left != 0 && !failure_;) {
    const size_t now = server() ? walker_.Walk(bytes, left) : left;
    const ssize_t taken = nghttp2_session_mem_recv(raw(), bytes, now);
    if (taken < 0 && !failure_) FailFeeding(static_cast<int>(taken));
    if (server() && walker_.at_data() && !failure_) CameTooLate(walker_.frame());
    bytes += now;
    left -= now;
  }
  DeliverHeads();
  current_ = nullptr;
  return size;
}

void Session::FailFeeding(int error) {
  switch (error) {
    case NGHTTP2_ERR_FLOODED:
      counters_.outbound_control_flood.Inc();
      return FailWith(details::kOutboundControlFlood, NGHTTP2_ENHANCE_YOUR_CALM);
#if defined(SLUICE_HAVE_NGHTTP2_MAX_CONTINUATIONS)
    case NGHTTP2_ERR_TOO_MANY_CONTINUATIONS:
      counters_.inbound_continuation_flood.Inc();
      return FailWith(details::kContinuationFlood, NGHTTP2_ENHANCE_YOUR_CALM);
#endif
    default: return FailWith(details::kProtocolError, NGHTTP2_PROTOCOL_ERROR);
  }
}

// When nghttp2 wants nothing more it has found a fault and queued a GOAWAY, or all is said.
void Session::AfterFeed() {
  if (failure_) return;
  if (nghttp2_session_want_read(raw()) == 0) Write();
  if (failure_) return;
  if (active_ == 0) window_.OnIdle(nghttp2_session_get_local_window_size(raw()));
  if (nghttp2_session_want_write(raw()) != 0) host_.OutputReady();
}

Result<> Session::FeedEnd() {
  AbortAll(ResetReason::kConnectionTermination, {}, server() ? Which::kAll : Which::kIncomplete);
  return {};
}

// --- Output.

void Session::Announce() {
  if (busy_ == Busy::kNo && !failure_) host_.OutputReady();
}

bool Session::Write() {
  if (failure_ || busy_ != Busy::kNo) return false;
  busy_ = Busy::kWriting;
  more_ = false;
  turn_bytes_ = 0;
  if (std::exchange(preface_due_, false)) {
    OnBytes(reinterpret_cast<const uint8_t*>(NGHTTP2_CLIENT_MAGIC), NGHTTP2_CLIENT_MAGIC_LEN);
  }
  const int result = nghttp2_session_send(raw());
  busy_ = Busy::kNo;
  const std::string_view flood = guard_.OnOutput(host_.Output().size());
  if (bad_peer_) {
    FailWith(goodbye_, NGHTTP2_PROTOCOL_ERROR);
  } else if (result != 0) {
    FailWith(details::kProtocolError, NGHTTP2_INTERNAL_ERROR);
  } else if (!flood.empty()) {
    FailWith(flood, NGHTTP2_ENHANCE_YOUR_CALM);
  }
  ClearGraves();
  if (failure_) host_.OnInputWanted();  // for Dispatch to tell
  return more_ && !failure_;
}

void Session::SetOutputHigh() { output_high_ = true; }

void Session::SetOutputLow() {
  output_high_ = false;
  Announce();
}

void Session::Ping() {
  static constexpr std::array<uint8_t, 8> kMark = {'a', 'l', 'i', 'v', 'e', '?', 0, 0};
  nghttp2_submit_ping(raw(), NGHTTP2_FLAG_NONE, kMark.data());
  Announce();
}

// RFC 9113 section 8.1: the peer may be asked to stop once it has the whole response. Asked before
// it knows of that, many a client throws the response away, and what it had sent meanwhile could
// not be judged: so a PING goes behind the response, and RST_STREAM follows the answer.
void Session::DropRest(Stream& stream) {
  stream.read = Stream::ReadState::kDropping;
  const auto id = static_cast<uint32_t>(stream.stream_id);
  std::array<uint8_t, 8> mark = {'r', 'e', 's', 't'};
  for (size_t i = 0; i < 4; ++i) mark[4 + i] = static_cast<uint8_t>(id >> (24 - 8 * i));
  nghttp2_submit_ping(raw(), NGHTTP2_FLAG_NONE, mark.data());
}

void Session::StopPeer(const uint8_t* mark) {
  uint32_t id = 0;
  for (size_t i = 4; i < 8; ++i) id = id << 8 | mark[i];
  Stream* const stream = Find(static_cast<int32_t>(id & 0x7fffffff));
  if (stream == nullptr || stream->read != Stream::ReadState::kDropping) return;
  stream->read = Stream::ReadState::kClosed;
  nghttp2_submit_rst_stream(raw(), NGHTTP2_FLAG_NONE, stream->stream_id, NGHTTP2_NO_ERROR);
}

// --- The end.

// The warning and a PING; whoever has answered that has seen the warning (RFC 9113 section 6.8).
void Session::BeginDrain() {
  if (failure_ || drain_ == Drain::kTold) return;
  if (drain_ == Drain::kWarned || !server()) return SendFinalGoaway();
  drain_ = Drain::kWarned;
  nghttp2_submit_shutdown_notice(raw());
  Announce();
}

// nghttp2 sends PINGs first, so that this one may be submitted only now.
void Session::OnWarned() {
  static constexpr std::array<uint8_t, 8> kMark = {'d', 'r', 'a', 'i', 'n', 0, 0, 0};
  nghttp2_submit_ping(raw(), NGHTTP2_FLAG_NONE, kMark.data());
}

void Session::SendFinalGoaway() {
  drain_ = Drain::kTold;
  const int32_t last = server() ? nghttp2_session_get_last_proc_stream_id(raw()) : 0;
  nghttp2_submit_goaway(raw(), NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
  Announce();
}

// nghttp2 is not asked any more. A response that came whole before the fault is still one; a
// request is not worth beginning.
void Session::FailWith(std::string_view detail, uint32_t code) {
  if (failure_) return;
  if (!server()) DeliverHeads();
  if (failure_) return;  // by those who were told
  failure_ = ErrorOf(detail, peer());
  if (!bad_peer_) WriteGoaway(code);
  Lose(ResetReason::kProtocolError, detail);
}

// RFC 9113 section 6.8, by hand.
void Session::WriteGoaway(uint32_t code) {
  std::array<char, 17> frame = {0, 0, 8, NGHTTP2_GOAWAY};
  const auto put = [&](size_t at, uint32_t value) {
    for (size_t i = 0; i < 4; ++i) frame[at + i] = static_cast<char>(value >> (24 - 8 * i));
  };
  put(9, server() ? static_cast<uint32_t>(nghttp2_session_get_last_proc_stream_id(raw())) : 0);
  put(13, code);
  host_.Output().Append({frame.data(), frame.size()});
  guard_.NoteBytes(frame.size());
  counters_.goaway_sent.Inc();
  host_.OutputReady();
}

void Session::Lose(ResetReason reason, std::string_view detail) {
  if (!failure_) {
    failure_ = ErrorOf(detail, peer());
    failure_told_ = true;
  }
  AbortAll(reason, detail, Which::kAll);
}

// One stream's end may be another's: the list may change in any way meanwhile.
void Session::AbortAll(ResetReason reason, std::string_view detail, Which which) {
  IntrusiveList<Stream, StreamListTag> todo;
  todo.Splice(streams_);
  while (Stream* stream = todo.PopFront()) {
    streams_.PushBack(*stream);
    if (which == Which::kIncomplete && stream->tail != Stream::Tail::kOpen) continue;
    Abort(*stream, NGHTTP2_NO_ERROR, reason, detail);
  }
}

// --- Streams.

Stream& Session::AddStream(MessageSink* sink) {
  Stream* const stream = StreamPool::ForThread().Take().release();  // owned by the lists from here
  stream->session = this;
  stream->sink = sink;
  streams_.PushBack(*stream);
  ++active_;
  counters_.streams_active.Inc();
  return *stream;
}

void Session::Attach(Stream& stream, int32_t id) {
  stream.stream_id = id;
  stream.wire = Stream::Wire::kAttached;
  guard_.NoteStream();
}

Stream* Session::Find(int32_t id) {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(raw(), id));
}

void Session::FinishIfDone(Stream& stream) {
  if (stream.telling != 0 || !stream.active() || stream.send != Stream::SendState::kDone) return;
  if (stream.read == Stream::ReadState::kHead || stream.read == Stream::ReadState::kBody) return;
  Finish(stream);
}

void Session::Finish(Stream& stream) {
  if (reading_ == &stream) reading_ = nullptr;
  if (partial_ == &stream) partial_ = nullptr;
  stream.ListNode<HeldListTag>::Unlink();
  stream.ListNode<HeadListTag>::Unlink();
  DropBody(stream);
  --active_;
  counters_.streams_active.Dec();
  std::exchange(stream.sink, nullptr)->OnStreamDone();
  if (stream.wire != Stream::Wire::kAttached) Bury(stream);
  if (!failure_) Replenish();
}

void Session::DropUnsent(Stream& stream) {
  pending_ -= stream.out.size();
  counters_.pending_send_bytes.Sub(stream.out.size());
  stream.out.Clear();
}

void Session::DropBody(Stream& stream) {
  DropUnsent(stream);
  stream.in.Clear();
  stream.trailers.reset();
  window_.OnConsumed(std::exchange(stream.unconsumed, 0));
}

// The stream is over without an end, on our side or the peer's.
void Session::Abort(Stream& stream, uint32_t code, ResetReason reason, std::string_view detail) {
  if (!stream.reads()) return;
  ++given_up_;
  if (code != NGHTTP2_NO_ERROR && stream.wire == Stream::Wire::kAttached && !failure_) {
    nghttp2_submit_rst_stream(raw(), NGHTTP2_FLAG_NONE, stream.stream_id, code);
    Announce();
  }
  stream.read = Stream::ReadState::kClosed;
  stream.send = Stream::SendState::kDone;
  if (!stream.active()) return;
  Tell(stream, [&](MessageSink& sink) { sink.OnReset(reason, detail); });
}

void Session::Bury(Stream& stream) {
  stream.ListNode<StreamListTag>::Unlink();
  dead_.PushBack(stream);
}

void Session::ClearGraves() {
  if (busy_ != Busy::kNo) return;
  dead_.ForEach([](Stream& stream) {
    if (stream.telling != 0) return;
    stream.ListNode<StreamListTag>::Unlink();
    StreamPool::ForThread().Give(std::unique_ptr<Stream>(&stream));
  });
}

}  // namespace sluice::http2

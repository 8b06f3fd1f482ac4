// What both HTTP/2 codecs share: an nghttp2 session, its streams, and the way of frames between
// them and the host.
//
// nghttp2 keeps framing, HPACK, stream states and windows; the rules of messages are HeadReader's,
// the limits FloodGuard's. Input is shown to nghttp2 slice by slice, and bodies are cut out of it
// by reference. Output is made only by Write, at most once a turn unless there is much. Hard rule:
// nghttp2 is never entered while one of its callbacks is on the stack; calls that only submit are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include <nghttp2/nghttp2.h>

#include "closed_streams.h"
#include "flood_guard.h"
#include "frame_walker.h"
#include "head_reader.h"
#include "memory.h"
#include "receive_window.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/codec/http2/details.h"
#include "sluice/http/codec.h"
#include "stream.h"

namespace sluice::http2 {

class Session {
 public:
  enum class Side : uint8_t { kServer, kClient };

  Session(Side side, http::CodecHost& host, const CommonOptions& options,
          UnderscoreAction underscores, Counters& counters);
  virtual ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // For streams.
  nghttp2_session* raw() const { return nghttp2_.get(); }
  bool server() const { return side_ == Side::kServer; }
  // Something has been submitted.
  void Announce();
  virtual void SendHead(Stream& stream, const http::HeaderMap& head, bool end) = 0;
  void SendInformational(Stream& stream, const http::HeaderMap& head);
  void QueueBody(Stream& stream, ByteChain& data, bool end);
  void QueueTrailers(Stream& stream, const http::HeaderMap& trailers);
  void ResetStream(Stream& stream, http::ResetReason reason);
  void ResumeStream(Stream& stream);
  void ConsumedBy(Stream& stream, size_t bytes);

  // nghttp2's callbacks.
  int OnBeginFrame(const nghttp2_frame_hd& frame);
  int OnBeginHeaders(const nghttp2_frame& frame);
  void OnField(std::string_view name, std::string_view value, bool secret);
  int OnBodyBytes(int32_t id, const uint8_t* bytes, size_t size);
  int OnFrame(const nghttp2_frame& frame);
  void OnInvalidFrame(const nghttp2_frame& frame);
  void OnFrameSent(const nghttp2_frame& frame);
  void OnFrameNotSent(const nghttp2_frame& frame);
  void OnStreamClosed(int32_t id, uint32_t code);
  ssize_t OnBodyWanted(Stream& stream, size_t room, uint32_t* flags);
  void OnBodyFrame(Stream& stream, const uint8_t* head, size_t size);
  void OnBytes(const uint8_t* bytes, size_t size);

 protected:
  enum class Drain : uint8_t { kNo, kWarned, kTold };

  // The codec's own part. Opens what a request's header block begins (server).
  virtual Stream* OnNewRequest(int32_t id) = 0;
  virtual void OnHeadRead(Stream& stream, bool end, Fault fault) = 0;
  virtual void OnGoaway(uint32_t last_id) = 0;
  virtual void OnSettings() {}
  // Our message is complete, the peer's may not be.
  virtual void OnSent(Stream& stream) = 0;

  Result<> Feed(ByteChain& in);
  Result<> FeedEnd();
  bool Write();
  void Lose(http::ResetReason reason, std::string_view detail);
  void Ping();
  // The rest of the peer's message is nobody's, as soon as it knows that.
  void DropRest(Stream& stream);
  void PutAway() { nghttp2_.PutAway(); }
  void SetOutputHigh();
  void SetOutputLow();
  void BeginDrain();

  Stream& AddStream(http::MessageSink* sink);  // a server's gets it a moment later
  void Attach(Stream& stream, int32_t id);
  // What our message says of its length, so that we notice when it breaks its word.
  void Promise(Stream& stream, const http::HeaderMap& head);
  nghttp2_data_provider Provider(Stream& stream);
  void Submitted(Stream& stream, bool end);
  // The head is complete and may be told of. Not at once: see DeliverHeads.
  void HeadRead(Stream& stream, bool end);
  void DropUnsent(Stream& stream);
  // The message broke a rule: costs the stream or the connection.
  void Refuse(Stream& stream, Fault fault);
  void Abort(Stream& stream, uint32_t code, http::ResetReason reason, std::string_view detail);
  void FinishIfDone(Stream& stream);
  void Finish(Stream& stream);
  template <typename Call>
  void Tell(Stream& stream, Call&& call) {
    ++stream.telling;
    call(*stream.sink);
    --stream.telling;
    FinishIfDone(stream);
  }
  void FailWith(std::string_view detail, uint32_t code);
  Origin peer() const { return server() ? Origin::kDownstream : Origin::kUpstream; }

  http::CodecHost& host_;
  const CommonOptions& options_;
  Counters& counters_;
  HeadReader reader_;
  Drain drain_ = Drain::kNo;
  size_t active_ = 0;
  bool goaway_received_ = false;
  std::optional<Error> failure_;
  bool failure_told_ = false;
  IntrusiveList<Stream, StreamListTag> streams_;

 private:
  // What nghttp2 is doing for us.
  enum class Busy : uint8_t { kNo, kReading, kWriting };

  enum class Which : uint8_t { kAll, kIncomplete };

  // Trailers of a message whose user has gone.
  struct Dropped {
    Arena arena;
    http::HeaderMap map{arena};
  };

  void TakePreface();
  void SubmitSettings();
  void AbortAll(http::ResetReason reason, std::string_view detail, Which which);
  size_t FeedSlice(const Slice& slice);
  void FailFeeding(int error);
  void DeliverHeads();
  void DeliverHead(Stream& stream);
  void DeliverHeld();
  void DeliverPartial();
  void Deliver(Stream& stream);
  void AfterFeed();
  Stream* Find(int32_t id);

  void OnHeadersEnd(const nghttp2_frame& frame);
  void OnDataEnd(const nghttp2_frame& frame);
  void OnTail(Stream& stream, Stream::Tail tail);
  void OnReset(const nghttp2_frame& frame);
  void OnPing(const nghttp2_frame& frame);
  void StopPeer(const uint8_t* mark);
  void OnGoawayFrame(const nghttp2_frame& frame);
  void SubmitTrailers(Stream& stream);
  void Replenish();
  void WriteGoaway(uint32_t code);
  void OnWarned();
  void SendFinalGoaway();
  void TellPressure(Stream& stream);
  bool Flooded(std::string_view detail);
  bool CameTooLate(const nghttp2_frame_hd& frame);
  void DropBody(Stream& stream);
  void Bury(Stream& stream);
  void ClearGraves();

  SessionHolder nghttp2_;
  FloodGuard guard_;
  ClosedStreams closed_;
  FrameWalker walker_;
  ReceiveWindow window_;
  const Slice* current_ = nullptr;           // what is shown to nghttp2
  Stream* partial_ = nullptr;                // has part of a DATA frame that has not been delivered
  Stream* reading_ = nullptr;                // whose header block is being read
  IntrusiveList<Stream, HeldListTag> held_;  // may be read again, with something to deliver
  IntrusiveList<Stream, HeadListTag> heads_;
  IntrusiveList<Stream, StreamListTag> dead_;
  std::unique_ptr<Dropped> dropped_;
  size_t pending_ = 0;      // body bytes of all streams that wait to be sent
  size_t turn_bytes_ = 0;   // written by this Write
  uint32_t wire_head_ = 0;  // bytes of the header block being read
  uint32_t heads_waiting_ = 0;
  uint32_t given_up_ = 0;                 // streams that were over before their time in this Feed
  uint8_t last_type_ = NGHTTP2_SETTINGS;  // of the frame that began last; not DATA before the first
  Side side_;
  Busy busy_ = Busy::kNo;
  bool preface_due_ = false;
  bool more_ = false;  // the last Write stopped because it had written much
  bool output_high_ = false;
  bool resets_seen_ = false;                            // in this Feed
  bool bad_peer_ = false;                               // nghttp2 has said goodbye with an error
  std::string_view goodbye_ = details::kProtocolError;  // and why
};

}  // namespace sluice::http2

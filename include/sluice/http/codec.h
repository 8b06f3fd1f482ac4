// The one interface between bytes and messages, for HTTP/1, HTTP/2 and whatever comes.
//
// A codec turns input bytes into calls on a MessageSink, and calls on a CodecStream into output
// bytes. It knows no socket and no timer. Codec, streams and sinks live on one worker; a
// CodecStream is the codec's and is valid until OnStreamDone has been called for it. Hard rule:
// codecs are re-entrant: any call here may be made from inside any callback, destroying nothing
// that is in use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "sluice/base/error.h"
#include "sluice/buffer/byte_chain.h"
#include "sluice/http/header_map.h"

namespace sluice::net {
class Connection;
}

namespace sluice::http {

enum class Version : uint8_t { kHttp10, kHttp11, kHttp2 };
std::string_view VersionName(Version version);  // "HTTP/1.1", "HTTP/2"

enum class ResetReason : uint8_t {
  kLocalReset,    // we gave it up
  kLocalRefused,  // we refused it before processing (REFUSED_STREAM)
  kRemoteReset,
  kRemoteRefused,          // the peer says it did not process it
  kConnectionTermination,  // the connection went away under the stream
  kConnectionFailure,      // it never came to be
  kConnectionTimeout,
  kProtocolError,
  kOverflow,
  kOverload,
  kConnectError,  // CONNECT_ERROR of a tunnel
  kHttp11Required,
};
std::string_view ResetReasonName(ResetReason reason);  // Envoy's words, "connection termination"

// The length of what ends with the connection; the same number as net::Connection::kUntilEnd.
inline constexpr uint64_t kUntilEnd = UINT64_MAX;

// Receives one message, decoded. Calls come in the order
//   [Informational]* Head Data* [Trailers], with `end` on the last one,
// and stop at once after OnReset or OnDecodeError.
class MessageSink {
 public:
  virtual ~MessageSink() = default;

  // Where the codec puts the next head's fields, and the slabs its views need. Called before OnHead
  // (and before each OnInformational and OnTrailers, with another map).
  virtual HeaderMap& HeadMap() = 0;
  virtual HeaderMap& TrailerMap() = 0;
  virtual void Pin(Slice bytes) = 0;

  virtual void OnInformational(HeaderMap& /*head*/) {}  // client side: 1xx other than 101
  virtual void OnHead(bool end) = 0;
  virtual void OnData(ByteChain& data, bool end) = 0;  // takes what it likes; the rest is dropped
  virtual void OnTrailers() = 0;
  // The stream is over without an end. No further calls but OnStreamDone.
  virtual void OnReset(ResetReason reason, std::string_view detail) = 0;
  // The message broke the protocol or a limit, but an answer can still be sent on this stream
  // (server side, h1); the connection ends after it. Default: the same as a reset.
  virtual void OnDecodeError(const Error& error) {
    OnReset(ResetReason::kProtocolError, error.detail);
  }
  // Where the rest of a body, `length` bytes or kUntilEnd, may go from socket to socket, unseen by
  // everybody in between; null: it is wanted by OnData. What went that way is told by OnSpliced;
  // the end still comes by OnData. Asked by the connection between two calls of Dispatch, never
  // from inside it.
  virtual net::Connection* SpliceTarget(uint64_t /*length*/) { return nullptr; }
  virtual void OnSpliced(uint64_t /*bytes*/) {}
  // Back-pressure of this stream's own output.
  virtual void OnOutputHigh() {}
  virtual void OnOutputLow() {}
  // Both directions are complete or reset; the CodecStream is gone after this call returns.
  virtual void OnStreamDone() {}
};

struct StreamBytes {
  uint64_t wire_in = 0;
  uint64_t wire_out = 0;
  uint64_t header_in = 0;
  uint64_t header_out = 0;
};

// One exchange: the sending half of a message, and control over the receiving half. Head fields are
// written out before SendHead returns, so the map may change afterwards.
class CodecStream {
 public:
  virtual ~CodecStream() = default;

  virtual void SendInformational(const HeaderMap& head) = 0;
  // The codec writes framing fields itself: content-length is kept if present and right for the
  // version, else chunked / DATA frames; hop-by-hop fields in the map are the caller's mistake.
  // `end`: no body and no trailers follow. For a response to HEAD say end = true.
  virtual void SendHead(const HeaderMap& head, bool end) = 0;
  virtual void SendData(ByteChain& data, bool end) = 0;  // takes all of it
  virtual void SendTrailers(const HeaderMap& trailers) = 0;
  virtual void Reset(ResetReason reason) = 0;

  // After a 101, a 2xx to CONNECT, or extended CONNECT: from here on Data is raw bytes both ways
  // and each direction ends by itself. Call right after the deciding head was received or sent.
  virtual void BecomeTunnel() = 0;

  virtual void PauseReading() = 0;  // counted
  virtual void ResumeReading() = 0;
  // Bytes that were delivered by OnData have left the proxy: gives the peer its window back.
  virtual void Consumed(size_t bytes) = 0;

  virtual uint32_t id() const = 0;  // h2 stream id; a running number on h1
  virtual Version version() const = 0;
  virtual size_t buffered_output() const = 0;
  virtual const StreamBytes& bytes() const = 0;
  // The h1 response to this request must say close (also: the request's version cannot persist).
  virtual void CloseConnectionAfter() = 0;
  // The rest of a body when it is all that is next on the wire and nothing of it is held here, or
  // kUntilEnd: it may be moved past the codec, which counts it as received/sent when told.
  virtual uint64_t SpliceableInput() const { return 0; }
  virtual void SplicedInput(uint64_t /*bytes*/) {}
  virtual bool SpliceableOutput(uint64_t /*length*/) const { return false; }
  virtual void SplicedOutput(uint64_t /*bytes*/) {}
};

// What a codec asks of the connection it serves.
class CodecHost {
 public:
  virtual ~CodecHost() = default;
  virtual ByteChain& Output() = 0;
  // Output has grown, or WriteOutput has something to add to it; the host calls WriteOutput and
  // flushes before it goes back to the loop.
  virtual void OutputReady() = 0;
  virtual void OnGoaway(uint32_t /*last_id*/) {}
  // Input that Dispatch left in its chain (paused, pipelined, output full), or that the codec holds
  // itself (h2: of a stream that was paused), can be taken now: dispatch the chain, at once or
  // soon, even when it is empty. Never called from inside Dispatch.
  virtual void OnInputWanted() {}
  // Nothing follows what Output() holds: end our side of the socket after it. How one direction of
  // a tunnel ends on h1, where there is no frame to say so.
  virtual void OnOutputEnd() {}
  // The answer to SendPing.
  virtual void OnPong() {}
};

class ServerCodecHost : public CodecHost {
 public:
  // A request begins: its head is complete (h1) or being read (h2, which may bring OnReset instead
  // of a head), or so broken that OnDecodeError comes next.
  virtual MessageSink& OnNewStream(CodecStream& stream) = 0;
};

class Codec {
 public:
  virtual ~Codec() = default;
  virtual Version version() const = 0;
  // Feeds bytes; takes what it can use now (h1 stops at a pipelined request, or while paused). An
  // error is fatal to the connection: streams have been told; flush what Output() holds, then
  // close.
  virtual Result<> Dispatch(ByteChain& in) = 0;
  // The peer ended its side of the connection.
  virtual Result<> DispatchEnd() = 0;
  // The connection is gone: resets every open stream with this reason.
  virtual void ConnectionLost(ResetReason reason, std::string_view detail) = 0;
  // Puts the frames that are due into Output(): a bounded amount, and of bodies nothing while the
  // socket's output is high. True when there is more: flush, and call again. An error is as fatal
  // as one of Dispatch, which reports it later. h1 writes at once and has nothing to do here.
  virtual bool WriteOutput() { return false; }
  // Asks the peer for a sign of life (h2: PING); CodecHost::OnPong says that it came.
  virtual void SendPing() {}
  // Nothing has come or gone for a while: keeps no memory that it can do without until something
  // does.
  virtual void OnQuiet() {}
  // Back-pressure of the connection's socket, passed on to the streams.
  virtual void OnOutputHigh() = 0;
  virtual void OnOutputLow() = 0;
  // Starts to end the connection: h1 says close on the next response, h2 sends GOAWAY. Twice on h2:
  // first the warning (2^31-1), then the final one, which the codec sends by itself as soon as it
  // knows that the peer has seen the warning.
  virtual void StartDrain() = 0;
  virtual bool draining() const = 0;
  virtual size_t active_streams() const = 0;
  // Part of a request head has arrived: request_headers_timeout runs.
  virtual bool mid_head() const = 0;
  // What Dispatch left in its chain is the beginning of something (a head, a chunk's line, a
  // trailer block) that only more bytes can complete: the host must go on reading.
  virtual bool wants_more() const { return mid_head(); }
};

class ServerCodec : public Codec {
 public:
  // No stream is active and the connection may (not) take another request.
  virtual bool may_persist() const = 0;
  // The peer has said that it sends nothing more, and all of it has been read: the connection can
  // be closed without a RST catching up with the last response.
  virtual bool peer_is_done() const { return false; }
  // Closing the idle connection now loses no request: the peer knows that it ends (h2: it has
  // answered the warning), or cannot be told (h1).
  virtual bool may_close() const { return true; }
  // Between two requests, with nothing of the connection in it (h1): it may serve another one.
  virtual bool as_new() const { return false; }
  virtual void Serve(ServerCodecHost& /*host*/) {}
};

class ClientCodec : public Codec {
 public:
  // Starts an exchange; `sink` receives the response. h1: only while idle.
  virtual CodecStream& NewStream(MessageSink& sink) = 0;
  virtual uint32_t max_concurrent_streams()
      const = 0;  // min(our config, the peer's SETTINGS); 1 on h1
  // After the last stream ended: both sides were clean, so another request may follow.
  virtual bool reusable() const = 0;
};

}  // namespace sluice::http

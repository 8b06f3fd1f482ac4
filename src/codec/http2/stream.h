// One exchange on a session: what waits to be sent, what came and waits to be delivered, and the
// states of both directions.
//
// Owned by its Session, which keeps it until both the sink has been told that it is over and
// nghttp2 has let go of it. Hard rule: the sink is never told that the stream is done while a call
// to it is on the stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "head_reader.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/http/codec.h"

namespace sluice::http2 {

class Session;
struct StreamListTag {};
struct HeldListTag {};
struct HeadListTag {};

// Its own part is forwarding; the rest is plain state of the session's.
class Stream final : public http::CodecStream,
                     public ListNode<StreamListTag>,
                     public ListNode<HeldListTag>,
                     public ListNode<HeadListTag> {
 public:
  // kEnding: the end is queued behind the body. kDone: the frame with END_STREAM has left.
  enum class SendState : uint8_t { kHead, kBody, kEnding, kDone };
  // kDone: the end has been delivered. kClosed: nothing is delivered any more. kDropping: neither,
  // but what comes still has to keep the rules.
  enum class ReadState : uint8_t { kHead, kBody, kDone, kClosed, kDropping };
  // How the peer's message ended while its last part waits to be delivered.
  enum class Tail : uint8_t { kOpen, kEnd, kTrailers };
  // kUnknown to nghttp2 still; kGone: it has closed the stream.
  enum class Wire : uint8_t { kNone, kAttached, kGone };

  // http::CodecStream
  void SendInformational(const http::HeaderMap& head) override;
  void SendHead(const http::HeaderMap& head, bool end) override;
  void SendData(ByteChain& data, bool end) override;
  void SendTrailers(const http::HeaderMap& trailers) override;
  void Reset(http::ResetReason reason) override;
  void BecomeTunnel() override { tunnel = true; }
  void PauseReading() override { ++pauses; }
  void ResumeReading() override;
  void Consumed(size_t bytes) override;
  uint32_t id() const override { return static_cast<uint32_t>(stream_id); }
  http::Version version() const override { return http::Version::kHttp2; }
  size_t buffered_output() const override { return out.size(); }
  const http::StreamBytes& bytes() const override { return counts; }
  void CloseConnectionAfter() override {}  // streams end by themselves here

  // All below is the session's.
  struct Trailers {
    std::string text;
    struct Field {
      uint32_t name_size = 0;
      uint32_t value_size = 0;
      uint8_t flags = 0;
    };
    std::vector<Field> fields;
  };

  bool active() const { return sink != nullptr; }
  // The peer's message is still looked at, by its user or only by us.
  bool reads() const { return active() || read == ReadState::kDropping; }
  bool paused() const { return pauses != 0; }
  // Its head has been read and its user has not been told yet.
  bool head_waits() const { return ListNode<HeadListTag>::linked(); }

  Session* session = nullptr;
  http::MessageSink* sink = nullptr;
  ByteChain out;
  ByteChain in;
  std::unique_ptr<Trailers> trailers;
  std::string upgrade_name;  // client: the protocol it asked for
  http::StreamBytes counts;
  uint64_t body_received = 0;
  uint64_t body_to_send = 0;  // what content-length promised and has not been handed over
  uint64_t unconsumed = 0;
  HeadFacts facts;  // of the message that is read; its method: of the request
  int32_t stream_id = 0;
  uint32_t pauses = 0;
  uint32_t interim = 0;
  uint16_t telling = 0;
  SendState send = SendState::kHead;
  ReadState read = ReadState::kHead;
  Tail tail = Tail::kOpen;
  Wire wire = Wire::kNone;
  bool tunnel = false;
  bool upgrade = false;  // the user sees h1's form of an extended CONNECT
  bool length_promised = false;
  bool remote_reset = false;
  bool high = false;
  bool ends_with_head = false;
};

}  // namespace sluice::http2

// One HTTP exchange on the client's side: from the request's head to the access log.
//
// Receives the request from the codec, runs it through the filter chain, and sends what comes back.
// Made in memory of the manager's worker; ends in HttpConnection::Run, when no filter is on the
// stack. One worker. The arena and everything in it goes with the stream.
#pragma once

#include <optional>
#include <string_view>

#include "client_address.h"
#include "http_connection.h"
#include "replies.h"
#include "request_head.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/buffer/arena.h"
#include "sluice/filter/http_chain.h"
#include "sluice/http/codec.h"
#include "sluice/stream/stream_info.h"
#include "used_routes.h"

namespace sluice::downstream {

struct StreamListTag {};
struct LateListTag {};

class HttpStream final : public http::MessageSink,
                         public ListNode<StreamListTag>,
                         public ListNode<LateListTag>,
                         private filter::HttpChainOwner {
 public:
  HttpStream(HttpConnection& connection, http::CodecStream& codec_stream);
  ~HttpStream() override;

  // kHead: waiting for it. kRunning: the chain has it. kTunnel: the same, as bytes both ways.
  // kAnswered: the whole response has been sent. kOver: the codec is done with it.
  enum class Phase : uint8_t { kHead, kRunning, kTunnel, kAnswered, kOver };
  static bool MayFollow(Phase from, Phase to);

  // MessageSink
  http::HeaderMap& HeadMap() override { return request_head_; }
  http::HeaderMap& TrailerMap() override { return request_trailers_; }
  void Pin(Slice bytes) override;
  void OnHead(bool end) override;
  void OnData(ByteChain& data, bool end) override;
  void OnTrailers() override;
  void OnReset(http::ResetReason reason, std::string_view detail) override;
  void OnDecodeError(const Error& error) override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnStreamDone() override;

  // The rest of the request's body may go straight on / has done so.
  void SpliceRequest();
  void RequestSpliced(uint64_t bytes);

  // For the connection.
  bool over() const { return phase_ == Phase::kOver; }
  bool tunnel() const { return phase_ == Phase::kTunnel; }
  // Both directions are the filters' and the peers', head or not.
  bool flowing() const { return phase_ == Phase::kRunning || phase_ == Phase::kTunnel; }
  MonoTime NextDeadline() const;
  void OnTime(MonoTime now);
  // Work that had to wait until no filter was on the stack.
  void RunLate();
  // Counts, logs, and lets the filters go. Then it may be destroyed.
  void Finish();
  void GiveUp(std::string_view details);  // resets it
  MonoTime start() const { return info_.start; }

 private:
  // filter::HttpChainOwner
  void OnChainInformational() override;
  void OnChainResponseHead(bool end) override;
  void OnChainResponseData(ByteChain& data, bool end) override;
  void OnChainResponseTrailers() override;
  net::Connection* ChainSpliceTarget(uint64_t length) override;
  void OnChainResponseSpliced(uint64_t bytes) override;
  void OnChainRequestDone() override;
  void OnChainReset(http::ResetReason reason, std::string_view details) override;
  void MakeLocalReply(const filter::LocalReply& reply, ByteChain& body) override;
  void OnChainBodyTooLarge(filter::Direction direction) override;
  void OnChainRequestHigh() override;
  void OnChainRequestLow() override;
  void OnChainRecreate() override;
  const route::RouteEntry* ChainRoute() override;
  void ChainClearRoute() override;
  const void* ChainRouteConfig(uint32_t config_index) override;
  void ChainPin(Slice slice) override { Pin(std::move(slice)); }
  void ChainBecomeTunnel() override;

  void Enter(Phase to);
  EventLoop& loop() { return connection_.loop(); }
  ManagerStats& stats() { return connection_.stats(); }
  const ManagerOptions& options() const { return connection_.options(); }

  // The request.
  bool Overloaded();
  void AnswerExpect(bool end);
  std::optional<Refusal> CheckHead();
  void RunChain(bool end);
  uint32_t FindUpgradeChain(bool& refused);
  void BuildChain(uint32_t chain);
  void SetRouteTimeouts();
  void TellGrpcTimeout(Duration timeout);
  void RequestEnded();
  void GiveCredit(size_t bytes);
  void Refuse(const Refusal& refusal);
  void Reply(ReplyKind kind, std::optional<uint32_t> status = std::nullopt,
             std::string_view location = {});
  void Touch();
  void OnHeadTime(MonoTime now);
  void CheckFlush(MonoTime now);

  // The trace (http_stream_trace.cc).
  void StartTrace(const TraceOptions& trace);
  void NameSpan(const TraceOptions& trace, bool egress);
  void TraceResponse();
  void FinishTrace(const TraceOptions& trace);
  bool Egress(const TraceOptions& trace) const;
  const route::TextFormat* OperationOf(const TraceOptions& trace) const;

  // The response.
  void PrepareHead(uint32_t status);
  void ResponseEnded();
  Duration FlushTimeout() const;
  void StartTunnel();
  void WriteGrpcReply(const filter::LocalReply& reply, const LocalReplyText& text);
  void SetDetails(std::string_view details);
  void Log(log::EntryType type);

  enum class RouteState : uint8_t { kUnknown, kKnown };
  enum class TunnelWish : uint8_t { kNone, kWanted };
  enum class Late : uint8_t { kNothing, kRecreate };
  enum class Pressure : uint8_t { kLow, kHigh };
  static constexpr size_t kInlinePins = 4;

  HttpConnection& connection_;
  http::CodecStream* codec_stream_;  // null once the codec is done
  RoutesPin routes_;                 // goes after all that is of the table
  Arena arena_;
  http::HeaderMap request_head_{arena_};
  http::HeaderMap request_trailers_{arena_};
  http::HeaderMap informational_head_{arena_};
  http::HeaderMap response_head_{arena_};
  http::HeaderMap response_trailers_{arena_};
  stream::StreamInfo info_;
  filter::HttpChain chain_;
  ClientAddress client_;
  Slice pins_[kInlinePins];
  ByteChain more_pins_;  // the rest
  size_t pin_count_ = 0;
  const route::RouteEntry* route_ = nullptr;
  uint64_t random_ = 0;  // 0: not drawn yet
  std::string_view local_reply_body_;
  std::string_view decorated_;  // the name of the span that the other side is to be told
  UpgradeKind upgrade_ = UpgradeKind::kNone;
  Duration idle_timeout_{};
  MonoTime idle_at_ = MonoTime::max();
  MonoTime request_at_ = MonoTime::max();   // request_timeout
  MonoTime duration_at_ = MonoTime::max();  // max_stream_duration
  MonoTime log_at_ = MonoTime::max();       // the next periodic entry
  MonoTime head_at_ = MonoTime::max();      // h2: request_headers_timeout
  size_t unsent_ = 0;                       // h2: when the response was complete, or later
  size_t credit_held_ = 0;                  // bytes to say Consumed of when reading goes on
  uint32_t read_pauses_ = 0;
  Phase phase_ = Phase::kHead;
  RouteState route_state_ = RouteState::kUnknown;
  TunnelWish tunnel_wish_ = TunnelWish::kNone;
  Late late_ = Late::kNothing;
  Pressure pressure_ = Pressure::kLow;
  bool request_complete_ = false;
  bool head_request_ = false;
};

}  // namespace sluice::downstream

// One client connection that speaks HTTP: bytes to requests, responses to bytes, and when it ends.
//
// The terminal network filter of its connection; one worker. All that streams and codec ask for is
// done once per turn, in Run: take more input, bury streams that are over, flush, close. Hard rule:
// the socket is closed and streams are destroyed only from there, from a timer, or by the host.
#pragma once

#include <memory>

#include "manager_worker.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/codec/http2/keepalive.h"
#include "sluice/event/loop.h"
#include "sluice/filter/network_filter.h"
#include "sluice/http/codec.h"
#include "sluice/stream/stream_info.h"

namespace sluice::downstream {

class HttpStream;
struct ReplyRow;
struct StreamListTag;
struct LateListTag;

class HttpConnection final : public filter::NetworkFilter,
                             private http::ServerCodecHost,
                             private RunItem {
 public:
  explicit HttpConnection(ManagerWorker& manager);
  ~HttpConnection() override;

  // NetworkFilter
  filter::NetworkStatus OnNewConnection() override;
  filter::NetworkStatus OnData(ByteChain& data, bool end) override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnSpliced(uint64_t bytes, bool done) override;
  void OnQuiet() override;
  void OnClosed(const net::CloseInfo& info) override;
  void OnDrain(bool hard) override;
  void OnRetire() override;

  // For its streams.
  ManagerWorker& manager() { return manager_; }
  const ManagerOptions& options() const { return manager_.options(); }
  ManagerStats& stats() { return manager_.stats(); }
  EventLoop& loop() { return manager_.worker().loop; }
  net::Connection& socket() { return host().connection(); }
  bool BytesMayBypass() { return host().bytes_may_bypass(); }
  const stream::ConnectionInfo& info() { return host().connection_info(); }
  // Something is to be done when nothing of a stream is on the stack; for one stream, or in all.
  void Later(HttpStream& stream);
  void Later() { loop().RunLater(*this); }
  bool http2() const { return version_ == http::Version::kHttp2; }
  // A request's head, as the client sent it.
  void NoteUserAgent(const http::HeaderMap& head);
  // A stream that its client gave up.
  void NoteClientReset(HttpStream& stream);
  // A response is with the codec as a whole: how long the client may take nothing of it.
  void ResponseComplete(Duration flush_timeout);
  // A response is about to begin: whether the connection must end after it.
  bool CloseAfterThisResponse();
  // A response broke off; what the client has of it must not look whole.
  void BreakOff(bool reset);
  // The timer fires at this time or before.
  void EnsureTimer(MonoTime at) {
    if (at < timer_.deadline()) timer_.Arm(at - loop().Now());
  }

 private:
  // kDraining: takes no more requests than have begun. kClosing: nothing is read any more.
  enum class State : uint8_t { kNew, kOpen, kDraining, kClosing, kClosed };
  static bool MayFollow(State from, State to);
  // kPaused: the codec left something and the socket is not read. kWanted: it wants that now.
  enum class Input : uint8_t { kFlowing, kPaused, kWanted };
  // kLeftRequest: it went away while a request was in flight.
  enum class Peer : uint8_t { kOpen, kEnded, kHandled, kLeftRequest };
  enum class OutputEnd : uint8_t { kNo, kWanted, kSaid };
  // kFlood: at once, whatever is going on.
  enum class Break : uint8_t { kNo, kByReset, kFlood };
  enum class ConnectionAge : uint8_t { kYoung, kOld };
  // Which HTTP version it is: by configuration, by ALPN, or by the first bytes.
  enum class Choice : uint8_t { kOpen, kMade };
  enum class Agent : uint8_t { kUnasked, kAsked };

  // ServerCodecHost
  ByteChain& Output() override { return socket().output(); }
  void OutputReady() override { Later(); }
  void OnInputWanted() override;
  void OnOutputEnd() override;
  void OnPong() override;
  http::MessageSink& OnNewStream(http::CodecStream& codec_stream) override;
  // RunItem
  void Run() override;

  void Enter(State to);
  bool Reading() const { return state_ == State::kOpen || state_ == State::kDraining; }
  http::ServerCodec& codec() {
    if (codec_ == nullptr) codec_ = manager_.TakeCodec(*this);
    return *codec_;
  }
  void LeaveCodec();
  bool Idle() const;
  bool InTunnel();
  void Speak(http::Version version);
  bool ChooseVersion(const ByteChain& data, bool end);
  void Dispatch(ByteChain& data);
  void DispatchFailed(const Error& error);
  void AfterDispatch(const ByteChain& data);
  void OnPeerEnd();
  void BuryStreams();
  void Flush();
  void CountBytes();

  void StartDrain();
  void MaybeClose();
  void CloseOrderly();
  void CountClosed(bool remote);

  void OnTimer();
  void CheckAge(MonoTime now);
  void CheckIdle(MonoTime now);
  void CheckKeepalive(MonoTime now);
  void CheckFlush(MonoTime now);
  void OnHeadTimeout();
  void WriteRawReply(uint32_t status, std::string_view body);
  void LogRawReply(const ReplyRow& row);
  Duration FlushTimeout() const;
  MonoTime HeadDeadline() const;
  MonoTime NextDeadline();

  ManagerWorker& manager_;
  std::unique_ptr<http::ServerCodec> codec_;  // null: HTTP/1 between two requests, see codec()
  IntrusiveList<HttpStream, StreamListTag> streams_;
  IntrusiveList<HttpStream, LateListTag> late_;  // of those: with something to be done
  http2::Keepalive keepalive_;
  Timer timer_;
  MonoTime opened_{};
  MonoTime idle_since_{};      // the last stream ended, or the connection began
  MonoTime head_since_{};      // part of a head has been waiting since; zero: none
  MonoTime drain_until_{};     // zero: no end has been set
  MonoTime flush_since_{};     // output has made no progress since; zero: there was none
  Duration flush_timeout_{};   // HTTP/1: of the last complete response
  uint64_t flushed_ = 0;       // bytes written then
  uint64_t counted_read_ = 0;  // of the socket's bytes, in stats already
  uint64_t counted_written_ = 0;
  uint32_t requests_ = 0;
  uint32_t ended_ = 0;      // streams
  uint32_t premature_ = 0;  // of those: given up by the client as soon as begun
  http::Version version_ = http::Version::kHttp11;
  UserAgentStats* user_agent_ = nullptr;  // null: neither, or not asked
  Choice choice_ = Choice::kOpen;
  Agent agent_ = Agent::kUnasked;
  State state_ = State::kNew;
  Input input_ = Input::kFlowing;
  Peer peer_ = Peer::kOpen;
  OutputEnd output_end_ = OutputEnd::kNo;
  Break breaks_ = Break::kNo;
  ConnectionAge duration_ = ConnectionAge::kYoung;
};

}  // namespace sluice::downstream

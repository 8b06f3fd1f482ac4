// One try of a request at one host: waits for a connection, sends, and passes the response on to
// the router. Lives in the stream's arena until the stream ends; what it holds it lets go when it
// is over. Nothing comes from it after Drop.
#pragma once

#include <cstdint>
#include <optional>

#include "sluice/event/loop.h"
#include "sluice/http/codec.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/http_pool.h"

namespace sluice::tracing {
class Span;
}

namespace sluice::filters::router {

class RouterFilter;

// Limits of one attempt, counted from when the whole request has come and a connection was there.
struct AttemptLimits {
  Duration per_try{};       // zero: none
  Duration idle{};          // zero: none
  Duration max_duration{};  // zero: none
};

enum class AttemptLimit : uint8_t { kPerTry, kIdle, kMaxDuration };

class Attempt final : private upstream::StreamEvents, private http::MessageSink {
 public:
  Attempt(RouterFilter& router, upstream::Host& host) : router_(router), host_(host) {}
  ~Attempt() override = default;

  // kWaiting: for a connection. kSending: there is one. kResponding: the response's head is there.
  enum class State : uint8_t { kNew, kWaiting, kSending, kResponding, kOver };

  void Start(const upstream::StreamWish& wish, const upstream::LbContext& context);
  // Gives it up; an exchange that is under way is reset.
  void Drop(http::ResetReason reason = http::ResetReason::kLocalReset);
  // Its response is of no use. Where the exchange is complete the connection can take another one.
  void Discard(bool complete);
  // The request has been given to the connection as a whole.
  void StartLimits(const AttemptLimits& limits);
  void StopPerTry();

  State state() const { return state_; }
  bool sending() const { return state_ == State::kSending || state_ == State::kResponding; }
  bool over() const { return state_ == State::kOver; }
  upstream::Host& host() const { return *host_; }
  // While sending only.
  upstream::UpstreamStream& stream() { return *ticket_.stream(); }
  http::CodecStream& codec() { return ticket_.stream()->codec(); }
  // The response is held back while the client does not keep up.
  void Pause();
  void Resume();
  // What of the request has been given to the connection.
  bool head_sent = false;
  bool body_sent = false;  // some of it
  // Its own; null: there is none, or it is the stream's.
  tracing::Span* span = nullptr;

 private:
  // upstream::StreamEvents
  http::MessageSink& ResponseSink() override { return *this; }
  void OnStreamReady(upstream::UpstreamStream& stream) override;
  void OnStreamFailed(const upstream::PoolFailure& failure) override;
  // http::MessageSink
  http::HeaderMap& HeadMap() override;
  http::HeaderMap& TrailerMap() override;
  void Pin(Slice bytes) override;
  void OnInformational(http::HeaderMap& head) override;
  void OnHead(bool end) override;
  void OnData(ByteChain& data, bool end) override;
  void OnTrailers() override;
  net::Connection* SpliceTarget(uint64_t length) override;
  void OnSpliced(uint64_t bytes) override;
  void OnReset(http::ResetReason reason, std::string_view detail) override;
  void OnOutputHigh() override;
  void OnOutputLow() override;
  void OnStreamDone() override;

  void OnTimer();
  void ArmTimer();
  enum class End : uint8_t { kOrderly, kCancelled };
  void Ended(End how = End::kOrderly, std::optional<http::ResetReason> failed = std::nullopt);
  void FinishSpan(End how, std::optional<http::ResetReason> failed);
  void ReleaseRequest();

  RouterFilter& router_;
  upstream::HostPin host_;
  upstream::StreamTicket ticket_;
  std::optional<Timer> timer_;
  AttemptLimits limits_;
  MonoTime per_try_at_ = MonoTime::max();
  MonoTime idle_at_ = MonoTime::max();
  MonoTime max_duration_at_ = MonoTime::max();
  State state_ = State::kNew;
  uint32_t status_ = 0;  // of the response, for the span
  bool paused_ = false;
  bool request_held_ = false;  // its output is full: the client is asked to wait
};

}  // namespace sluice::filters::router

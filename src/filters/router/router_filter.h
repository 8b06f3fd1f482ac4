// The terminal HTTP filter: sends the request to a host of the route's cluster and brings back the
// response, with timeouts, retries and all that the route says.
//
// Made per stream in its arena, on its worker. Attempts stay in the arena until the stream ends,
// so that one may begin the next from inside its own callback. Hard rule: after OnDestroy, or once
// the state is kOver, nothing is sent to the host any more.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "attempt.h"
#include "request_hash.h"
#include "retry_plan.h"
#include "router_worker.h"
#include "sluice/base/shared_budget.h"
#include "sluice/event/loop.h"
#include "sluice/filter/http_filter.h"
#include "sluice/http/target.h"
#include "sluice/route/route_entry.h"
#include "sluice/stream/stream_info.h"
#include "sluice/upstream/cluster.h"
#include "timeouts.h"

namespace sluice::filters::router {

struct AttemptFailure {
  http::ResetReason reason = http::ResetReason::kConnectionFailure;
  std::string_view transport;  // the transport's words; lives for the call
  bool reused = false;         // the connection had served before
  bool response_started = false;
  bool unprocessed = false;  // the peer says that it did not look at the request
};

class RouterFilter final : public filter::HttpFilter, private upstream::HostFilter {
 public:
  explicit RouterFilter(RouterWorker& worker);
  ~RouterFilter() override;

  // filter::HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override;
  filter::FilterStatus OnRequestTrailers(http::HeaderMap& trailers) override;
  bool WantsBodies() const override { return false; }
  net::Connection* RequestSpliceTarget(uint64_t length) override;
  void OnRequestSpliced(uint64_t bytes) override;
  void OnDownstreamHigh() override;
  void OnDownstreamLow() override;
  void OnDestroy() override;

 private:
  friend class Attempt;

  // kTrying: an attempt waits for its connection or response. kBackingOff: between two attempts.
  // kResponding: the response's head has gone on. kOver: answered, given up or destroyed.
  enum class State : uint8_t { kNew, kTrying, kBackingOff, kResponding, kOver };
  enum class RequestKind : uint8_t { kOrdinary, kUpgrade, kConnect };
  enum class RetryAnswer : uint8_t { kNo, kYes, kLimit, kBudget };

  filter::HttpFilterHost& host() { return HttpFilter::host(); }
  EventLoop& loop() { return worker_.context().loop; }
  upstream::Cluster& cluster() { return *cluster_; }

  // --- The request (router_request.cc).
  bool CheckHeaders(const http::HeaderMap& head);
  void Prepare(http::HeaderMap& head);
  RequestKind KindOf(const http::HeaderMap& head);
  void BeginAttempt(bool fresh);
  void TellUpstreamAgain();
  void TraceAttempt();
  upstream::Host* PickHost();
  upstream::LbContext MakeLbContext();
  std::string_view ServerName();
  void PrepareBalancing(const http::HeaderMap& head);
  void OverrideHost(upstream::LbContext& context);
  void RewriteForHost(upstream::Host& host, http::HeaderMap& head);
  void HoldData(ByteChain& data);
  void ShareForReplay(const ByteChain& data);
  void AbandonReplay();
  void SendHeld(Attempt& attempt);
  void RequestEnded();
  void AfterRequestSent(Attempt& attempt);

  // --- Copies of the request (router_mirror.cc).
  void StartShadows(const http::HeaderMap& head);
  void ShadowData(const ByteChain& data, bool end);
  void ReleaseShadows();

  // --- What attempts say (router_attempts.cc).
  void OnAttemptReady(Attempt& attempt);
  void OnAttemptFailed(Attempt& attempt, const AttemptFailure& failure);
  void OnAttemptLimit(Attempt& attempt, AttemptLimit limit);
  void OnAttemptInformational(http::HeaderMap& head);
  void OnAttemptHead(Attempt& attempt, bool end);
  void OnAttemptData(Attempt& attempt, ByteChain& data, bool end);
  void OnAttemptTrailers(Attempt& attempt);
  void OnAttemptDone(Attempt& attempt);
  void TellOfHealth(upstream::Host& from, uint32_t status);
  void AddUpstreamBytes(const http::StreamBytes& bytes);
  void NoteConnection(Attempt& attempt);

  // --- Again (router_retry.cc).
  bool RetryStale(Attempt& attempt, const AttemptFailure& failure);
  bool RetryAfterReset(Attempt& attempt, http::ResetReason reason);
  bool RetryAfterResponse(Attempt& attempt, uint32_t status, bool complete);
  RetryAnswer AskForRetry();
  bool TakeRetryToken();
  void BackOffThenRetry(Duration wait);
  // upstream::HostFilter
  bool Avoid(const upstream::Host& candidate) const override;

  // --- The response (router_response.cc).
  void Respond(Attempt& attempt, uint32_t status, bool end);
  bool SwitchesAsAsked(const http::HeaderMap& response);
  void AcceptTunnel(Attempt& attempt);
  bool MayBecomeTunnel();
  void ResponseEnded(Attempt& attempt);
  void Charge(uint32_t status, bool canary);
  void ChargeTime();
  void ReplyWithFailure(http::ResetReason reason);
  void ReplyTimeout(std::string_view body, std::string_view details, stream::ResponseFlag flag,
                    uint32_t status);
  void Reply(const filter::LocalReply& reply);
  void BreakOff(http::ResetReason reason, std::string_view details);
  void OnRouteTimeout();
  void GiveUpAttempt();

  // --- Answers without an upstream (router_local.cc).
  void AnswerNoRoute();
  void AnswerNoCluster();
  void AnswerNoHost();
  void AnswerMaintenance();
  void Redirect();
  void AnswerDirectly();
  bool RedirectInternally(Attempt& attempt, uint32_t status, bool complete);
  bool FollowRedirect(const http::AbsoluteTarget& target, uint32_t status);
  bool BecomesGet(uint32_t status);
  bool RestartStream();

  RouterWorker& worker_;
  const route::RouteEntry* route_ = nullptr;
  const route::UpgradeRule* tunnel_end_ = nullptr;  // the payload goes upstream as TCP
  upstream::ClusterPin cluster_;
  RequestStats* virtual_cluster_ = nullptr;
  RequestStats* route_stats_ = nullptr;
  upstream::CodeStats* alt_stats_ = nullptr;
  Attempt* attempt_ = nullptr;  // the latest
  struct AttemptLink {
    Attempt* attempt;
    AttemptLink* before;
  };
  AttemptLink* attempts_ = nullptr;
  std::optional<uint64_t> hash_;                     // of hash_policy, for balancers that hash
  MadeCookie* cookies_ = nullptr;                    // that hash_policy made
  std::optional<match::MetadataCriteria> criteria_;  // with the stream's own metadata
  struct ShadowLink {
    Shadow* shadow;
    ShadowLink* next;
  };
  ShadowLink* shadows_ = nullptr;
  RetryPlan retry_;
  Timeouts timeouts_;
  std::optional<Timer> route_timer_;
  std::optional<Timer> back_off_timer_;
  BudgetToken retry_token_;
  ByteChain held_;  // body not sent yet; with replay_ all of it so far
  uint32_t retries_ = 0;
  State state_ = State::kNew;
  RequestKind kind_ = RequestKind::kOrdinary;
  bool request_ended_ = false;
  bool has_trailers_ = false;
  bool response_ended_ = false;
  bool replay_ = false;     // the body is kept for another attempt
  bool body_lost_ = false;  // some of it has been sent and not kept
  bool body_full_ = false;  // the client was asked to wait
  bool downstream_high_ = false;
  bool stale_retried_ = false;
  bool after_timeout_ = false;  // the attempt before ran into its per-try timeout
  bool internal_ = false;       // x-envoy-internal
  bool grpc_ = false;
  bool alt_timeout_ = false;  // x-envoy-upstream-rq-timeout-alt-response
  bool hold_chain_ = false;   // the request waits here in case of an internal redirect
};

}  // namespace sluice::filters::router

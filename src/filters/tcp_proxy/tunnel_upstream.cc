#include "tunnel_upstream.h"

#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sluice/http/status.h"
#include "sluice/stream/stream_info.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::filters::tcp_proxy {

using http::HeaderId;
using upstream::ConnectFailure;

namespace {

// Fields that the server's proxy has answered with, for %FILTER_STATE(...)%.
class FieldsState final : public stream::FilterStateObject {
 public:
  explicit FieldsState(const http::HeaderMap& map) {
    for (const http::HeaderEntry& entry : map.entries()) {
      fields_.emplace_back(entry.Name(), entry.Value());
    }
  }
  // stream::FilterStateObject
  std::optional<std::string> Text() const override {
    std::string text;
    for (const auto& [name, value] : fields_) {
      if (!text.empty()) text += ", ";
      text.append(name).append(": ").append(value);
    }
    return text;
  }
  std::optional<std::string> Field(std::string_view wanted) const override {
    for (const auto& [name, value] : fields_) {
      if (name == wanted) return value;
    }
    return std::nullopt;
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

ConnectFailure FailureOf(http::ResetReason reason) {
  switch (reason) {
    case http::ResetReason::kOverflow: return ConnectFailure::kOverflow;
    case http::ResetReason::kConnectionTimeout: return ConnectFailure::kTimeout;
    default: return ConnectFailure::kFailed;
  }
}

}  // namespace

TunnelUpstream::TunnelUpstream(const TunnelPlan& plan, TunnelUser& user, EventLoop& loop)
    : plan_(plan), user_(&user), loop_(loop) {}

TunnelUpstream::~TunnelUpstream() = default;

// --- Opening.

void TunnelUpstream::Begin(upstream::Cluster& cluster, const upstream::LbContext& context,
                           const stream::StreamInfo& info) {
  state_ = State::kConnecting;
  upstream::Host* host = cluster.PickHost(context);
  if (host == nullptr) {
    cluster.stats().upstream_cx_none_healthy.Inc();
    return FailLater(ConnectFailure::kNoHealthyHost, "no healthy upstream", false);
  }
  host_ = upstream::HostPin(*host);
  MakeHead(info);
  if (!plan_.post_path.empty()) {
    request_.SetView(HeaderId::kScheme, cluster.options().transport->is_tls() ? "https" : "http");
  }
  cluster.NewStream(*host, {}, context, *this, ticket_);
}

void TunnelUpstream::MakeHead(const stream::StreamInfo& info) {
  route::FormatInput input;
  input.info = &info;
  const bool post = !plan_.post_path.empty();
  request_.SetView(HeaderId::kMethod, post ? "POST" : "CONNECT");
  request_.SetView(HeaderId::kAuthority,
                   plan_.format ? plan_.format->Format(input, arena_) : plan_.hostname);
  if (post) request_.SetView(HeaderId::kPath, plan_.post_path);
  plan_.headers.Apply(request_, input);
}

void TunnelUpstream::OnStreamReady(upstream::UpstreamStream& stream) {
  state_ = State::kAsked;
  stream.codec().SendHead(request_, false);
}

void TunnelUpstream::OnStreamFailed(const upstream::PoolFailure& failure) {
  if (failure.reason != http::ResetReason::kOverflow) {
    host_->NoteLocal(failure.reason == http::ResetReason::kConnectionTimeout
                         ? upstream::LocalOutcome::kTimeout
                         : upstream::LocalOutcome::kConnectFailed);
  }
  const std::string_view words = failure.transport_failure;
  FailLater(FailureOf(failure.reason),
            std::string(words.empty() ? http::ResetReasonName(failure.reason) : words), true);
}

void TunnelUpstream::FailLater(ConnectFailure reason, std::string detail, bool may_retry) {
  state_ = State::kFailed;
  failure_reason_ = reason;
  failure_ = std::move(detail);
  may_retry_ = may_retry;
  loop_.RunLater(*this);
}

void TunnelUpstream::Run() {
  if (lingered_ != nullptr) return std::exchange(lingered_, nullptr)();
  if (state_ != State::kFailed || user_ == nullptr) return;
  state_ = State::kOver;
  user_->OnTunnelFailed(failure_reason_, failure_, may_retry_);
}

void TunnelUpstream::OnHead(bool end) {
  if (user_ == nullptr || state_ != State::kAsked) return;
  const uint32_t status = http::ParseStatus(response_.Get(HeaderId::kStatus).value_or(""));
  if (plan_.keep_response_headers) {
    Keep("envoy.tcp_proxy.propagate_response_headers", response_);
  }
  if (status < 200 || status >= 300) {
    ticket_.Drop();
    return FailLater(ConnectFailure::kFailed,
                     fmt::format("the tunnel was refused with status {}", status), true);
  }
  state_ = State::kOpen;
  host_->NoteLocal(upstream::LocalOutcome::kConnectedFinal);
  upstream::UpstreamStream& stream = *ticket_.stream();
  if (plan_.post_path.empty() || stream.codec().version() == http::Version::kHttp2) {
    stream.codec().BecomeTunnel();
  }
  user_->OnTunnelOpen(stream);
  if (end) ServerEnded();
}

void TunnelUpstream::Keep(std::string_view name, const http::HeaderMap& fields) {
  user_->OnTunnelState(name, std::make_unique<FieldsState>(fields));
}

// --- Relaying.

void TunnelUpstream::Send(ByteChain& data, bool end) {
  if (ticket_.stream() == nullptr || sent_end_) return data.Clear();
  sent_end_ = end;
  ticket_.stream()->codec().SendData(data, end);
}

void TunnelUpstream::Pause() {
  if (ticket_.stream() != nullptr) ticket_.stream()->PauseReading();
}

void TunnelUpstream::Resume() {
  if (ticket_.stream() != nullptr) ticket_.stream()->ResumeReading();
}

void TunnelUpstream::OnData(ByteChain& data, bool end) {
  const size_t size = data.size();
  server_ended_ = server_ended_ || end;
  if (user_ != nullptr && state_ == State::kOpen) {
    user_->OnTunnelData(data, end);
  } else {
    data.Clear();
  }
  if (ticket_.stream() != nullptr) ticket_.stream()->codec().Consumed(size);
}

void TunnelUpstream::OnTrailers() {
  if (user_ != nullptr && plan_.keep_response_trailers) {
    Keep("envoy.tcp_proxy.propagate_response_trailers", trailers_);
  }
  ServerEnded();
}

void TunnelUpstream::ServerEnded() {
  server_ended_ = true;
  ByteChain nothing;
  if (user_ != nullptr && state_ == State::kOpen) user_->OnTunnelData(nothing, true);
}

void TunnelUpstream::OnOutputHigh() {
  if (user_ != nullptr && state_ == State::kOpen) user_->OnTunnelHigh();
}

void TunnelUpstream::OnOutputLow() {
  if (user_ != nullptr && state_ == State::kOpen) user_->OnTunnelLow();
}

// --- The end.

void TunnelUpstream::OnReset(http::ResetReason reason, std::string_view detail) {
  if (state_ == State::kAsked) {
    return FailLater(FailureOf(reason), fmt::format("{} {}", http::ResetReasonName(reason), detail),
                     true);
  }
  if (state_ != State::kOpen) return;
  state_ = State::kOver;
  if (user_ != nullptr) user_->OnTunnelReset(http::ResetReasonName(reason));
}

// Without an end both ways or a reset: what we sent could not be written.
void TunnelUpstream::OnStreamDone() {
  if (state_ == State::kAsked) {
    return FailLater(ConnectFailure::kFailed, "the tunnel could not be asked for", true);
  }
  const State was = std::exchange(state_, state_ == State::kFailed ? State::kFailed : State::kOver);
  if (lingered_ != nullptr) return loop_.RunLater(*this);
  if (was != State::kOpen || user_ == nullptr || (server_ended_ && sent_end_)) return;
  user_->OnTunnelReset("the tunnel broke off");
}

void TunnelUpstream::Abandon() {
  user_ = nullptr;
  lingered_ = nullptr;
  state_ = State::kOver;
  RunItem::Unlink();
  ticket_.Drop();
}

void TunnelUpstream::Linger(Duration most, std::function<void()> done) {
  user_ = nullptr;
  lingered_ = std::move(done);
  if (ticket_.stream() == nullptr) return loop_.RunLater(*this);
  linger_timer_ = std::make_unique<Timer>(loop_, [this] {
    ticket_.Drop();
    loop_.RunLater(*this);
  });
  linger_timer_->Arm(most);
  ByteChain nothing;
  Send(nothing, true);
}

}  // namespace sluice::filters::tcp_proxy

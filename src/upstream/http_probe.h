// An HTTP check, and on top of it the gRPC one: a request on the client codec that the pools use
// too, and a verdict on the response. Main thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "health_probe.h"
#include "probe_connection.h"
#include "sluice/buffer/arena.h"
#include "sluice/codec/http1/options.h"
#include "sluice/codec/http2/counters.h"
#include "sluice/codec/http2/options.h"
#include "sluice/http/codec.h"
#include "sluice/http/header_map.h"

namespace sluice::upstream {

class HttpProbe final : public Probe,
                        private net::ConnectionEvents,
                        private http::CodecHost,
                        private http::MessageSink,
                        private RunItem {
 public:
  HttpProbe(const ProbeContext& context, ProbeEvents& events);
  ~HttpProbe() override;

  // Probe
  void Begin(const ProbeTarget& target) override;
  void GiveUp() override;

 private:
  // One request and its response.
  struct Exchange {
    Arena arena;
    http::HeaderMap request{arena};
    http::HeaderMap response{arena};
    http::HeaderMap trailers{arena};
    std::vector<Slice> pins;
    std::string body;
    bool head_seen = false;
  };
  enum class State : uint8_t { kIdle, kConnecting, kAsking, kDone };

  // net::ConnectionEvents
  void OnConnected() override;
  void OnBytes(ByteChain& in, bool end) override;
  void OnClosed(const net::CloseInfo& info) override;
  // http::CodecHost
  ByteChain& Output() override { return connection_->output(); }
  void OutputReady() override { context_.loop.RunLater(*this); }
  void OnInputWanted() override { context_.loop.RunLater(*this); }
  void OnGoaway(uint32_t /*last_id*/) override { close_after_ = true; }
  // http::MessageSink
  http::HeaderMap& HeadMap() override { return exchange_->response; }
  http::HeaderMap& TrailerMap() override { return exchange_->trailers; }
  void Pin(Slice bytes) override { exchange_->pins.push_back(std::move(bytes)); }
  void OnInformational(http::HeaderMap& head) override { head.Clear(); }
  void OnHead(bool end) override;
  void OnData(ByteChain& data, bool end) override;
  void OnTrailers() override { complete_ = true; }
  void OnReset(http::ResetReason reason, std::string_view detail) override;
  void OnStreamDone() override;
  // RunItem
  void Run() override;

  void Ask();
  void Dispatch();
  void Decide(ProbeOutcome outcome);
  ProbeOutcome Verdict() const;
  ProbeOutcome GrpcVerdict() const;
  bool MayAskAgain(const net::Address& to);
  void Drop();

  ProbeContext context_;
  ProbeEvents& events_;
  ProbeConnection connection_;
  http1::ClientOptions http1_options_;
  http1::Counters http1_counters_;
  http2::ClientOptions http2_options_;
  http2::Counters http2_counters_;
  std::unique_ptr<http::ClientCodec> codec_;
  std::unique_ptr<Exchange> exchange_;
  http::CodecStream* stream_ = nullptr;
  std::string hostname_;
  State state_ = State::kIdle;
  ProbeOutcome outcome_ = ProbeOutcome::kNetwork;  // kDone
  bool complete_ = false;
  bool close_after_ = false;
  bool input_ended_ = false;
  bool end_told_ = false;
};

}  // namespace sluice::upstream

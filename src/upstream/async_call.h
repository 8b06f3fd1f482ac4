// An exchange of AsyncExchange's as a whole: the request is there, the response is collected up to
// a limit. The ticket of filter::AsyncClient::Send; one worker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "async_exchange.h"

namespace sluice::upstream {

class AsyncCall final : public filter::AsyncTicket, public AsyncExchange {
 public:
  AsyncCall(ClusterSet& clusters, filter::AsyncRequest request, filter::AsyncEvents& events);
  ~AsyncCall() override;

 private:
  enum class Repetition : uint8_t { kLeft, kDue, kUsed };  // there is one

  // AsyncExchange
  void SendRequest(UpstreamStream& stream) override;
  void Tell() override;
  // http::MessageSink
  void OnHead(bool end) override;
  void OnData(ByteChain& data, bool end) override;
  void OnTrailers() override { Complete(); }
  void OnReset(http::ResetReason reason, std::string_view detail) override;
  void OnStreamDone() override;

  bool MayGoAgain() const;
  void Deliver();

  filter::AsyncEvents& events_;
  std::string body_;
  Repetition repetition_ = Repetition::kLeft;
};

}  // namespace sluice::upstream

// An exchange of AsyncExchange's in parts as they come: the ticket of filter::AsyncClient::Open.
// One worker. Hard rule: what has come is told from the loop and not from inside the codec, one
// thing at a time, so that each may destroy it.
#pragma once

#include <string>
#include <string_view>

#include "async_exchange.h"
#include "sluice/buffer/byte_chain.h"

namespace sluice::upstream {

class AsyncStreamCall final : public filter::AsyncStream, public AsyncExchange {
 public:
  AsyncStreamCall(ClusterSet& clusters, filter::AsyncRequest request,
                  filter::AsyncStreamEvents& events);
  ~AsyncStreamCall() override;

  // filter::AsyncStream
  bool Write(std::string_view bytes, bool end) override;

 private:
  enum class Sending : uint8_t { kOpen, kEndWaits, kEnded };

  // AsyncExchange
  void SendRequest(UpstreamStream& stream) override;
  void Tell() override;
  // http::MessageSink
  void OnHead(bool end) override;
  void OnData(ByteChain& data, bool end) override;
  void OnTrailers() override;
  void OnStreamDone() override;

  void SendWaiting();
  bool TellsMore() const { return head_waits_ || !data_.empty() || complete() || error(); }

  filter::AsyncStreamEvents& events_;
  ByteChain waiting_;  // of the request, until there is a connection
  std::string data_;   // of the response, until it is told
  Sending sending_ = Sending::kOpen;
  bool head_sent_ = false;
  bool head_waits_ = false;  // has come, and is not told yet
};

}  // namespace sluice::upstream

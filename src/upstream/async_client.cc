#include "sluice/upstream/async_client.h"

#include <utility>

#include "async_call.h"
#include "async_stream_call.h"

namespace sluice::upstream {
namespace {

class Client final : public filter::AsyncClient {
 public:
  explicit Client(ClusterSet& clusters) : clusters_(clusters) {}
  // filter::AsyncClient
  bool HasCluster(std::string_view name) const override { return clusters_.Find(name) != nullptr; }
  std::unique_ptr<filter::AsyncTicket> Send(filter::AsyncRequest request,
                                            filter::AsyncEvents& events) override {
    auto call = std::make_unique<AsyncCall>(clusters_, std::move(request), events);
    call->Start();
    return call;
  }
  std::unique_ptr<filter::AsyncStream> Open(filter::AsyncRequest request,
                                            filter::AsyncStreamEvents& events) override {
    auto stream = std::make_unique<AsyncStreamCall>(clusters_, std::move(request), events);
    stream->Start();
    return stream;
  }

 private:
  ClusterSet& clusters_;
};

}  // namespace

std::unique_ptr<filter::AsyncClient> MakeAsyncClient(ClusterSet& clusters) {
  return std::make_unique<Client>(clusters);
}

}  // namespace sluice::upstream

#include "main_context.h"

#include "sluice/upstream/async_client.h"

namespace sluice::server {

namespace {

constexpr uint32_t kMainSlot = 0;

}  // namespace

MainContext::MainContext(EventLoop& loop, stats::Store& store, uint32_t workers,
                         upstream::ClusterManager& clusters)
    : clusters_(clusters.MakeSet(loop, kMainSlot)),
      async_client_(upstream::MakeAsyncClient(*clusters_)),
      context_{loop, store, kMainSlot, workers, *clusters_, *async_client_} {}

MainContext::~MainContext() {
  async_client_.reset();
  clusters_.reset();
  context_.loop.RunOnce(Duration::zero());  // what they have left to be buried
}

}  // namespace sluice::server

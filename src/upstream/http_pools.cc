#include "http_pools.h"

#include <algorithm>
#include <utility>

#include "pool.h"
#include "sluice/net/transport.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"
#include "sluice/upstream/http_pool.h"

namespace sluice::upstream {

HttpPools::HttpPools(Host& host) : host_(host) {}
HttpPools::~HttpPools() = default;

PoolProtocol HttpPools::ProtocolFor(const StreamWish& wish) const {
  switch (host_.cluster().options().http.choice) {
    case HttpChoice::kHttp1: break;
    case HttpChoice::kHttp2: return PoolProtocol::kHttp2;
    case HttpChoice::kAlpn: return PoolProtocol::kAlpn;
    case HttpChoice::kDownstream:
      if (wish.downstream == http::Version::kHttp2) return PoolProtocol::kHttp2;
      break;
  }
  return PoolProtocol::kHttp1;
}

HttpPool* HttpPools::Get(const StreamWish& wish, const LbContext& context) {
  const ClusterOptions& options = host_.cluster().options();
  const bool proxied =
      options.transport->tells_downstream() && context.downstream_remote != nullptr;
  const PoolProtocol protocol = ProtocolFor(wish);
  if (!proxied && !options.pool_per_downstream && wish.server_name.empty()) [[likely]] {
    std::unique_ptr<HttpPool>& pool =
        shared_[static_cast<size_t>(wish.priority)][static_cast<size_t>(protocol)];
    if (pool == nullptr) pool = Make(PoolKey{wish.priority, protocol, 0, {}, {}, {}, {}});
    return pool.get();
  }
  PoolKey key{wish.priority, protocol, 0, {}, {}, {}, {}};
  if (options.pool_per_downstream) key.downstream_connection = context.downstream_connection_id;
  if (proxied) {
    key.proxied_source = *context.downstream_remote;
    key.proxied_destination = *context.downstream_local;
    key.proxied_tlvs = context.proxied_tlvs;
  }
  key.server_name = wish.server_name;
  return GetPrivate(key);
}

HttpPool* HttpPools::GetPrivate(const PoolKey& key) {
  const auto found = std::ranges::find_if(
      private_, [&](const std::unique_ptr<HttpPool>& pool) { return pool->key() == key; });
  if (found != private_.end()) return found->get();
  std::unique_ptr<HttpPool> pool = Make(key);
  if (pool == nullptr) return nullptr;
  private_.push_back(std::move(pool));
  return private_.back().get();
}

std::unique_ptr<HttpPool> HttpPools::Make(const PoolKey& key) {
  Cluster& cluster = host_.cluster();
  BudgetToken token = BudgetToken::Take(cluster.breaker(key.priority).pools, cluster.slot());
  if (!token) {
    cluster.stats().upstream_cx_pool_overflow.Inc();
    return nullptr;
  }
  auto pool = std::make_unique<HttpPool>(*this, host_, key, std::move(token));
  if (host_.removed()) pool->Drain();
  return pool;
}

void HttpPools::Drain() {
  for (auto& pools : shared_) {
    for (std::unique_ptr<HttpPool>& pool : pools) {
      if (pool != nullptr) pool->Drain();
    }
  }
  for (size_t i = private_.size(); i-- > 0;) private_[i]->Drain();
}

void HttpPools::DrainExisting() {
  for (auto& pools : shared_) {
    for (std::unique_ptr<HttpPool>& pool : pools) {
      if (pool != nullptr) pool->DrainExisting();
    }
  }
  for (size_t i = private_.size(); i-- > 0;) private_[i]->DrainExisting();
}

bool HttpPools::CloseOneIdle(Priority priority) {
  const auto closes = [](const std::unique_ptr<HttpPool>& pool) {
    return pool != nullptr && pool->CloseOneIdle();
  };
  if (std::ranges::any_of(shared_[static_cast<size_t>(priority)], closes)) return true;
  return std::ranges::any_of(private_, [&](const std::unique_ptr<HttpPool>& pool) {
    return pool->key().priority == priority && pool->CloseOneIdle();
  });
}

void HttpPools::LookForPlaces(Priority priority) {
  for (std::unique_ptr<HttpPool>& pool : shared_[static_cast<size_t>(priority)]) {
    if (pool != nullptr) pool->LookForPlaces();
  }
  for (size_t i = private_.size(); i-- > 0;) {
    if (private_[i]->key().priority == priority) private_[i]->LookForPlaces();
  }
}

void HttpPools::OnEmpty(HttpPool& pool) {
  const auto found = std::ranges::find_if(
      private_, [&](const std::unique_ptr<HttpPool>& each) { return each.get() == &pool; });
  if (found == private_.end()) return;
  std::unique_ptr<HttpPool> gone = std::move(*found);
  private_.erase(found);
  host_.cluster().loop().DeferDelete(std::move(gone));
}

bool HttpPools::active() const {
  const auto busy = [](const std::unique_ptr<HttpPool>& pool) {
    return pool != nullptr && !pool->empty();
  };
  const auto any_busy = [&](const auto& pools) { return std::ranges::any_of(pools, busy); };
  return std::ranges::any_of(shared_, any_busy) || any_busy(private_);
}

}  // namespace sluice::upstream

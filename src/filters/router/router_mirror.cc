// request_mirror_policies: copies of the request for other clusters.
#include <memory>
#include <string>
#include <utility>

#include "router_filter.h"
#include "sluice/base/random.h"
#include "sluice/http/authority.h"
#include "sluice/upstream/find_cluster.h"

namespace sluice::filters::router {

using http::HeaderId;

namespace {

// "shop.test:8080" becomes "shop.test-shadow:8080", as Envoy has it.
std::string ShadowHost(std::string_view authority) {
  const auto parts = http::SplitHostPort(authority);
  if (!parts) return std::string(authority) + "-shadow";
  return std::string(parts->host) + "-shadow" + std::string(parts->port_text);
}

}  // namespace

void RouterFilter::StartShadows(const http::HeaderMap& head) {
  if (kind_ != RequestKind::kOrdinary) return;  // there is no end to a tunnel
  Arena& arena = host().arena();
  for (const route::MirrorPolicy& policy : route_->forward->mirrors) {
    if (!policy.fraction.Includes(FastRandom(), worker_.context().runtime)) continue;
    upstream::Cluster* to = upstream::FindCluster(worker_.context().clusters, policy.cluster, head);
    if (to == nullptr) continue;
    Shadow& shadow = worker_.Keep(
        std::make_unique<Shadow>(worker_, *to, head, host().buffer_limit(), timeouts_.global));
    http::HeaderMap& copy = shadow.head();
    if (!policy.host_rewrite_literal.empty()) {
      copy.Set(HeaderId::kAuthority, policy.host_rewrite_literal);
    } else if (policy.append_shadow_to_host) {
      copy.Set(HeaderId::kAuthority, ShadowHost(copy.Get(HeaderId::kAuthority).value_or("")));
    }
    route::FormatInput input;
    input.request_head = &copy;
    input.info = &host().info();
    policy.request_mutations.Apply(copy, input);
    shadows_ = arena.New<ShadowLink>(ShadowLink{&shadow, shadows_});
    shadow.Start(MakeLbContext(), request_ended_);
  }
}

void RouterFilter::ShadowData(const ByteChain& data, bool end) {
  for (ShadowLink* link = shadows_; link != nullptr; link = link->next) {
    link->shadow->Data(data, end);
  }
}

void RouterFilter::ReleaseShadows() {
  for (ShadowLink* link = std::exchange(shadows_, nullptr); link != nullptr; link = link->next) {
    link->shadow->Release();
  }
}

}  // namespace sluice::filters::router

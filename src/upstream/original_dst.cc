#include "original_dst.h"

#include <utility>

#include "host_registry.h"
#include "http_pools.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {

OriginalDst::OriginalDst(Cluster& cluster)
    : cluster_(cluster), cleanup_(cluster.loop(), [this] { Cleanup(); }) {}

Host* OriginalDst::Pick(const LbContext& context) {
  // A client that was not redirected wanted to come here: sent on, it would come again and again.
  const net::Address* to = context.local_restored ? context.downstream_local : nullptr;
  if (context.override_host) to = &*context.override_host;
  if (to == nullptr || !to->is_ip()) return nullptr;
  const ClusterOptions& options = cluster_.options();
  return Find(options.port_override ? to->WithPort(*options.port_override) : *to);
}

Host* OriginalDst::Find(const net::Address& address) {
  const auto found = hosts_.find(address);
  if (found != hosts_.end()) {
    found->second.used = true;
    return found->second.host;
  }
  if (hosts_.size() >= kMaxHosts) Cleanup();
  if (hosts_.size() >= kMaxHosts) return nullptr;
  Host& host = cluster_.AddDynamicHost(cluster_.options().registry->FindOrMake(address));
  hosts_.emplace(address, Known{&host, true});
  if (!cleanup_.armed()) cleanup_.Arm(cluster_.options().cleanup_interval);
  return &host;
}

void OriginalDst::Cleanup() {
  for (auto it = hosts_.begin(); it != hosts_.end();) {
    Known& known = it->second;
    if (known.host->pinned() || known.host->pools().active() || std::exchange(known.used, false)) {
      ++it;
      continue;
    }
    Host& host = *known.host;
    it = hosts_.erase(it);
    cluster_.RemoveDynamicHost(host);
  }
  if (!hosts_.empty()) cleanup_.Arm(cluster_.options().cleanup_interval);
}

}  // namespace sluice::upstream

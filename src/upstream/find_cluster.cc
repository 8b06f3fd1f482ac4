#include "sluice/upstream/find_cluster.h"

#include "sluice/route/forward_action.h"

namespace sluice::upstream {

Cluster* FindCluster(const ClusterSet& clusters, const route::ClusterSpec& spec,
                     const http::HeaderMap& head) {
  if (!spec.header.empty()) {
    const auto name = head.Get(spec.header);
    return name ? clusters.Find(*name) : nullptr;
  }
  return spec.id == route::kNoCluster ? nullptr : clusters.Get(ClusterId{spec.id});
}

}  // namespace sluice::upstream

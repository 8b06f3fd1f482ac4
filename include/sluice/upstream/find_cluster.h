// The cluster that a route leads a request to, on the request's worker: what the router does, and
// whoever has to know before it.
#pragma once

#include "sluice/http/header_map.h"
#include "sluice/upstream/cluster.h"

namespace sluice::route {
struct ClusterSpec;
}

namespace sluice::upstream {

// Null when there is none of that name.
Cluster* FindCluster(const ClusterSet& clusters, const route::ClusterSpec& spec,
                     const http::HeaderMap& head);

}  // namespace sluice::upstream

// filter::AsyncClient over a worker's clusters and their pools.
#pragma once

#include <memory>

#include "sluice/filter/async_client.h"
#include "sluice/upstream/cluster.h"

namespace sluice::upstream {

// `clusters` must outlive it, and it the tickets.
std::unique_ptr<filter::AsyncClient> MakeAsyncClient(ClusterSet& clusters);

}  // namespace sluice::upstream

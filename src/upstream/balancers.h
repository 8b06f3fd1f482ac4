// The load balancer that a cluster asks for.
#pragma once

#include <cstdint>
#include <memory>

#include "sluice/upstream/load_balancer.h"

namespace sluice::upstream {

class Cluster;

// `cluster` is under construction: it may be kept, not called.
std::unique_ptr<LoadBalancer> MakeBalancer(Cluster& cluster, uint64_t seed);

}  // namespace sluice::upstream

// envoy.filters.network.sni_cluster: makes the SNI of the connection the name of tcp_proxy's
// cluster. Per connection; one worker.
#pragma once

#include <memory>

#include "sluice/config/types.h"
#include "sluice/filter/registry.h"

namespace sluice::filters::sni_cluster {

struct SniClusterConfig {
  static const config::Message& Schema();
};

}  // namespace sluice::filters::sni_cluster

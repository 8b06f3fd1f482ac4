// envoy.filters.listener.original_dst: finds where a redirected connection wanted to go
// (SO_ORIGINAL_DST of netfilter), and makes it the local address. Per accepted socket; one worker.
#pragma once

#include <memory>

#include "sluice/config/types.h"
#include "sluice/filter/registry.h"

namespace sluice::filters::original_dst {

struct OriginalDstConfig {
  static const config::Message& Schema();
};

}  // namespace sluice::filters::original_dst

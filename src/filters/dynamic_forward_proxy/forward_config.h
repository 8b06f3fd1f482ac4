// envoy.filters.http.dynamic_forward_proxy as it is written. Immutable once parsed.
#pragma once

#include <string>

#include "sluice/upstream/dynamic_config.h"

namespace sluice::filters::dynamic_forward_proxy {

struct ForwardConfig {
  upstream::DnsCacheConfig dns_cache_config;
  static const config::Message& Schema();
};

// One of the two, or neither: the host stays as it is.
struct ForwardRouteConfig {
  std::string host_rewrite_literal;
  std::string host_rewrite_header;
  static const config::Message& Schema();
};

}  // namespace sluice::filters::dynamic_forward_proxy

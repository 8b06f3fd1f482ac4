// local_ratelimit for connections, as a network filter (envoy.filters.network.local_ratelimit) and
// as a listener filter (envoy.filters.listener.local_ratelimit): a connection for which the bucket,
// shared by all workers, has no token is closed.
#pragma once

#include <memory>
#include <string>

#include "sluice/base/token_bucket.h"
#include "sluice/config/token_bucket.h"
#include "sluice/config/types.h"
#include "sluice/filter/registry.h"
#include "sluice/stats/table.h"

namespace sluice::filters::network_local_ratelimit {

struct LimitFields {
  std::string stat_prefix;
  config::TokenBucketConfig token_bucket;
  config::RuntimeFeatureFlag runtime_enabled{.default_value = true, .runtime_key = {}};
};
struct NetworkLocalRateLimitConfig : LimitFields {
  static const config::Message& Schema();
};
struct ListenerLocalRateLimitConfig : LimitFields {
  static const config::Message& Schema();
};

struct LocalRateLimitStats {
  stats::Counter rate_limited;
  static constexpr stats::Field<LocalRateLimitStats> kFields[] = {
      {&LocalRateLimitStats::rate_limited, "rate_limited", "Connections closed by the limit"},
  };
};

}  // namespace sluice::filters::network_local_ratelimit

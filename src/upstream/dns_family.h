// What all who resolve names for clusters have in common.
#pragma once

#include "sluice/net/dns.h"
#include "sluice/upstream/cluster_config.h"

namespace sluice::upstream {

net::DnsFamily FamilyOf(DnsLookupFamily family);

// Full jitter below a bound that doubles, as Envoy waits: the next bound, and a wait below one.
Duration NextFailureWait(const RefreshRateConfig& rate, Duration bound);
Duration RandomWait(Duration bound);

}  // namespace sluice::upstream

#include "dns_family.h"

#include <algorithm>

#include "sluice/base/random.h"

namespace sluice::upstream {

net::DnsFamily FamilyOf(DnsLookupFamily family) {
  switch (family) {
    case DnsLookupFamily::kAuto: return net::DnsFamily::kAuto;
    case DnsLookupFamily::kV4Only: return net::DnsFamily::kV4Only;
    case DnsLookupFamily::kV6Only: return net::DnsFamily::kV6Only;
    case DnsLookupFamily::kV4Preferred: return net::DnsFamily::kV4Preferred;
    case DnsLookupFamily::kAll: return net::DnsFamily::kAll;
  }
  return net::DnsFamily::kAuto;
}

Duration NextFailureWait(const RefreshRateConfig& rate, Duration bound) {
  if (bound == Duration{}) return rate.base_interval;
  return std::min(bound * 2, rate.max_interval.value_or(rate.base_interval * 10));
}

Duration RandomWait(Duration bound) {
  // Less must not make us a burden to the server.
  constexpr Duration kLeast = std::chrono::milliseconds(1);
  if (bound <= kLeast) return kLeast;
  const auto below = static_cast<uint64_t>(bound.count());
  return std::max(Duration(static_cast<int64_t>(FastRandomBelow(below))), kLeast);
}

}  // namespace sluice::upstream

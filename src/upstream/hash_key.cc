#include "hash_key.h"

#include <cmath>

#include "sluice/config/types.h"
#include "sluice/upstream/cluster.h"

namespace sluice::upstream {

std::string HashKeyOf(const Host& host, const LbOptions& options) {
  if (const config::Metadata* metadata = host.entry().metadata.get()) {
    const auto lb = metadata->filter_metadata.find("envoy.lb");
    const config::Node* key =
        lb == metadata->filter_metadata.end() ? nullptr : lb->second.Find("hash_key");
    if (key != nullptr && key->IsScalar() && !key->scalar.empty()) return key->scalar;
  }
  if (options.hash_by_hostname && !host.hostname().empty()) return std::string(host.hostname());
  return std::string(host.address_text());
}

bool LoadBound::Exceeded(const WeightedHost& each, double weight_sum) const {
  const auto under_way = static_cast<double>(cluster_.breaker(Priority::kDefault).requests.used() +
                                             cluster_.breaker(Priority::kHigh).requests.used());
  const double mean = (under_way + 1) * each.weight / weight_sum;
  const double most = std::ceil(mean * options_.balance_factor / 100.0);
  return static_cast<double>(each.host->record().Sum(&HostCells::rq_active)) >= most;
}

}  // namespace sluice::upstream

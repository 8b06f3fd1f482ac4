// What RING_HASH and MAGLEV hash of a host, and the bound on a host's load.
#pragma once

#include <string>

#include "host_picker.h"

namespace sluice::upstream {

// metadata envoy.lb: {hash_key: ...}, else the hostname if that is asked for, else the address.
std::string HashKeyOf(const Host& host, const LbOptions& options);

// hash_balance_factor: whether a host has more than its part of the mean load already. One request
// more is counted in, so that an idle cluster overloads nobody.
class LoadBound {
 public:
  LoadBound(Cluster& cluster, const LbOptions& options) : cluster_(cluster), options_(options) {}
  bool active() const { return options_.balance_factor != 0; }
  bool Exceeded(const WeightedHost& host, double weight_sum) const;

 private:
  Cluster& cluster_;
  const LbOptions& options_;
};

}  // namespace sluice::upstream

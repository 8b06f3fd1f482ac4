// MAGLEV: hosts fill a table by turns, each in an order of its own; a request's hash is a place in
// the table. Even shares, and little moves when a host leaves.
#pragma once

#include <cstdint>
#include <vector>

#include "hash_key.h"
#include "host_picker.h"

namespace sluice::upstream {

class Maglev final : public HostPicker {
 public:
  Maglev(Cluster& cluster, const LbOptions& options);

  // HostPicker
  void Update(std::span<const WeightedHost> hosts) override;
  Host* Pick(const LbContext& context, uint32_t attempt) override;

  static bool IsPrime(uint64_t number);

 private:
  const LbOptions& options_;
  LoadBound bound_;
  std::vector<WeightedHost> hosts_;
  std::vector<uint32_t> table_;
  double weight_sum_ = 0;
};

}  // namespace sluice::upstream

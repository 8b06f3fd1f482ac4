// LEAST_REQUEST and RANDOM over one set of hosts. Requests under way are counted over all workers:
// one worker's own view would send every worker to the same idle host.
//
// Equal weights: the best of some hosts drawn at random. Else a schedule by weight divided by the
// requests under way, so that a pick costs a logarithm and not a look at every host.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "host_picker.h"
#include "sluice/event/loop.h"

namespace sluice::upstream {

class LeastRequest final : public HostPicker {
 public:
  LeastRequest(EventLoop& loop, const match::RuntimeSnapshot* runtime, const LbOptions& options,
               uint64_t seed);

  // HostPicker
  void Update(std::span<const WeightedHost> hosts) override;
  Host* Pick(const LbContext& context, uint32_t attempt) override;

 private:
  struct Due {
    double at;
    uint64_t order;  // of equals the first one in
    uint32_t place;
  };
  static bool Later(const Due& a, const Due& b);

  Host* PickDrawn();
  Host* PickFromAll();
  Host* PickDue();
  double WeightNow(uint32_t place) const;

  EventLoop& loop_;
  const match::RuntimeSnapshot* runtime_;  // null: none
  const LbOptions& options_;
  std::minstd_rand random_;
  std::vector<WeightedHost> hosts_;
  std::vector<Due> schedule_;  // a heap
  double now_ = 0;
  uint64_t order_ = 0;
  bool equal_ = true;
  MonoTime young_until_{};
};

class RandomPicker final : public HostPicker {
 public:
  explicit RandomPicker(uint64_t seed) : random_(static_cast<uint32_t>(seed)) {}

  // HostPicker
  void Update(std::span<const WeightedHost> hosts) override {
    hosts_.assign(hosts.begin(), hosts.end());
  }
  Host* Pick(const LbContext& context, uint32_t attempt) override;

 private:
  std::minstd_rand random_;
  std::vector<WeightedHost> hosts_;
};

}  // namespace sluice::upstream

// PICK_FIRST over one set of hosts: the first that can be used takes everything.
#pragma once

#include <algorithm>
#include <random>

#include "host_picker.h"

namespace sluice::upstream {

class PickFirst final : public HostPicker {
 public:
  PickFirst(bool shuffle, uint64_t seed)
      : shuffle_(shuffle), random_(static_cast<uint32_t>(seed)) {}

  // HostPicker
  void Update(std::span<const WeightedHost> hosts) override {
    hosts_.assign(hosts.begin(), hosts.end());
    // A change of health elsewhere must not move the traffic: the one in use stays in front.
    const auto current = std::ranges::find(hosts_, current_, &WeightedHost::host);
    if (current != hosts_.end() && current_ != nullptr && shuffle_) {
      std::rotate(hosts_.begin(), current, current + 1);
    } else if (shuffle_) {
      std::ranges::shuffle(hosts_, random_);
    }
    current_ = hosts_.empty() ? nullptr : hosts_.front().host;
  }
  Host* Pick(const LbContext& /*context*/, uint32_t attempt) override {
    return hosts_.empty() ? nullptr : hosts_[attempt % hosts_.size()].host;
  }

 private:
  bool shuffle_;
  std::minstd_rand random_;
  std::vector<WeightedHost> hosts_;
  Host* current_ = nullptr;
};

}  // namespace sluice::upstream

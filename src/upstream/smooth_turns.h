// Turns by weight, smoothly: 5:1:1 goes a a b a c a a and not in bursts. Everybody gains its
// weight, the richest is picked and pays the sum.
#pragma once

#include <cstddef>
#include <vector>

namespace sluice::upstream {

class SmoothTurns {
 public:
  static constexpr size_t kNobody = static_cast<size_t>(-1);

  struct Turn {
    double weight = 0;
    double current = 0;
  };
  std::vector<Turn>& turns() { return turns_; }

  // The place whose turn it is; `weight_of(place)` may differ from one call to the next.
  template <typename WeightOf>
  size_t Next(const WeightOf& weight_of) {
    size_t best = kNobody;
    double sum = 0;
    for (size_t i = 0; i < turns_.size(); ++i) {
      const double weight = weight_of(i);
      if (weight <= 0) continue;
      sum += weight;
      turns_[i].current += weight;
      if (best == kNobody || turns_[i].current > turns_[best].current) best = i;
    }
    if (best != kNobody) turns_[best].current -= sum;
    return best;
  }
  size_t Next() {
    return Next([this](size_t i) { return turns_[i].weight; });
  }

 private:
  std::vector<Turn> turns_;
};

}  // namespace sluice::upstream

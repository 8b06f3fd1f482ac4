#include "slow_start.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace sluice::upstream {

double SlowStartFactor(const SlowStart& options, Duration age, double aggression) {
  if (age >= options.window) return 1.0;
  // A host's first second counts as one, so that it gets anything at all.
  const double seconds = std::max(std::chrono::duration<double>(age).count(), 1.0);
  const double window = std::chrono::duration<double>(options.window).count();
  const double part = std::min(seconds / window, 1.0);
  const double factor = aggression == 1.0 ? part : std::pow(part, 1 / aggression);
  return std::max(factor, options.min_weight);
}

}  // namespace sluice::upstream

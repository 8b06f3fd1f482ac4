// Slow start: a host that has just come, or come back, gets its share by and by. Pure.
#pragma once

#include "sluice/upstream/host.h"
#include "sluice/upstream/lb_options.h"

namespace sluice::upstream {

// The part of its weight, up to 1, that a host has `age` after it became healthy.
double SlowStartFactor(const SlowStart& options, Duration age, double aggression);
// Below this, a runtime value for the aggression means nothing.
inline constexpr double kLeastAggression = 0.001;

}  // namespace sluice::upstream

// Fast random numbers for spreading load, jitter and request ids: one generator per thread, seeded
// from the kernel. Never for anything that must not be guessed by an attacker (keys, tickets).
#pragma once

#include <cstdint>

namespace sluice {

uint64_t FastRandom();
// Uniform in [0, bound); bound > 0.
uint64_t FastRandomBelow(uint64_t bound);

}  // namespace sluice

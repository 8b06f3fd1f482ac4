// Makes FastRandom repeatable, for tests of what is drawn by lot.
#pragma once

#include <cstdint>

namespace sluice {

// From now on the calling thread's numbers follow from `seed`.
void SeedFastRandom(uint64_t seed);

}  // namespace sluice

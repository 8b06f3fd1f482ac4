#include "sluice/base/random.h"

#include <bit>

#include <sys/random.h>

#include "sluice/base/clock.h"
#include "sluice/base/random_seed.h"

namespace sluice {
namespace {

// xoshiro256++, of Blackman and Vigna.
struct Generator {
  uint64_t state[4];

  Generator() {
    if (getrandom(state, sizeof(state), 0) != sizeof(state) ||
        (state[0] | state[1] | state[2] | state[3]) == 0) {
      state[0] = static_cast<uint64_t>(Clock::Real().Mono().time_since_epoch().count()) | 1;
      state[1] = reinterpret_cast<uintptr_t>(this);
      state[2] = 0x9e3779b97f4a7c15;
      state[3] = 0xbf58476d1ce4e5b9;
    }
  }

  explicit Generator(uint64_t seed) : state{seed, ~seed, 0x9e3779b97f4a7c15, 0xbf58476d1ce4e5b9} {
    for (int i = 0; i < 16; ++i) Next();  // a seed with few bits shows in the first numbers
  }

  uint64_t Next() {
    const uint64_t result = std::rotl(state[0] + state[3], 23) + state[0];
    const uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = std::rotl(state[3], 45);
    return result;
  }
};

thread_local Generator t_generator;

}  // namespace

void SeedFastRandom(uint64_t seed) { t_generator = Generator(seed); }

uint64_t FastRandom() { return t_generator.Next(); }

uint64_t FastRandomBelow(uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>((static_cast<Wide>(FastRandom()) * bound) >> 64);
}

}  // namespace sluice

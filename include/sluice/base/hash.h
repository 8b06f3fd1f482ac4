// Hashes whose values are part of the behaviour: which host a key falls to must be the same in
// every process and every version. Pure functions, any thread. Not against attackers.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice {

// XXH64.
uint64_t XxHash64(std::string_view bytes, uint64_t seed = 0);

// MurmurHash2, 64 bits, as libstdc++'s std::hash<std::string> uses it on 64-bit machines.
uint64_t MurmurHash2(std::string_view bytes, uint64_t seed = 0xc70f6907);

}  // namespace sluice

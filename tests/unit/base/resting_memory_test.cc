#include "sluice/base/resting_memory.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include <gtest/gtest.h>
#include <sys/mman.h>

namespace sluice {
namespace {

std::span<uint64_t> Words(RestingMemory& memory) {
  return {reinterpret_cast<uint64_t*>(memory.data()), memory.size() / sizeof(uint64_t)};
}

// Pages of the process that are resident among those of `memory`.
size_t PagesHeld(RestingMemory& memory) {
  std::vector<unsigned char> held(memory.size() / 4096);
  if (::mincore(memory.data(), memory.size(), held.data()) != 0) return SIZE_MAX;
  return static_cast<size_t>(
      std::ranges::count_if(held, [](unsigned char one) { return (one & 1) != 0; }));
}

TEST(RestingMemoryTest, IsZeroAndHasRoomForWhatWasAsked) {
  for (const size_t bytes : {size_t{1}, size_t{4096}, size_t{4097}, RestingMemory::kMaxBytes}) {
    RestingMemory memory(bytes);
    EXPECT_GE(memory.size(), bytes);
    EXPECT_TRUE(std::ranges::all_of(Words(memory), [](uint64_t word) { return word == 0; }));
  }
}

TEST(RestingMemoryTest, ComesBackAsItWasAtTheSamePlace) {
  for (const size_t step : {1, 2, 3, 63, 64, 65, 511, 512, 5000}) {
    RestingMemory memory(3 * 4096);
    for (size_t i = 0; i < Words(memory).size(); i += step) Words(memory)[i] = i + 1;
    std::vector<uint64_t> before(Words(memory).begin(), Words(memory).end());
    std::byte* const place = memory.data();
    memory.Rest();
    memory.Wake();
    EXPECT_EQ(memory.data(), place);
    EXPECT_TRUE(std::ranges::equal(Words(memory), before)) << step;
  }
}

TEST(RestingMemoryTest, RestsAndWakesAgainAndAgain) {
  RestingMemory memory(8192);
  for (uint64_t i = 1; i < 100; ++i) {
    Words(memory)[i] = i;
    memory.Rest();
    memory.Rest();  // of no effect
    memory.Wake();
    memory.Wake();
    ASSERT_FALSE(memory.resting());
    ASSERT_EQ(Words(memory)[i], i);
    ASSERT_EQ(Words(memory)[i + 1], 0u);
  }
}

TEST(RestingMemoryTest, HoldsNoPageAndLittleElseMeanwhile) {
  RestingMemory memory(3 * 4096);
  std::ranges::fill(Words(memory).first(100), 7);
  Words(memory).back() = 7;
  memory.Rest();
  if (!memory.resting()) GTEST_SKIP() << "pages of another size, or locked ones";
  EXPECT_EQ(PagesHeld(memory), 0u);
  EXPECT_LE(memory.packed_bytes(), 101 * sizeof(uint64_t) + 24 * sizeof(uint64_t));
}

TEST(RestingMemoryTest, TheNextOwnerFindsNothingOfTheLast) {
  for (const bool resting : {false, true}) {
    std::vector<std::unique_ptr<RestingMemory>> many;
    for (int i = 0; i < 200; ++i) {
      RestingMemory& one = *many.emplace_back(std::make_unique<RestingMemory>(8192));
      std::ranges::fill(Words(one), 0x5ec7e75ec7e7);
      if (resting) one.Rest();
    }
    many.clear();
    for (int i = 0; i < 300; ++i) {
      RestingMemory& one = *many.emplace_back(std::make_unique<RestingMemory>(8192));
      ASSERT_TRUE(std::ranges::all_of(Words(one), [](uint64_t word) { return word == 0; }));
    }
  }
}

}  // namespace
}  // namespace sluice

#include "sluice/buffer/arena.h"

#include <cstdint>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(ArenaTest, SmallThingsTakeNoSlab) {
  Arena arena;
  EXPECT_EQ(arena.Copy("name"), "name");
  EXPECT_EQ(*arena.New<int>(7), 7);
  EXPECT_EQ(arena.bytes_held(), 0u);
}

TEST(ArenaTest, AlignsEveryAllocation) {
  Arena arena;
  for (size_t alignment : {1, 2, 4, 8, 16, 64, 4096}) {
    for (size_t bytes : {size_t{1}, size_t{3000}, size_t{40'000}}) {
      auto at = reinterpret_cast<uintptr_t>(arena.Allocate(bytes, alignment));
      EXPECT_EQ(at % alignment, 0u);
      std::memset(reinterpret_cast<void*>(at), 0xee, bytes);
    }
  }
}

TEST(ArenaTest, ResetReturnsEverySlab) {
  size_t before = SlabPool::ForThread().bytes_in_use();
  Arena arena;
  std::string big(100'000, 'b');
  std::string_view kept = arena.Copy(big);
  for (int i = 0; i < 100; ++i) arena.Copy(std::string(1000, 's'));
  EXPECT_EQ(kept, big);
  EXPECT_GT(arena.bytes_held(), 200'000u);
  arena.Reset();
  EXPECT_EQ(arena.bytes_held(), 0u);
  EXPECT_EQ(SlabPool::ForThread().bytes_in_use(), before);
  EXPECT_EQ(arena.Copy("again"), "again");
}

TEST(ArenaTest, BigObjectLeavesTheRoomOfTheCurrentBlock) {
  Arena arena;
  arena.Allocate(100);
  arena.Allocate(50'000);
  size_t held = arena.bytes_held();
  arena.Allocate(1000);
  EXPECT_EQ(arena.bytes_held(), held);
}

}  // namespace
}  // namespace sluice

#include "sluice/compression/zlib_text.h"

#include <gtest/gtest.h>

namespace sluice::compression {
namespace {

constexpr size_t kRoom = 1'000'000;

TEST(ZlibTextTest, ComesBackAsItWas) {
  for (const std::string& text : {std::string(), std::string("a"), std::string(300'000, 'x')}) {
    const auto small = ZlibCompress(text);
    ASSERT_TRUE(small);
    std::string back;
    EXPECT_EQ(ZlibUncompress(*small, kRoom, back), ZlibFault::kNone);
    EXPECT_EQ(back, text);
  }
}

TEST(ZlibTextTest, ABombIsCutOff) {
  const auto bomb = ZlibCompress(std::string(20'000'000, 'x'));
  std::string back;
  EXPECT_EQ(ZlibUncompress(*bomb, kRoom, back), ZlibFault::kTooLong);
  EXPECT_LT(back.capacity(), 4 * kRoom);
}

TEST(ZlibTextTest, OtherBytesAndHalvesAreBad) {
  const auto good = ZlibCompress("a text of some length, a text of some length");
  std::string back;
  for (size_t size = 0; size < good->size(); ++size) {
    EXPECT_EQ(ZlibUncompress(good->substr(0, size), kRoom, back), ZlibFault::kBad) << size;
  }
  EXPECT_EQ(ZlibUncompress("hello", kRoom, back), ZlibFault::kBad);
}

}  // namespace
}  // namespace sluice::compression

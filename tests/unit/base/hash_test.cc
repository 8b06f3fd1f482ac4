#include "sluice/base/hash.h"

#include <string>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(HashTest, XxHashHasThePublishedValues) {
  EXPECT_EQ(XxHash64(""), 0xef46db3751d8e999U);
  EXPECT_EQ(XxHash64("foo"), 0x33bf00a859c4ba3fU);
  EXPECT_NE(XxHash64("foo", 1), XxHash64("foo"));
}

TEST(HashTest, MurmurHashIsTheStandardLibrarys) {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(MurmurHash2(text), std::hash<std::string>{}(text)) << text.size();
    text += static_cast<char>('!' + 5 * i);
  }
}

}  // namespace
}  // namespace sluice

#include "sluice/server/concurrency.h"

#include <gtest/gtest.h>

namespace sluice::server {
namespace {

TEST(ConcurrencyTest, QuotaOfVersion2IsRoundedUp) {
  EXPECT_EQ(CpusOfCpuMax("200000 100000\n"), 2U);
  EXPECT_EQ(CpusOfCpuMax("25000 100000\n"), 1U);
  EXPECT_EQ(CpusOfCpuMax("150000 100000"), 2U);
  EXPECT_EQ(CpusOfCpuMax("100001 100000"), 2U);
}

TEST(ConcurrencyTest, NoQuotaIsNoNumber) {
  for (const char* text :
       {"max 100000\n", "", "\n", "100000", "0 100000", "-1 100000", "1 0", "junk junk"}) {
    EXPECT_EQ(CpusOfCpuMax(text), std::nullopt) << text;
  }
}

TEST(ConcurrencyTest, QuotaOfVersion1IsTwoFiles) {
  EXPECT_EQ(CpusOfQuota("300000\n", "100000\n"), 3U);
  EXPECT_EQ(CpusOfQuota("-1\n", "100000\n"), std::nullopt);
  EXPECT_EQ(CpusOfQuota("", ""), std::nullopt);
}

TEST(ConcurrencyTest, ThereIsAlwaysOne) { EXPECT_GE(DefaultConcurrency(), 1U); }

}  // namespace
}  // namespace sluice::server

#include "sluice/http/grpc.h"

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

using namespace std::chrono_literals;

TEST(GrpcTimeoutTest, UnitsAndLimits) {
  EXPECT_EQ(ParseGrpcTimeout("1H"), Duration(1h));
  EXPECT_EQ(ParseGrpcTimeout("10S"), Duration(10s));
  EXPECT_EQ(ParseGrpcTimeout("250m"), Duration(250ms));
  EXPECT_EQ(ParseGrpcTimeout("0n"), Duration(0));
  EXPECT_EQ(ParseGrpcTimeout("99999999H"), Duration::max());
  for (const char* bad : {"", "S", "1", "1s", "-1S", "1.5S", "123456789S", " 1S"}) {
    EXPECT_FALSE(ParseGrpcTimeout(bad)) << bad;
  }
}

TEST(GrpcTimeoutTest, IsWrittenInTheShortestUnitThatEightDigitsHold) {
  Arena arena;
  EXPECT_EQ(FormatGrpcTimeout(0s, arena), "0m");
  EXPECT_EQ(FormatGrpcTimeout(1500ms, arena), "1500m");
  EXPECT_EQ(FormatGrpcTimeout(99'999'999ms, arena), "99999999m");
  EXPECT_EQ(FormatGrpcTimeout(100'000'000ms, arena), "100000S");
  EXPECT_EQ(FormatGrpcTimeout(100'000'000s, arena), "1666666M");
  const auto longest = ParseGrpcTimeout(FormatGrpcTimeout(Duration::max(), arena));
  ASSERT_TRUE(longest);
  EXPECT_GT(*longest, Duration::max() - 1h);
}

TEST(GrpcMessageTest, OnlyWhatMustBeIsEncoded) {
  Arena arena;
  const std::string_view plain = "no healthy upstream";
  EXPECT_EQ(EncodeGrpcMessage(plain, arena).data(), plain.data());
  EXPECT_EQ(EncodeGrpcMessage("100%\n\xc3\xa4", arena), "100%25%0A%C3%A4");
}

}  // namespace
}  // namespace sluice::http

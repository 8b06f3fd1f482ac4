#include "grpc_health.h"

#include <gtest/gtest.h>

namespace sluice::upstream {
namespace {

using namespace std::string_literals;

TEST(GrpcHealthTest, TheRequestNamesTheService) {
  EXPECT_EQ(GrpcHealthRequest(""), "\0\0\0\0\0"s);
  EXPECT_EQ(GrpcHealthRequest("chat"), "\0\0\0\0\6\x0a\4chat"s);
  const std::string longer = GrpcHealthRequest(std::string(300, 'x'));
  EXPECT_EQ(longer.substr(0, 8), "\0\0\0\x01\x2f\x0a\xac\x02"s);
  EXPECT_EQ(longer.size(), 5U + 303U);
}

TEST(GrpcHealthTest, OnlyServingIsWell) {
  EXPECT_TRUE(GrpcSaysServing("\0\0\0\0\2\x08\1"s));
  EXPECT_FALSE(GrpcSaysServing("\0\0\0\0\2\x08\2"s));        // NOT_SERVING
  EXPECT_FALSE(GrpcSaysServing("\0\0\0\0\0"s));              // UNKNOWN
  EXPECT_TRUE(GrpcSaysServing("\0\0\0\0\5\x12\1x\x08\1"s));  // an unknown field first
}

TEST(GrpcHealthTest, NonsenseIsNotWell) {
  for (const std::string& body :
       {""s, "\0"s, "\1\0\0\0\2\x08\1"s, "\0\0\0\0\3\x08\1"s, "\0\0\0\0\2\x08\x81"s,
        "\0\0\0\0\3\x12\x7f\1"s, "\0\0\0\0\2\x0b\1"s, "\0\xff\xff\xff\xff\x08\1"s}) {
    EXPECT_FALSE(GrpcSaysServing(body));
  }
}

}  // namespace
}  // namespace sluice::upstream

#include "sluice/log/header_formats.h"

#include <gtest/gtest.h>

#include "fixture.h"

namespace sluice::log {
namespace {

TEST(HeaderFormatsTest, ValuesComeFromHeadsAndStream) {
  const Exchange exchange;
  Arena arena;
  const auto format =
      HeaderFormats().Compile("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% via %REQ(:authority)%");
  ASSERT_TRUE(format.has_value());
  EXPECT_EQ((*format)->Format({.request_head = &exchange.request,
                               .response_head = nullptr,
                               .response_trailers = nullptr,
                               .info = &exchange.info,
                               .local_reply_body = {}},
                              arena),
            "127.0.0.1 via example.com");
}

TEST(HeaderFormatsTest, WhatIsMissingReadsAsEmpty) {
  Arena arena;
  EXPECT_EQ((*HeaderFormats().Compile("%REQ(x)%%ROUTE_NAME%"))->Format({}, arena), "");
}

TEST(HeaderFormatsTest, MistakesAreReported) {
  EXPECT_EQ(HeaderFormats().Compile("%NO_SUCH_THING%").error().detail,
            "unknown command operator %NO_SUCH_THING%");
}

}  // namespace
}  // namespace sluice::log

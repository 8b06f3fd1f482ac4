#include "users.h"

#include <gtest/gtest.h>

namespace sluice::filters::basic_auth {
namespace {

constexpr std::string_view kTwo = "{SHA}rXguzax3D8brmmLkT5CHP7l/sms=";  // "two"

std::string Line(std::string_view name) { return std::string(name) + ":" + std::string(kTwo); }

TEST(BasicAuthUsersTest, OnlyTheRightPasswordOfAUserIsGood) {
  const auto users = Users::Parse("# comment\n\n  " + Line("alice") + "\r\n" + Line("bob"));
  ASSERT_TRUE(users.has_value()) << users.error();
  EXPECT_EQ(users->size(), 2U);
  EXPECT_TRUE(users->Has("alice", "two"));
  EXPECT_TRUE(users->Has("bob", "two"));
  EXPECT_FALSE(users->Has("alice", "two "));
  EXPECT_FALSE(users->Has("alice", ""));
  EXPECT_FALSE(users->Has("", "two"));
  EXPECT_FALSE(users->Has("eve", "two"));
  EXPECT_FALSE(Users().Has("", ""));
}

TEST(BasicAuthUsersTest, WhatIsNotHtpasswdWithShaIsRefusedWithoutShowingIt) {
  for (const std::string& text :
       {std::string("secret"), std::string(":{SHA}rXguzax3D8brmmLkT5CHP7l/sms="),
        std::string("a:secret"), std::string("a:$apr1$secret"), std::string("a:{SHA}secret"),
        std::string("a:{SHA}"), Line("secret") + "\n" + Line("secret")}) {
    const auto users = Users::Parse(text);
    ASSERT_FALSE(users.has_value()) << text;
    EXPECT_EQ(users.error().find("secret"), std::string::npos) << users.error();
    EXPECT_NE(users.error().find("line "), std::string::npos) << users.error();
  }
}

}  // namespace
}  // namespace sluice::filters::basic_auth

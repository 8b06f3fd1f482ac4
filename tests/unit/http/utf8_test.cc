#include "sluice/http/utf8.h"

#include <string_view>
#include <utility>

#include <gtest/gtest.h>

namespace sluice::http {
namespace {

TEST(SanitizeUtf8Test, WhatIsNoUtf8BecomesExclamationMarks) {
  Arena arena;
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"plain", "plain"},
      {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
      {"\xc3", "!"},
      {"a\x80"
       "b",
       "a!b"},
      {"\xc0\xaf", "!!"},            // overlong
      {"\xed\xa0\x80", "!!!"},       // a surrogate
      {"\xf4\x90\x80\x80", "!!!!"},  // beyond the last character
      {"\xe2\x82"
       "a",
       "!!a"}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(SanitizeUtf8(text, arena), expected);
}

}  // namespace
}  // namespace sluice::http

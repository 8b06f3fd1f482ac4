#include "sluice/http/chars.h"

#include <string>

#include <gtest/gtest.h>

#include "sluice/http/list.h"
#include "sluice/http/number.h"

namespace sluice::http {
namespace {

TEST(CharsTest, TokenCharactersAreThoseOfRfc9110) {
  const std::string_view others = "()<>@,;:\\\"/[]?={} \t";
  for (int c = 0; c < 256; ++c) {
    const bool visible = c > 0x20 && c < 0x7f;
    const bool expected = visible && others.find(static_cast<char>(c)) == std::string_view::npos;
    EXPECT_EQ(Is(kTokenChar, static_cast<char>(c)), expected) << c;
    EXPECT_EQ(LowerTokenChar(static_cast<char>(c)) != 0, expected) << c;
  }
  EXPECT_EQ(LowerTokenChar('A'), 'a');
  EXPECT_EQ(LowerTokenChar('^'), '^');
}

TEST(CharsTest, FieldValuePrefixStopsAtEveryForbiddenByteAtEveryPosition) {
  for (size_t size = 1; size < 40; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text(size, 'v');
        text[at] = static_cast<char>(c);
        const bool good = c == '\t' || (c >= 0x20 && c != 0x7f);
        ASSERT_EQ(FieldValuePrefix(text.data(), size), good ? size : at) << size << " " << c;
      }
    }
  }
}

TEST(CharsTest, TargetTextIsMadeOfTargetCharactersAtEveryPosition) {
  for (size_t size = 1; size < 20; ++size) {
    for (size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::string text(size, '/');
        text[at] = static_cast<char>(c);
        ASSERT_EQ(IsTargetText(text), AllAre(kTargetChar, text)) << size << " " << at << " " << c;
      }
    }
  }
}

TEST(CharsTest, LowersUpToTheStopAndNothingBehindIt) {
  for (size_t size = 0; size < 50; ++size) {
    for (size_t stop = 0; stop <= size; ++stop) {
      std::string text(size, 'Q');
      for (size_t i = 1; i < size; i += 3) text[i] = '@';  // next to 'A'
      for (size_t i = 2; i < size; i += 5) text[i] = '\xC1';
      if (stop < size) text[stop] = ':';
      std::string expected = text;
      for (size_t i = 0; i < stop; ++i) expected[i] = text[i] == 'Q' ? 'q' : text[i];
      char* const end = text.data() + size;
      ASSERT_EQ(LowerUpTo(':', text.data(), end) - text.data(), static_cast<ptrdiff_t>(stop));
      ASSERT_EQ(text, expected) << size << " " << stop;
      ASSERT_EQ(FindByte(text.data(), end, ':') - text.data(), static_cast<ptrdiff_t>(stop));
    }
  }
}

TEST(CharsTest, TabsDoNotHideWhatFollows) {
  const std::string text("\t\t\t\t\t\t\t\tabc\x7f", 12);
  EXPECT_EQ(FieldValuePrefix(text.data(), text.size()), 11u);
  EXPECT_FALSE(IsFieldValue(std::string_view("ab\0c", 4)));
}

TEST(CharsTest, NamesForMapsAreLowerTokens) {
  EXPECT_TRUE(IsLowerToken("x-a_b"));
  EXPECT_FALSE(IsLowerToken("X-a"));
  EXPECT_FALSE(IsLowerToken(""));
  EXPECT_FALSE(IsLowerToken("a b"));
  EXPECT_FALSE(IsToken("a:"));
  EXPECT_TRUE(IsToken("GET"));
}

TEST(CharsTest, TargetsTakeUtf8ButNoFragment) {
  EXPECT_TRUE(AllAre(kTargetChar, "/a?b=\"{|}\xc3\xa9"));
  EXPECT_FALSE(AllAre(kTargetChar, "/a#b"));
  EXPECT_FALSE(AllAre(kTargetChar, "/a b"));
  EXPECT_FALSE(AllAre(kTargetChar, "/a\x7f"));
}

TEST(ListTest, SkipsEmptyElementsAndTrims) {
  std::string joined;
  ForEachListItem(" a ,, \"b,\\\"c\" ,\td;q=1,",
                  [&](std::string_view item) { joined.append(item).append("|"); });
  EXPECT_EQ(joined, "a|\"b,\\\"c\"|d;q=1|");
}

TEST(ListTest, HasComparesWholeTokensWithoutCase) {
  EXPECT_TRUE(ListHas("keep-alive, Upgrade", "upgrade"));
  EXPECT_FALSE(ListHas("keep-alive, upgraded", "upgrade"));
  EXPECT_FALSE(ListHas("", "upgrade"));
  EXPECT_FALSE(ListHas("\"close", "close"));
}

TEST(NumberTest, OnlyDigitsWithinRange) {
  EXPECT_EQ(ParseDecimal("0"), 0u);
  EXPECT_EQ(ParseDecimal("007"), 7u);
  EXPECT_EQ(ParseDecimal("9223372036854775807"), 9223372036854775807u);
  for (const char* bad : {"", "+1", "-1", " 1", "1 ", "0x1", "1,1", "9223372036854775808",
                          "18446744073709551616", "99999999999999999999999999"}) {
    EXPECT_EQ(ParseDecimal(bad), std::nullopt) << bad;
  }
  Arena arena;
  EXPECT_EQ(FormatDecimal(arena, 18446744073709551615u), "18446744073709551615");
}

}  // namespace
}  // namespace sluice::http

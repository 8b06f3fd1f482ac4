#include <gtest/gtest.h>

#include "sluice/match/config.h"
#include "support/parse_config.h"

namespace sluice::match {
namespace {

using test::ParseConfig;
using test::ProblemsOf;

struct Case {
  const char* yaml;
  const char* value;
  bool matches;
};

TEST(StringMatcherTest, EveryPattern) {
  const Case cases[] = {
      {"exact: abc", "abc", true},
      {"exact: abc", "ABC", false},
      {"exact: abc", "abcd", false},
      {"exact: ''", "", true},
      {"exact: ''", "a", false},
      {"{exact: AbC, ignore_case: true}", "aBc", true},
      {"prefix: ab", "abc", true},
      {"prefix: ab", "a", false},
      {"prefix: ab", "xab", false},
      {"{prefix: AB, ignore_case: true}", "aBc", true},
      {"{prefix: AB, ignore_case: true}", "a", false},
      {"suffix: bc", "abc", true},
      {"suffix: bc", "c", false},
      {"suffix: bc", "bcd", false},
      {"{suffix: BC, ignore_case: true}", "abC", true},
      {"{suffix: BC, ignore_case: true}", "C", false},
      {"contains: b", "abc", true},
      {"contains: b", "ac", false},
      {"{contains: B, ignore_case: true}", "abc", true},
      {"{contains: B, ignore_case: true}", "ac", false},
      {"safe_regex: {regex: 'a+'}", "aaa", true},
      {"safe_regex: {regex: 'a+'}", "aab", false},
      {"safe_regex: {regex: '(?i)a+'}", "aAa", true},
      {"safe_regex: {google_re2: {}, regex: 'a|b'}", "b", true},
  };
  for (const Case& c : cases) {
    const StringMatcher matcher = Compile(ParseConfig<StringMatcherConfig>(c.yaml));
    EXPECT_EQ(matcher.Matches(c.value), c.matches) << c.yaml << " on " << c.value;
  }
}

TEST(StringMatcherTest, NonsenseIsRefusedInWords) {
  const std::pair<const char*, const char*> cases[] = {
      {"{}", "must be present"},
      {"{exact: a, prefix: b}", "cannot be set together"},
      {"prefix: ''", "prefix"},
      {"safe_regex: {regex: 'a('}", "missing ): a( at offset 0"},
      {"safe_regex: {regex: ''}", "regex"},
      {"{safe_regex: {regex: a}, ignore_case: true}", "has no effect on safe_regex"},
      {"custom: {name: x}", "does not implement"},
      {"safe_regex: {google_re2: {max_program_size: 2}, regex: 'abcdef'}", "max_program_size"},
  };
  for (const auto& [yaml, words] : cases) {
    EXPECT_NE(ProblemsOf<StringMatcherConfig>(yaml).find(words), std::string::npos)
        << yaml << "\n"
        << ProblemsOf<StringMatcherConfig>(yaml);
  }
}

TEST(RegexRewriteTest, ReplacesEveryMatchWithGroups) {
  struct Rewrite {
    const char* pattern;
    const char* substitution;
    const char* text;
    const char* expected;
  };
  const Rewrite cases[] = {
      {"^/service/([^/]+)(/.*)$", "\\2/instance/\\1", "/service/foo/v1/api",
       "/v1/api/instance/foo"},
      {"one", "two", "/xxx/one/yyy/one/zzz", "/xxx/two/yyy/two/zzz"},
      {"^(.*?)one(.*)$", "\\1two\\2", "/xxx/one/yyy/one/zzz", "/xxx/two/yyy/one/zzz"},
      {"(?i)/xxx/", "/yyy/", "/aaa/XxX/bbb", "/aaa/yyy/bbb"},
      {"b", "", "abc", "ac"},
      {"x", "y", "abc", "abc"},
      {"b", "[\\0]", "abcb", "a[b]c[b]"},
      {"b", "\\\\", "abc", "a\\c"},
      {"", "-", "ab", "-a-b-"},
      {"b*", "x", "abc", "xaxcx"},
      {"^a", "x", "aaa", "xaa"},
  };
  for (const Rewrite& c : cases) {
    Arena arena;
    const auto rewrite = RegexRewrite::Compile(c.pattern, c.substitution);
    ASSERT_TRUE(rewrite) << rewrite.error().detail;
    EXPECT_EQ(rewrite->Apply(c.text, arena), c.expected) << c.pattern;
  }
}

TEST(RegexRewriteTest, SubstitutionMustFitThePattern) {
  EXPECT_NE(ProblemsOf<RegexMatchAndSubstituteConfig>("{pattern: {regex: a}, substitution: '\\1'}")
                .find("invalid substitution"),
            std::string::npos);
  EXPECT_NE(ProblemsOf<RegexMatchAndSubstituteConfig>("{substitution: 'x'}").find("pattern"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::match

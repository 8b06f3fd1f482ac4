#include <gtest/gtest.h>

#include "sluice/match/config.h"
#include "support/head.h"
#include "support/parse_config.h"

namespace sluice::match {
namespace {

using test::Head;
using test::ParseConfig;
using test::ProblemsOf;

struct Case {
  const char* yaml;   // beside `name: x`
  const char* value;  // null: the field is not there
  bool matches;
};

TEST(HeaderMatcherTest, EveryFormPresentMissingAndInverted) {
  const Case cases[] = {
      {"", "v", true},
      {"", nullptr, false},
      {"invert_match: true", "v", false},
      {"invert_match: true", nullptr, true},
      {"present_match: true", "", true},
      {"present_match: true", nullptr, false},
      {"present_match: false", "v", false},
      {"present_match: false", nullptr, true},
      {"{present_match: false, invert_match: true}", "v", true},
      {"{present_match: false, invert_match: true}", nullptr, false},
      {"exact_match: v", "v", true},
      {"exact_match: v", "w", false},
      {"exact_match: v", nullptr, false},
      {"exact_match: ''", "anything", true},
      {"{exact_match: v, invert_match: true}", "w", true},
      {"{exact_match: v, invert_match: true}", "v", false},
      {"{exact_match: v, invert_match: true}", nullptr, false},
      {"{exact_match: v, invert_match: true, treat_missing_header_as_empty: true}", nullptr, true},
      {"{string_match: {exact: ''}, treat_missing_header_as_empty: true}", nullptr, true},
      {"{string_match: {exact: ''}}", nullptr, false},
      {"string_match: {exact: ''}", "", true},
      {"safe_regex_match: {regex: '\\d{3}'}", "123", true},
      {"safe_regex_match: {regex: '\\d{3}'}", "1234", false},
      {"{safe_regex_match: {regex: '\\d{3}'}, invert_match: true}", "1234", true},
      {"range_match: {start: -10, end: 0}", "-1", true},
      {"range_match: {start: -10, end: 0}", "-10", true},
      {"range_match: {start: -10, end: 0}", "0", false},
      {"range_match: {start: -10, end: 0}", "somestring", false},
      {"range_match: {start: -10, end: 0}", "-1somestring", false},
      {"range_match: {start: -10, end: 11}", "10.9", false},
      {"range_match: {start: -10, end: 11}", "+10", true},
      {"range_match: {start: -10, end: 11}", "+-1", false},
      {"range_match: {start: -10, end: 11}", "", false},
      {"{range_match: {start: 0, end: 10}, invert_match: true}", nullptr, false},
      {"{range_match: {start: 0, end: 10}, invert_match: true, treat_missing_header_as_empty: "
       "true}",
       nullptr, true},
      {"prefix_match: ab", "abc", true},
      {"prefix_match: ab", "bab", false},
      {"suffix_match: bc", "abc", true},
      {"suffix_match: bc", "bca", false},
      {"contains_match: b", "abc", true},
      {"contains_match: b", "ac", false},
      {"string_match: {exact: ABC, ignore_case: true}", "abc", true},
      {"string_match: {safe_regex: {regex: 'a.*'}}", "abc", true},
  };
  for (const Case& c : cases) {
    std::string yaml(c.yaml);
    yaml = yaml.starts_with('{') ? "{name: X-Y, " + yaml.substr(1) : "name: X-Y\n" + yaml;
    const HeaderMatcher matcher = Compile(ParseConfig<HeaderMatcherConfig>(yaml));
    Head head{{"other", "1"}};
    if (c.value != nullptr) head.map().Add("x-y", c.value);
    EXPECT_EQ(matcher.Matches(head), c.matches)
        << yaml << " on " << (c.value != nullptr ? c.value : "(none)");
  }
}

TEST(HeaderMatcherTest, SeveralFieldsAreOneList) {
  const Head head{{"x", "a"}, {"y", "1"}, {"x", "b"}, {"accept", "q"}, {"accept", "r"}};
  EXPECT_TRUE(
      Compile(ParseConfig<HeaderMatcherConfig>("{name: x, exact_match: 'a,b'}")).Matches(head));
  EXPECT_FALSE(
      Compile(ParseConfig<HeaderMatcherConfig>("{name: x, exact_match: a}")).Matches(head));
  EXPECT_TRUE(Compile(ParseConfig<HeaderMatcherConfig>("{name: accept, exact_match: 'q,r'}"))
                  .Matches(head));
}

TEST(HeaderMatcherTest, PseudoHeadersAndHost) {
  const Head head = Head::Get("a.test", "/x");
  EXPECT_TRUE(Compile(ParseConfig<HeaderMatcherConfig>("{name: ':method', exact_match: GET}"))
                  .Matches(head));
  EXPECT_TRUE(
      Compile(ParseConfig<HeaderMatcherConfig>("{name: Host, exact_match: a.test}")).Matches(head));
}

TEST(HeaderMatcherTest, DeprecatedFormsWarnWithTheSuccessor) {
  config::Problems problems;
  HeaderMatcherConfig config;
  EXPECT_TRUE(test::ParseInto(config, problems, "{name: x, prefix_match: a}"));
  EXPECT_EQ(problems.warnings(), 1U);
  EXPECT_NE(problems.Text().find("string_match.prefix"), std::string::npos);
}

TEST(HeaderMatcherTest, NonsenseIsRefusedInWords) {
  const std::pair<const char*, const char*> cases[] = {
      {"exact_match: a", "name"},
      {"{name: '', exact_match: a}", "name"},
      {"{name: 'a b'}", "not a header name"},
      {"{name: x, exact_match: a, present_match: true}", "cannot be set together"},
      {"{name: x, range_match: {start: 5, end: 5}}", "the range is empty"},
      {"{name: x, regex_match: a}", "unknown field"},
  };
  for (const auto& [yaml, words] : cases) {
    EXPECT_NE(ProblemsOf<HeaderMatcherConfig>(yaml).find(words), std::string::npos) << yaml;
  }
}

TEST(QueryParameterMatcherTest, FirstValueUndecoded) {
  struct Query {
    const char* yaml;
    const char* query;
    bool matches;
  };
  const Query cases[] = {
      {"{name: a}", "a=1", true},
      {"{name: a}", "b=1&a", true},
      {"{name: a}", "aa=1", false},
      {"{name: a}", "", false},
      {"{name: a, present_match: false}", "b=1", true},
      {"{name: a, present_match: false}", "a", false},
      {"{name: a, string_match: {exact: '1'}}", "a=1&a=2", true},
      {"{name: a, string_match: {exact: '2'}}", "a=1&a=2", false},
      {"{name: a, string_match: {exact: 'x%20y'}}", "a=x%20y", true},
      {"{name: a, string_match: {exact: ''}}", "a&b", true},
      {"{name: a, string_match: {exact: 'b=c'}}", "a=b=c", true},
  };
  for (const Query& c : cases) {
    EXPECT_EQ(Compile(ParseConfig<QueryParameterMatcherConfig>(c.yaml)).Matches(c.query), c.matches)
        << c.yaml << " on " << c.query;
  }
}

TEST(CookieMatcherTest, AnyFieldQuotedOrNot) {
  const Head head{{"cookie", "a=1; b=\"two\""}, {"cookie", "c=x=y;a=9"}};
  const std::pair<const char*, bool> cases[] = {
      {"{name: a, string_match: {exact: '1'}}", true},
      {"{name: a, string_match: {exact: '9'}}", false},
      {"{name: b, string_match: {exact: two}}", true},
      {"{name: c, string_match: {exact: 'x=y'}}", true},
      {"{name: d, string_match: {prefix: x}}", false},
      {"{name: d, string_match: {prefix: x}, invert_match: true}", true},
      {"{name: a, string_match: {exact: '1'}, invert_match: true}", false},
  };
  for (const auto& [yaml, matches] : cases) {
    EXPECT_EQ(Compile(ParseConfig<CookieMatcherConfig>(yaml)).Matches(head), matches) << yaml;
  }
}

}  // namespace
}  // namespace sluice::match

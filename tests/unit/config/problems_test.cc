#include "sluice/config/problems.h"

#include <gtest/gtest.h>

namespace sluice::config {
namespace {

TEST(ProblemsTest, TextHasPlacePathWordsLineAndCaret) {
  Problems problems;
  const uint32_t source = problems.AddSource("a.yaml", "one\n  two: ä x\n");
  problems.Add(
      Problem{Severity::kError, {Mark{source, 2, 10}, "a.b"}, "bad", "good", "try", false});
  problems.Warn({Mark{source, 1, 1}, ""}, "hm");
  EXPECT_EQ(
      problems.Text(),
      "a.yaml:1:1: warning: hm\n     1 | one\n       | ^\n"
      "a.yaml:2:10: a.b: bad, expected good; try\n     2 |   two: ä x\n       |          ^\n");
  EXPECT_EQ(problems.errors(), 1U);
  EXPECT_EQ(problems.warnings(), 1U);
}

TEST(ProblemsTest, JsonIsForEditors) {
  Problems problems;
  const uint32_t source = problems.AddSource("a.yaml", "x\n");
  problems.Add({Mark{source, 1, 1}, "p"}, "say \"no\"", "h");
  EXPECT_EQ(
      problems.Json(),
      "{\"ok\":false,\"headline\":\"\",\"problems\":[\n{\"severity\":\"error\",\"line\":1,"
      "\"column\":1,\"file\":\"a.yaml\",\"path\":\"p\",\"message\":\"say \\\"no\\\"\",\"hint\":"
      "\"h\"}],\"dropped\":0}\n");
  EXPECT_EQ(Problems().Json(), "{\"ok\":true,\"headline\":\"\",\"problems\":[],\"dropped\":0}\n");
}

TEST(ProblemsTest, LongLinesAreCutAroundTheCaret) {
  Problems problems;
  const uint32_t source =
      problems.AddSource("a", std::string(1000, 'x') + "HERE" + std::string(1000, 'y'));
  problems.Add({Mark{source, 1, 1001}, ""}, "bad");
  const std::string text = problems.Text();
  EXPECT_LT(text.size(), 400U);
  const size_t here = text.find("HERE");
  const size_t line_start = text.rfind('\n', here) + 1;
  const size_t caret_line = text.find('\n', here) + 1;
  EXPECT_EQ(text.find('^', caret_line) - caret_line, here - line_start);
}

TEST(ProblemsTest, TheirNumberIsBounded) {
  Problems problems;
  for (int i = 0; i < 5000; ++i) problems.Add({}, "bad");
  EXPECT_EQ(problems.errors(), 5000U);
  EXPECT_NE(problems.Text().find("... and 4000 more problems"), std::string::npos);
}

TEST(ProblemsTest, NearestNameNeedsToBeNear) {
  const std::vector<std::string_view> names = {"connect_timeout", "idle_timeout", "name"};
  EXPECT_EQ(Nearest("conect_timeout", names), "connect_timeout");
  EXPECT_EQ(Nearest("connectTimeout", names), "connect_timeout");
  EXPECT_EQ(Nearest("connect-timeout", names), "connect_timeout");
  EXPECT_EQ(Nearest("zzz", names), "");
  EXPECT_EQ(Nearest(std::string(100000, 'a'), names), "");
}

}  // namespace
}  // namespace sluice::config

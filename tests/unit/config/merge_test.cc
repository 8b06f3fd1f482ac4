#include <gtest/gtest.h>

#include "expand_env.h"
#include "unit/config/support.h"

namespace sluice::config {
namespace {

std::string Merged(const std::string& base, const std::string& overlay) {
  Problems problems;
  auto a = ReadText("a", base, Format::kYaml, {}, problems);
  auto b = ReadText("b", overlay, Format::kYaml, {}, problems);
  Merge(Everything::Schema(), *a, *b);
  return ToJson(*a, JsonStyle::kCompact);
}

TEST(MergeTest, ScalarsReplaceListsAppendMessagesMerge) {
  EXPECT_EQ(Merged("text: a\nflag: true", "text: b"), R"({"text":"b","flag":true})");
  EXPECT_EQ(Merged("words: [ a ]", "words: [ b ]"), R"({"words":["a","b"]})");
  EXPECT_EQ(Merged("words: a", "words: b"), R"({"words":["a","b"]})");
  EXPECT_EQ(Merged("fraction: { numerator: 1 }", "fraction: { denominator: MILLION }"),
            R"({"fraction":{"numerator":1,"denominator":"MILLION"}})");
}

TEST(MergeTest, MapEntriesAndTypedConfigsAreReplacedWhole) {
  EXPECT_EQ(Merged("by_name: { a: { name: x, port_value: 1 }, b: { name: y } }",
                   "by_name: { a: { name: z } }"),
            R"({"by_name":{"a":{"name":"z"},"b":{"name":"y"}}})");
  EXPECT_EQ(Merged("typed_config: { \"@type\": a, x: 1 }", "typed_config: { \"@type\": b }"),
            R"({"typed_config":{"@type":"b"}})");
}

TEST(MergeTest, SpellingsAreTheSameFieldAndAOneofHasOneMember) {
  EXPECT_EQ(Merged("wrapped_flag: true", "wrappedFlag: false"), R"({"wrappedFlag":false})");
  EXPECT_EQ(Merged("left: a", "right: { name: b }"), R"({"right":{"name":"b"}})");
}

TEST(MergeTest, NullChangesNothing) {
  EXPECT_EQ(Merged("text: a", "text:"), R"({"text":"a"})");
  EXPECT_EQ(Merged("text: a", ""), R"({"text":"a"})");
}

TEST(MergeTest, ProblemsNameTheSourceTheyCameFrom) {
  Problems problems;
  const auto root = ReadConfig(Everything::Schema(), "", "flag: 5", {}, problems);
  ASSERT_TRUE(root);
  Everything value;
  EXPECT_FALSE(Parse(*root, {}, problems, value));
  EXPECT_TRUE(problems.Text().starts_with("--config-yaml:1:7: flag: wrong type"))
      << problems.Text();
}

std::optional<std::string> FakeEnvironment(const std::string& name) {
  if (name == "PORT") return "8080";
  if (name == "EMPTY") return "";
  if (name == "NESTED") return "${PORT}";
  return std::nullopt;
}

std::string Expanded(std::string text, Problems& problems) {
  const uint32_t source = problems.AddSource("e.yaml", text);
  ExpandEnv(text, source, FakeEnvironment, problems);
  return text;
}

TEST(ExpandEnvTest, VariablesAndDefaults) {
  Problems problems;
  EXPECT_EQ(Expanded("{ port: ${PORT}, a: \"${PORT}\" }", problems), "{ port: 8080, a: \"8080\" }");
  EXPECT_EQ(Expanded("${NONE:-x y}|${EMPTY:-d}|${EMPTY}|${PORT:-1}|${NONE:-}", problems),
            "x y|d||8080|");
  EXPECT_EQ(Expanded("$${PORT} $PORT ${} ${a b} ${NESTED} $", problems),
            "${PORT} $PORT ${} ${a b} ${PORT} $");
  EXPECT_EQ(Expanded("# ${NONE}\n  # ${NONE}\na: b", problems), "# ${NONE}\n  # ${NONE}\na: b");
  EXPECT_TRUE(problems.ok()) << problems.Text();
}

TEST(ExpandEnvTest, EveryUnsetVariableIsNamedWithItsLine) {
  Problems problems;
  Expanded("a: 1\nb: ${NONE}\nc: ${OTHER}\n", problems);
  EXPECT_EQ(problems.errors(), 2U);
  EXPECT_TRUE(problems.Text().starts_with(
      "e.yaml:2:4: environment variable NONE is not set; set it, or write ${NONE:-default}\n"))
      << problems.Text();
}

}  // namespace
}  // namespace sluice::config

// Every habit of protobuf's JSON (and Envoy's YAML) in reading values, and what is said of others.
#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace sluice::config {
namespace {

using namespace std::chrono_literals;

TEST(ValueTest, BooleansAsYamlAndProtobufWriteThem) {
  for (const char* yes : {"true", "True", "TRUE", "yes", "on", "y", "\"true\"", "{value: true}"}) {
    const Reading reading(std::string("flag: ") + yes);
    EXPECT_TRUE(reading.ok() && reading.value().flag) << yes << reading.text();
  }
  EXPECT_FALSE(Reading("flag: \"no\"").ok());
  EXPECT_EQ(Complaint("flag: maybe"),
            "t.yaml:1:7: flag: wrong type: the text `maybe`, expected true or false");
  EXPECT_EQ(Complaint("flag: [ ]"), "t.yaml:1:7: flag: wrong type: a list, expected true or false");
  EXPECT_EQ(Complaint("flag: 1"), "t.yaml:1:7: flag: wrong type: `1`, expected true or false");
}

TEST(ValueTest, IntegersInEveryNotation) {
  const std::pair<const char*, int64_t> cases[] = {{"5", 5},
                                                   {"\"5\"", 5},
                                                   {"-5", -5},
                                                   {"+5", 5},
                                                   {"0x1f", 31},
                                                   {"0o17", 15},
                                                   {"0644", 420},
                                                   {"1e3", 1000},
                                                   {"1.0", 1},
                                                   {"-0", 0},
                                                   {"{value: 7}", 7},
                                                   {"-9223372036854775808", INT64_MIN},
                                                   {"9223372036854775807", INT64_MAX}};
  for (const auto& [text, value] : cases) {
    const Reading reading(std::string("big: ") + text);
    EXPECT_TRUE(reading.ok()) << text << reading.text();
    EXPECT_EQ(reading.value().big, value) << text;
  }
  EXPECT_EQ(Reading("huge: 18446744073709551615").value().huge, UINT64_MAX);
  EXPECT_EQ(Reading("small: -2147483648").value().small, INT32_MIN);
}

TEST(ValueTest, IntegersOutOfRangeAndOfNoNumber) {
  EXPECT_EQ(Complaint("huge: 18446744073709551616"),
            "t.yaml:1:7: huge: out of range: 18446744073709551616, expected a whole number from 0 "
            "to 18446744073709551615");
  EXPECT_EQ(Complaint("small: 2147483648"),
            "t.yaml:1:8: small: out of range: 2147483648, expected a whole number from -2147483648 "
            "to 2147483647");
  EXPECT_EQ(Complaint("positive: -1"),
            "t.yaml:1:11: positive: out of range: -1, expected a whole number above 0, at most "
            "4294967295");
  EXPECT_EQ(Complaint("positive: 0"),
            "t.yaml:1:11: positive: out of range: 0, expected a whole number above 0, at most "
            "4294967295");
  EXPECT_EQ(Complaint("small: 1.5"),
            "t.yaml:1:8: small: wrong type: `1.5`, expected a whole number from -2147483648 to "
            "2147483647");
  EXPECT_FALSE(Reading("small: five").ok());
  EXPECT_FALSE(Reading("small: ''").ok());
  EXPECT_FALSE(Reading("small: 5s").ok());
  EXPECT_FALSE(Reading("small: \"0x1f\"").ok());
  EXPECT_FALSE(Reading("small: --5").ok());
  EXPECT_FALSE(Reading("small: 1e30").ok());
  EXPECT_FALSE(Reading("small: nan").ok());
  EXPECT_EQ(Complaint("ports: [ 80, 0 ]"),
            "t.yaml:1:14: ports[1]: out of range: 0, expected a whole number from 1 to 65535");
}

TEST(ValueTest, DoublesAndTheirBounds) {
  EXPECT_DOUBLE_EQ(Reading("ratio: 0.25").value().ratio, 0.25);
  EXPECT_DOUBLE_EQ(Reading("ratio: \"2.5e-1\"").value().ratio, 0.25);
  EXPECT_EQ(Complaint("ratio: 1.5"),
            "t.yaml:1:8: ratio: out of range: 1.5, expected a number from 0 to 1");
  EXPECT_FALSE(Reading("ratio: .inf").ok());
  EXPECT_FALSE(Reading("ratio: inf").ok());
}

TEST(ValueTest, DurationsInBothForms) {
  const std::pair<const char*, Duration> cases[] = {{"0.25s", 250ms},
                                                    {"\"0.25s\"", 250ms},
                                                    {"5s", 5s},
                                                    {".5s", 500ms},
                                                    {"1.s", 1s},
                                                    {"0.002000001s", 2000001ns},
                                                    {"{seconds: 2}", 2s},
                                                    {"{seconds: \"1\", nanos: 500000000}", 1500ms},
                                                    {"{nanos: 2000000}", 2ms}};
  for (const auto& [text, value] : cases) {
    const Reading reading(std::string("timeout: ") + text);
    EXPECT_TRUE(reading.ok()) << text << reading.text();
    EXPECT_EQ(reading.value().timeout, value) << text;
  }
}

TEST(ValueTest, DurationsThatAreNone) {
  EXPECT_EQ(Complaint("timeout: 5"),
            "t.yaml:1:10: timeout: a duration needs its unit, expected \"5s\"");
  EXPECT_EQ(Complaint("timeout: 5000ms"),
            "t.yaml:1:10: timeout: wrong unit in `5000ms`, expected a duration in seconds such as "
            "\"0.25s\"");
  EXPECT_EQ(Complaint("timeout: -1s"), "t.yaml:1:10: timeout: a duration cannot be negative: -1s");
  EXPECT_EQ(Complaint("timeout: {seconds: -1}"),
            "t.yaml:1:20: timeout: a duration cannot be negative: -1");
  EXPECT_EQ(
      Complaint("timeout: 99999999999s"),
      "t.yaml:1:10: timeout: a duration too long to count: 99999999999s, expected at most 292 "
      "years");
  EXPECT_EQ(Complaint("timeout: 7200s"),
            "t.yaml:1:10: timeout: out of range: 7200s, expected a duration above 0.001s of at "
            "most 3600s");
  EXPECT_EQ(Complaint("timeout: 0.001s"),
            "t.yaml:1:10: timeout: out of range: 0.001s, expected a duration above 0.001s of at "
            "most 3600s");
  for (const char* text : {"s", ".s", "1.2.3s", "1.0000000001s", "forever", "[1s]", "{minutes: 1}",
                           "{nanos: 1000000000}", "''", "1 s"}) {
    EXPECT_FALSE(Reading(std::string("timeout: ") + text).ok()) << text;
  }
}

TEST(ValueTest, TextsTakeAnyScalar) {
  EXPECT_EQ(Reading("text: 5").value().text, "5");
  EXPECT_EQ(Reading("text: yes").value().text, "yes");
  EXPECT_EQ(Reading("text: ''").value().text, "");
  EXPECT_EQ(Complaint("text: { a: b }"), "t.yaml:1:7: text: wrong type: a map, expected text");
  EXPECT_EQ(Complaint("text: aaaaaaaaaaaaaaaaaaaaaaaaa"),
            "t.yaml:1:7: text: too long: 25 bytes, expected at most 20");
  EXPECT_EQ(Complaint("leaves: [ { name: '' } ]"),
            "t.yaml:1:19: leaves[0].name: must not be empty");
}

TEST(ValueTest, BytesAreBase64OfBothAlphabets) {
  EXPECT_EQ(Reading("bytes: aGk=").value().bytes.value, "hi");
  EXPECT_EQ(Reading("bytes: aGk").value().bytes.value, "hi");
  EXPECT_EQ(Reading("bytes: _-8=").value().bytes.value, "\xff\xef");
  EXPECT_FALSE(Reading("bytes: 'a!'").ok());
  EXPECT_FALSE(Reading("bytes: a").ok());
}

TEST(ValueTest, EnumsInAnyCaseOrByNumber) {
  for (const char* text : {"DARK_BLUE", "dark_blue", "Dark_Blue", "4", "\"4\""}) {
    const Reading reading(std::string("color: ") + text);
    EXPECT_TRUE(reading.ok()) << text;
    EXPECT_EQ(reading.value().color, Color::kDarkBlue) << text;
  }
  EXPECT_EQ(
      Complaint("color: grene"),
      "t.yaml:1:8: color: unknown value `grene`, expected one of RED GREEN DARK_BLUE; did you "
      "mean `GREEN`?");
  EXPECT_FALSE(Reading("color: 7").ok());
  EXPECT_FALSE(Reading("color: -1").ok());
  EXPECT_EQ(Complaint("color: ULTRAVIOLET"),
            "t.yaml:1:8: color: ULTRAVIOLET: a value of Envoy that sluice does not implement, "
            "expected one of RED GREEN DARK_BLUE; nobody sees it");
  const Reading old("color: crimson");
  EXPECT_TRUE(old.ok());
  EXPECT_EQ(old.lines().at(0), "t.yaml:1:8: warning: color: deprecated value CRIMSON; use `RED`");
}

TEST(ValueTest, WrappersAreOptional) {
  EXPECT_FALSE(Reading("").value().wrapped.has_value());
  EXPECT_EQ(Reading("wrapped: 0").value().wrapped, 0U);
  EXPECT_EQ(Reading("wrapped: { value: 7 }").value().wrapped, 7U);
  EXPECT_EQ(Reading("wrapped_flag: false").value().wrapped_flag, false);
}

TEST(ValueTest, NullIsNotSet) {
  const Reading reading("positive:\nwrapped: null\nleaves: ~\nright:\n");
  ASSERT_TRUE(reading.ok()) << reading.text();
  EXPECT_EQ(reading.value().positive, 10U);
  EXPECT_FALSE(reading.value().right.has_value());
  EXPECT_EQ(Complaint("leaves: [ { name: } ]"),
            "t.yaml:1:11: leaves[0].name: missing required field");
}

TEST(ValueTest, SingleValueStandsForAListOfOneAndListsReplaceDefaults) {
  EXPECT_EQ(Reading("words: a").value().words, std::vector<std::string>{"a"});
  EXPECT_EQ(Reading("leaves: { name: a }").value().leaves.size(), 1U);
  EXPECT_EQ(Reading("ports: [ 1, 2 ]").value().ports, (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(Reading("").value().ports, std::vector<uint32_t>{80});
  EXPECT_EQ(Complaint("ports: []"),
            "t.yaml:1:8: ports: the list must not be empty, expected at least 1");
  EXPECT_EQ(Complaint("words: [a,b,c,d]"),
            "t.yaml:1:8: words: too many elements, expected at most 3");
  EXPECT_EQ(Complaint("words: [ a, ~ ]"), "t.yaml:1:13: words[1]: empty list element");
}

TEST(ValueTest, SnakeAndCamelCaseAreTheSameField) {
  EXPECT_EQ(Reading("wrappedFlag: true").value().wrapped_flag, true);
  EXPECT_EQ(Reading("leaves: { name: a, portValue: 5 }").value().leaves.at(0).port_value, 5U);
}

TEST(ValueTest, PercentsAndFractions) {
  EXPECT_DOUBLE_EQ(Reading("percent: { value: 12.5 }").value().percent.value, 12.5);
  EXPECT_FALSE(Reading("percent: { value: 101 }").ok());
  EXPECT_EQ(Complaint("percent: 50"),
            "t.yaml:1:10: percent: wrong type: `50`, expected a map of fields");
  const Reading reading("fraction: { numerator: 25, denominator: ten_thousand }");
  EXPECT_DOUBLE_EQ(reading.value().fraction.Fraction(), 0.0025);
  EXPECT_EQ(Complaint("runtime_fraction: { runtime_key: a }"),
            "t.yaml:1:19: runtime_fraction.default_value: missing required field");
}

TEST(ValueTest, MapsKeepTheirKeys) {
  const Reading reading(
      "by_name: { some.key: { name: a }, someKey: { name: b } }\nlabels: { x: 1 }\n");
  ASSERT_TRUE(reading.ok()) << reading.text();
  EXPECT_EQ(reading.value().by_name.at("some.key").name, "a");
  EXPECT_EQ(reading.value().labels.at("x"), "1");
  EXPECT_EQ(Complaint("by_name: { x: { name: a, nme: a } }"),
            "t.yaml:1:26: by_name.x.nme: unknown field of test.Leaf; did you mean `name`?");
}

TEST(ValueTest, LocatedValuesAndMessagesRememberWhereTheyWere) {
  const Reading reading("cluster: backend\nleaves:\n- name: a\n");
  EXPECT_EQ(*reading.value().cluster, "backend");
  EXPECT_EQ(reading.value().cluster.where.path, "cluster");
  EXPECT_EQ(reading.problems().Place(reading.value().cluster.where.mark), "t.yaml:1:10");
  EXPECT_EQ(reading.value().leaves[0].where.path, "leaves[0]");
  EXPECT_EQ(reading.problems().Place(reading.value().leaves[0].where.mark), "t.yaml:3:3");
}

TEST(ValueTest, FreeContentIsKeptAsWritten) {
  const Reading reading("free: { a: 0x1, b: [ x, \"2\", yes, null ], c: { d: 1.5 } }");
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(ToJson(reading.value().free, JsonStyle::kCompact),
            "{\"a\":1,\"b\":[\"x\",\"2\",true,null],\"c\":{\"d\":1.5}}");
  const Value value = ToValue(reading.value().free);
  EXPECT_EQ(*value.Find("a")->AsNumber(), 1);
  EXPECT_EQ(*value.Find("b")->AsList()->at(1).AsString(), "2");
}

}  // namespace
}  // namespace sluice::config

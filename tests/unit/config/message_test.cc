#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace sluice::config {
namespace {

using Lines = std::vector<std::string>;

TEST(MessageTest, AllProblemsInOneRunInOrder) {
  const Reading reading(
      "flga: true\ntimeout: 5\nleaves:\n- { port_value: 1 }\n- { name: b, port_value: 99999 }\n"
      "eds_config: {}\n");
  EXPECT_FALSE(reading.ok());
  const Lines expected{
      "t.yaml:1:1: flga: unknown field of test.Everything; did you mean `flag`?",
      "t.yaml:2:10: timeout: a duration needs its unit, expected \"5s\"",
      "t.yaml:4:3: leaves[0].name: missing required field",
      // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): long lines in two pieces
      "t.yaml:5:26: leaves[1].port_value: out of range: 99999, expected a whole number "
      "from 0 to 65535",
      "t.yaml:6:1: eds_config: a field of Envoy that sluice does not implement; use "
      "leaves"};
  EXPECT_EQ(reading.lines(), expected);
}

TEST(MessageTest, NearestNameIsFoundAcrossSpellings) {
  EXPECT_EQ(Complaint("wraped_flag: true"),
            "t.yaml:1:1: wraped_flag: unknown field of test.Everything; did you mean "
            "`wrapped_flag`?");
  EXPECT_EQ(Complaint("wrapedFlag: true"),
            "t.yaml:1:1: wrapedFlag: unknown field of test.Everything; did you mean "
            "`wrapped_flag`?");
  EXPECT_EQ(Complaint("xyzzy_plugh: true"),
            "t.yaml:1:1: xyzzy_plugh: unknown field of test.Everything");
}

TEST(MessageTest, UnknownFieldsCanBeAllowedAndCounted) {
  const Reading reading("flga: true\nflag: true\n", Format::kYaml, true);
  EXPECT_TRUE(reading.ok());
  EXPECT_TRUE(reading.value().flag);
  EXPECT_EQ(reading.problems().unknown_fields(), 1U);
  EXPECT_EQ(reading.lines(),
            Lines{"t.yaml:1:1: warning: flga: unknown field, ignored; did you mean `flag`?"});
}

TEST(MessageTest, OneofTakesAtMostOne) {
  EXPECT_TRUE(Reading("left: a").ok());
  EXPECT_EQ(
      Complaint("left: a\nright: { name: b }\n"),
      "t.yaml:2:1: right: cannot be set together with `left`; only one field of `side` may be "
      "present");
}

TEST(MessageTest, AMisspelledFieldIsNotAlsoMissing) {
  EXPECT_EQ(Complaint("leaves:\n- { nam: b }\n").find("missing required field"), std::string::npos);
  EXPECT_EQ(Complaint("leaves:\n- { nam: b }\n"),
            "t.yaml:2:5: leaves[0].nam: unknown field of test.Leaf; did you mean `name`?");
  EXPECT_EQ(Reading("leaves:\n- { xyzzy: b }\n").lines().size(), 2U);  // both are news
}

TEST(MessageTest, UnimplementedFieldsAreRefusedUnlessTheirValueChangesNothing) {
  EXPECT_TRUE(Reading("later: []").ok());
  EXPECT_TRUE(Reading("later: null").ok());
  EXPECT_TRUE(Reading("eds_config: false").ok());
  EXPECT_FALSE(Reading("eds_config: true").ok());
  EXPECT_EQ(Complaint("later: 5"),
            "t.yaml:1:1: later: a field of Envoy that sluice does not implement; it comes later");
}

TEST(MessageTest, DeprecatedFieldsAreReadWithAWarning) {
  const Reading reading("old_flag: true\nold_words: [ a ]\n");
  ASSERT_TRUE(reading.ok()) << reading.text();
  EXPECT_EQ(reading.value().wrapped_flag, true);
  EXPECT_EQ(reading.value().words, Lines{"a"});
  EXPECT_EQ(reading.lines(),
            (Lines{"t.yaml:1:1: warning: old_flag: deprecated field; use `wrapped_flag`",
                   "t.yaml:2:1: warning: old_words: deprecated field; use `words`"}));
}

TEST(MessageTest, DeprecatedFieldBesideItsSuccessorIsAnError) {
  const Reading reading("old_words: [ a ]\nwords: [ b ]\n");
  EXPECT_FALSE(reading.ok());
  EXPECT_NE(reading.text().find("both the deprecated field and its successor are set"),
            std::string::npos);
}

TEST(MessageTest, ChecksRunOnlyWhenTheFieldsAreGood) {
  EXPECT_EQ(Complaint("small: 13"), "t.yaml:1:1: thirteen is unlucky");
  EXPECT_EQ(Reading("small: 13\nflag: x\n").lines().size(), 1U);
}

TEST(MessageTest, WrongTypeOfAMessage) {
  EXPECT_EQ(Complaint("right: hello"),
            "t.yaml:1:8: right: wrong type: the text `hello`, expected a map of fields");
}

TEST(MessageTest, TheSourceLineOfASecretIsNotShown) {
  const Reading reading("leaves: [ { name: a, password: much-too-long } ]\n");
  EXPECT_EQ(reading.text(),
            "t.yaml:1:32: leaves[0].password: too long: 13 bytes, expected at most 8\n");
}

constexpr std::string_view kFull = R"(
flag: true
small: -3
positive: 4
big: "-9223372036854775808"
huge: 18446744073709551615
ratio: 0.75
text: "tëxt"
bytes: aGk=
timeout: 0.25s
color: dark_blue
percent: { value: 99.5 }
fraction: { numerator: 3, denominator: MILLION }
runtime_fraction: { default_value: { numerator: 1 }, runtime_key: k }
wrapped: 0
wrapped_flag: false
right: { name: r, child: { name: c, child: { name: d } } }
words: [ a, "5", "true" ]
ports: [ 1, 65535 ]
leaves: [ { name: a }, { name: b, port_value: 7, password: pw } ]
by_name: { x.y: { name: z } }
labels: { k: v }
cluster: backend
free: { a: [ 1, "1", null, { b: true } ] }
typed_config: { "@type": type.googleapis.com/test.v3.Plugin, word: w, leaves: { name: l } }
plugins: [ { name: test.plugin }, { name: p, typed_config: { "@type": x/test.v3.Leaf, name: q } } ]
)";

TEST(DumpTest, ParseOfDumpIsTheSame) {
  const Reading reading((std::string(kFull)));
  ASSERT_TRUE(reading.ok()) << reading.text();
  const std::string json = ToJson(Dump(reading.value(), {.redact = false}));
  for (const Format format : {Format::kJson, Format::kYaml}) {
    const Reading again(json, format);
    ASSERT_TRUE(again.ok()) << again.text() << json;
    EXPECT_TRUE(Equal(reading.value(), again.value())) << json;
  }
  EXPECT_FALSE(Equal(reading.value(), Reading("").value()));
}

TEST(DumpTest, DefaultsAreLeftOutAndSecretsHidden) {
  EXPECT_EQ(ToJson(Dump(Everything()), JsonStyle::kCompact), "{}");
  const Reading reading(
      "positive: 10\nright: { name: a, password: pw }\ntimeout: 0.25s\nhuge: 5\n");
  EXPECT_EQ(ToJson(Dump(reading.value()), JsonStyle::kCompact),
            "{\"huge\":\"5\",\"timeout\":\"0.250s\",\"right\":{\"name\":\"a\",\"password\":"
            "\"[redacted]\"}}");
}

TEST(DumpTest, EveryDifferenceIsSeen) {
  const Reading full((std::string(kFull)));
  for (const Field& field : Everything::Schema().fields()) {
    if (field.codec() == nullptr || !field.implemented() || field.name() == "left") continue;
    Node dumped = Dump(full.value(), {.redact = false});
    std::erase_if(dumped.items, [&](const Node& member) {
      return member.key == field.name() ||
             (field.name() == "old_flag" && member.key == "wrapped_flag");
    });
    const Reading less(ToJson(dumped), Format::kJson);
    ASSERT_TRUE(less.ok()) << less.text();
    EXPECT_FALSE(Equal(full.value(), less.value())) << field.name();
  }
}

}  // namespace
}  // namespace sluice::config

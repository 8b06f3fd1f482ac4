#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace sluice::config {
namespace {

std::string JsonComplaint(const std::string& json) {
  const Reading reading(json, Format::kJson);
  const std::vector<std::string> lines = reading.lines();
  return reading.ok() || lines.size() != 1 ? "not one problem: " + reading.text() : lines[0];
}

TEST(JsonTest, EverythingJsonHasIsRead) {
  const Reading reading(
      "{\t\"text\":\"a\\n\\u00e9\\ud83d\\ude00\\/\",\n\t\"flag\":true,\"small\":-5,\"ratio\":1e-1,"
      "\"huge\":\"18446744073709551615\",\"words\":[\"x\",\"y\"],\"right\":null}",
      Format::kJson);
  ASSERT_TRUE(reading.ok()) << reading.text();
  EXPECT_EQ(reading.value().text, "a\n\xc3\xa9\xf0\x9f\x98\x80/");
  EXPECT_EQ(reading.value().small, -5);
  EXPECT_DOUBLE_EQ(reading.value().ratio, 0.1);
  EXPECT_EQ(reading.value().huge, UINT64_MAX);
  EXPECT_EQ(reading.value().words.size(), 2U);
}

TEST(JsonTest, ProblemsHaveTheirPlace) {
  EXPECT_EQ(JsonComplaint("{\n  \"leaves\": [{\"name\": \"a\",\n    \"port_value\": 70000}]\n}"),
            "t.yaml:3:19: leaves[0].port_value: out of range: 70000, expected a whole number from "
            "0 to 65535");
}

TEST(JsonTest, BadSyntaxSaysWhatWasExpected) {
  EXPECT_EQ(JsonComplaint("{\"flag\": true,}"), "t.yaml:1:15: bad JSON: a comma before the end");
  EXPECT_EQ(JsonComplaint("{\"flag\" true}"), "t.yaml:1:9: bad JSON: expected `:`");
  EXPECT_EQ(JsonComplaint("{flag: true}"), "t.yaml:1:2: bad JSON: expected a key in double quotes");
  EXPECT_EQ(JsonComplaint("{\"flag\": True}"), "t.yaml:1:10: bad JSON: expected a value");
  EXPECT_EQ(JsonComplaint("{\"small\": 01}"), "t.yaml:1:11: bad JSON: expected a value");
  EXPECT_EQ(JsonComplaint("{\"flag\": true"), "t.yaml:1:14: bad JSON: the text ends too early");
  EXPECT_EQ(JsonComplaint("{} x"), "t.yaml:1:4: bad JSON: text after the end of the document");
  EXPECT_EQ(JsonComplaint("{\"text\": \"a\nb\"}"),
            "t.yaml:1:12: bad JSON: a text without its closing quote");
  EXPECT_EQ(JsonComplaint("{\"text\": \"\\ud800\"}"),
            "t.yaml:1:16: bad JSON: half of a surrogate pair");
  EXPECT_EQ(JsonComplaint("{\"text\": \"\\q\"}"), "t.yaml:1:12: bad JSON: an unknown escape");
  EXPECT_EQ(JsonComplaint("flag: true"),
            "t.yaml:1:1: bad JSON: expected a value; if it is YAML, name it .yaml");
  EXPECT_EQ(JsonComplaint(""), "t.yaml:1:1: bad JSON: the text ends too early");
  EXPECT_EQ(JsonComplaint("{\"flag\": true, \"flag\": true}"),
            "t.yaml:1:16: duplicate key `flag`; first at t.yaml:1:2");
}

TEST(JsonTest, DepthIsBounded) {
  std::string deep = "{\"free\": ";
  deep.append(100000, '[');
  EXPECT_EQ(JsonComplaint(deep), "t.yaml:1:109: nested deeper than 100 levels");
}

TEST(JsonTest, OneLongLineIsReadInLinearTime) {
  std::string json = "{\"free\": [";
  for (int i = 0; i < 400000; ++i) json += "1,";
  json += "1]}";
  EXPECT_TRUE(Reading(json, Format::kJson).ok());
}

TEST(JsonTest, WriterEscapesAndTellsTextFromNumbers) {
  Node map = Node::Map();
  Node& text = map.Append("a\"b");
  text.kind = Node::Kind::kScalar;
  text.scalar = "x\n\x01\\";
  text.quoted = true;
  map.items.push_back(Node::Plain("007"));
  map.items.back().key = "octal";
  map.items.push_back(Node::Plain("-1.5e3"));
  map.items.back().key = "number";
  map.items.push_back(Node::Text("5"));
  map.items.back().key = "text";
  EXPECT_EQ(ToJson(map, JsonStyle::kCompact),
            "{\"a\\\"b\":\"x\\n\\u0001\\\\\",\"octal\":\"007\",\"number\":-1.5e3,\"text\":\"5\"}");
}

}  // namespace
}  // namespace sluice::config

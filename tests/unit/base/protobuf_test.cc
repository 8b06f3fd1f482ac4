#include "sluice/base/protobuf.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

using std::string_literals::operator""s;

TEST(ProtoWriterTest, WritesTheWireFormat) {
  std::string out;
  ProtoWriter writer(out);
  writer.Number(1, 150);
  writer.Text(2, "testing");
  writer.Message(3, [&] { writer.Number(1, 150); });
  writer.Pair(16, "k", "");
  EXPECT_EQ(out, "\x08\x96\x01\x12\x07testing\x1a\x03\x08\x96\x01\x82\x01\x03\x0a\x01k"s);
}

TEST(ProtoWriterTest, LeavesDefaultsOutButNotInOneofs) {
  std::string out;
  ProtoWriter writer(out);
  writer.Number(1, 0);
  writer.Text(2, "");
  EXPECT_EQ(out, "");
  writer.OneofNumber(1, 0);
  writer.OneofText(3, "");
  writer.OneofDouble(2, 1.0);
  EXPECT_EQ(out, "\x08\x00\x1a\x00\x11\x00\x00\x00\x00\x00\x00\xf0\x3f"s);
}

TEST(ProtoWriterTest, LengthsOfLongMessagesTakeSeveralBytes) {
  std::string out;
  ProtoWriter writer(out);
  writer.Message(1, [&] { writer.Text(2, std::string(300, 'x')); });
  EXPECT_EQ(out, "\x0a\xaf\x02\x12\xac\x02"s + std::string(300, 'x'));
}

TEST(ProtoReaderTest, ReadsWhatTheWriterWrote) {
  std::string out;
  ProtoWriter writer(out);
  writer.Number(1, ~uint64_t{0});
  writer.Text(2, "text");
  writer.OneofDouble(3, -2.5);
  ProtoReader reader(out);
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(reader.IsNumber(1));
  EXPECT_EQ(reader.number(), ~uint64_t{0});
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(reader.IsText(2));
  EXPECT_FALSE(reader.IsNumber(2));
  EXPECT_EQ(reader.text(), "text");
  ASSERT_TRUE(reader.Next());
  EXPECT_TRUE(reader.IsDouble(3));
  EXPECT_EQ(reader.real(), -2.5);
  EXPECT_FALSE(reader.Next());
  EXPECT_TRUE(reader.ok());
}

TEST(ProtoReaderTest, WhatIsNoMessageIsNotOk) {
  const std::string cases[] = {
      "\x08"s,                                              // no value
      "\x08\xff"s,                                          // a number that breaks off
      "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s,  // longer than 64 bits
      "\x12\x05"
      "abc"s,  // text that breaks off
      "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
      "a"s,         // longer than memory
      "\x00\x01"s,  // field 0
      "\x0b\x0c"s,  // groups
      "\x0e\x00"s,  // no such wire type
      "\x09\x00\x00"s,
      "\x0d\x00"s};
  for (const std::string& bytes : cases) {
    ProtoReader reader(bytes);
    while (reader.Next()) {
    }
    EXPECT_FALSE(reader.ok()) << testing::PrintToString(bytes);
  }
}

}  // namespace
}  // namespace sluice

#include "service.h"

#include <gtest/gtest.h>

#include "sluice/base/protobuf.h"

namespace sluice::filters::ratelimit {
namespace {

std::string Header(std::string_view name, std::string_view value) {
  std::string out;
  ProtoWriter writer(out);
  writer.Text(1, name);
  writer.Text(2, value);
  return out;
}

std::string AnswerWith(uint32_t field, std::string_view content) {
  std::string out;
  ProtoWriter writer(out);
  writer.Number(1, 2);
  writer.OneofText(field, content);
  return out;
}

TEST(RateLimitServiceTest, QuestionsHaveWhatIsKnownAndNothingElse) {
  Arena arena;
  const route::DescriptorEntry entries[] = {{"k", "v\xff"}, {"e", ""}};
  const route::Descriptor plain{entries};
  const std::string expected =
      "\x0a\x01"
      "d\x12\x0e\x0a\x07\x0a\x01k\x12\x02v!\x0a\x03\x0a\x01"
      "e";
  EXPECT_EQ(MakeQuestion("d", {&plain, 1}, arena), expected);
}

TEST(RateLimitServiceTest, OnlyOverLimitIsOver) {
  for (const uint64_t code : {0, 1, 3}) {
    std::string message;
    ProtoWriter(message).Number(1, code);
    const auto answer = ReadAnswer(message);
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->over_limit) << code;
  }
  EXPECT_TRUE(ReadAnswer("\x08\x02")->over_limit);
}

TEST(RateLimitServiceTest, WhatCannotBeWrittenIsNoAnswer) {
  const std::pair<std::string, std::string> bad[] = {
      {"x-a", "1\r\nx: y"}, {"x a", "1"}, {"", "1"}, {":path", "/"}, {"host", "a"}, {"x-a", " 1"}};
  for (const auto& [name, value] : bad) {
    EXPECT_FALSE(ReadAnswer(AnswerWith(3, Header(name, value)))) << name;
    EXPECT_FALSE(ReadAnswer(AnswerWith(4, Header(name, value)))) << name;
  }
  EXPECT_TRUE(ReadAnswer(AnswerWith(3, Header("X-A", "1"))));
  EXPECT_FALSE(ReadAnswer(AnswerWith(3, Header("x-a", std::string(200'000, 'x')))));
}

TEST(RateLimitServiceTest, EveryCutOfAnAnswerIsReadOrRefused) {
  std::string whole;
  ProtoWriter out(whole);
  out.Number(1, 2);
  out.Message(2, [&] {
    out.Message(2, [&] {
      out.Number(1, 10);
      out.Number(2, 1);
      out.Text(3, "n");
    });
    out.Number(3, 4);
    out.Message(4, [&] { out.Number(1, 9); });
  });
  out.Pair(3, "x-a", "1");
  out.Text(5, "body");
  for (size_t size = 0; size <= whole.size(); ++size) {
    static_cast<void>(ReadAnswer(std::string_view(whole).substr(0, size)));
  }
  const auto answer = ReadAnswer(whole);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "body");
  ASSERT_EQ(answer->statuses.size(), 1u);
  EXPECT_EQ(answer->statuses[0].reset_s, 9u);
}

TEST(RateLimitServiceTest, TheNearestLimitIsTold) {
  EXPECT_TRUE(MakeLimitHeaders({}).empty());
  EXPECT_TRUE(MakeLimitHeaders({LimitStatus{}}).empty());
  const LimitStatus far{CurrentLimit{"", 1000, 3600}, 9, 50};
  const LimitStatus near{CurrentLimit{"per-ip", 10, 1}, 3, 1};
  const LimitStatus unknown{CurrentLimit{"x", 7, 0}, 5, 2};
  const auto fields = MakeLimitHeaders({far, near, unknown, LimitStatus{}});
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].value, "10, 1000;w=3600, 10;w=1;name=\"per-ip\"");
  EXPECT_EQ(fields[1].value, "3");
  EXPECT_EQ(fields[2].value, "1");
}

TEST(RateLimitServiceTest, NamesOfLimitsCannotLeaveTheirQuotes) {
  for (const std::string name : {"a\"b", "a\\b", "a\r\nb", "\x80"}) {
    std::string message;
    ProtoWriter out(message);
    out.Message(2, [&] {
      out.Message(2, [&] {
        out.Number(1, 1);
        out.Number(2, 7);
        out.Text(3, name);
      });
    });
    const auto answer = ReadAnswer(message);
    ASSERT_TRUE(answer);
    EXPECT_EQ(MakeLimitHeaders(answer->statuses)[0].value, "1, 1;w=604800");
  }
}

}  // namespace
}  // namespace sluice::filters::ratelimit

#include "messages.h"

#include <gtest/gtest.h>

#include "support/head.h"

namespace sluice::filters::ext_proc {
namespace {

// An answer about a part with a whole CommonResponse.
std::string Whole() {
  std::string message;
  ProtoWriter out(message);
  out.Message(1, [&] {
    out.Message(1, [&] {
      out.Number(1, 1);
      out.Message(2, [&] {
        out.Message(1, [&] { out.Pair(1, "X-A", "1"); });
        out.Text(2, "X-Gone");
      });
      out.Message(3, [&] { out.OneofText(1, "body"); });
      out.Number(5, 1);
    });
  });
  out.Message(9, [&] { out.Number(4, 2); });
  return message;
}

TEST(ExtProcMessagesTest, AWholeAnswerIsRead) {
  const auto answer = ReadAnswer(Whole());
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->part, Part::kRequestHead);
  EXPECT_TRUE(answer->common.replace);
  EXPECT_TRUE(answer->common.clear_route_cache);
  EXPECT_EQ(answer->common.body, "body");
  ASSERT_TRUE(answer->common.headers);
  ASSERT_EQ(answer->common.headers->set.size(), 1u);
  EXPECT_EQ(answer->common.headers->set[0].name, "x-a");
  EXPECT_EQ(answer->common.headers->set[0].action, http::FieldAction::kSet);
  EXPECT_EQ(answer->common.headers->remove, std::vector<std::string>{"x-gone"});
  ASSERT_TRUE(answer->mode);
  EXPECT_EQ(answer->mode->response_body_mode, BodySendMode::kBuffered);
}

TEST(ExtProcMessagesTest, EveryCutOfAnAnswerIsReadOrRefused) {
  const std::string whole = Whole();
  for (size_t size = 0; size < whole.size(); ++size) {
    static_cast<void>(ReadAnswer(std::string_view(whole).substr(0, size)));
  }
  std::string flipped = whole;
  for (char& c : flipped) {
    c = static_cast<char>(c ^ 0x40);
    static_cast<void>(ReadAnswer(flipped));
    c = static_cast<char>(c ^ 0x40);
  }
}

TEST(ExtProcMessagesTest, TheLastPartCounts) {
  std::string message;
  ProtoWriter out(message);
  out.Message(1, [&] { out.Message(1, [&] { out.Number(5, 1); }); });
  out.Message(4, [] {});
  const auto answer = ReadAnswer(message);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->part, Part::kResponseBody);
  EXPECT_FALSE(answer->common.clear_route_cache);
}

TEST(ExtProcMessagesTest, StatusesThatAreNoneAreNoAnswer) {
  for (const uint64_t status : {0, 100, 199, 600, 70'000}) {
    std::string message;
    ProtoWriter out(message);
    out.Message(7, [&] { out.Message(1, [&] { out.OneofNumber(1, status); }); });
    EXPECT_FALSE(ReadAnswer(message)) << status;
  }
  const auto unsaid = ReadAnswer(std::string("\x3a\x00", 2));
  ASSERT_TRUE(unsaid);
  EXPECT_EQ(unsaid->immediate.status, 200u);
}

TEST(ExtProcMessagesTest, ModesThatAreNoneAreLeftOut) {
  for (const uint64_t mode : {4, 5, 6}) {
    std::string message;
    ProtoWriter out(message);
    out.Message(1, [] {});
    out.Message(9, [&] { out.Number(3, mode); });
    const auto answer = ReadAnswer(message);
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->mode) << mode;
  }
}

TEST(ExtProcMessagesTest, TimesOutsideOfAnHourAreNone) {
  const std::pair<uint64_t, Duration> cases[] = {{1, std::chrono::seconds(1)},
                                                 {uint64_t(-1), std::chrono::seconds(3601)},
                                                 {uint64_t{1} << 62, std::chrono::seconds(3601)}};
  for (const auto& [seconds, expected] : cases) {
    std::string message;
    ProtoWriter out(message);
    out.Message(10, [&] { out.Number(1, seconds); });
    const auto answer = ReadAnswer(message);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->timeout, expected);
  }
}

TEST(ExtProcMessagesTest, HeadsAreToldAsBytesAndAsTheRulesAllow) {
  test::Head head{{":path", "/"}, {"x-a", "\xff"}, {"x-b", "2"}};
  ForwardRules rules;
  rules.disallowed.push_back(match::StringMatcher::Exact("x-b"));
  std::string message;
  ProtoWriter out(message);
  WriteHead(out, Part::kRequestHead, head.map(), rules, true);
  EXPECT_NE(message.find("\x0a\x03x-a\x1a\x01\xff"), std::string::npos);
  EXPECT_EQ(message.find("x-b"), std::string::npos);
  EXPECT_TRUE(message.ends_with("\x18\x01"));
}

}  // namespace
}  // namespace sluice::filters::ext_proc

#include "propagation.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::tracing {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

struct Head {
  explicit Head(const Fields& fields) {
    for (const auto& [name, value] : fields) map.Add(std::string_view(name), value);
  }
  std::string Get(std::string_view name) const { return std::string(map.Get(name).value_or("-")); }

  Arena arena;
  http::HeaderMap map{arena};
};

TEST(B3Test, SeveralFieldsMakeAContext) {
  const Head head(Fields{{"x-b3-traceid", "80f198ee56343ba864fe8b2a57d3eff7"},
                         {"x-b3-spanid", "e457b5a2e4d86bd1"},
                         {"x-b3-parentspanid", "05e3ac9a4f6e3b90"},
                         {"x-b3-sampled", "0"}});
  const Extracted found = ExtractB3(head.map);
  EXPECT_EQ(found.found, Found::kContext);
  EXPECT_EQ(found.context.trace_high, 0x80f198ee56343ba8U);
  EXPECT_EQ(found.context.trace_low, 0x64fe8b2a57d3eff7U);
  EXPECT_EQ(found.context.span_id, 0xe457b5a2e4d86bd1U);
  EXPECT_EQ(found.context.parent_id, 0x05e3ac9a4f6e3b90U);
  EXPECT_EQ(found.sampled, false);
}

TEST(B3Test, SamplingIsSaidInManyWays) {
  const std::pair<Fields, std::optional<bool>> cases[] = {
      {{}, std::nullopt},
      {{{"x-b3-sampled", "1"}}, true},
      {{{"x-b3-sampled", "true"}}, true},
      {{{"x-b3-sampled", "0"}}, false},
      {{{"x-b3-sampled", "perhaps"}}, false},
      {{{"x-b3-flags", "1"}}, true},
      {{{"x-b3-flags", "0"}}, std::nullopt},
      {{{"b3", "0"}}, false},
      {{{"b3", "1"}}, true},
      {{{"b3", "d"}}, true},
      {{{"b3", "0"}, {"x-b3-sampled", "1"}}, false},
  };
  for (const auto& [fields, expected] : cases) {
    const Extracted found = ExtractB3(Head(fields).map);
    EXPECT_EQ(found.found, Found::kNothing);
    EXPECT_EQ(found.sampled, expected) << (fields.empty() ? "" : fields[0].second);
  }
}

TEST(B3Test, TheSingleFieldIsReadAsTheOthers) {
  struct Case {
    const char* text;
    Found found;
    uint64_t parent;
    std::optional<bool> sampled;
  };
  const Case cases[] = {
      {"463ac35c9f6413ad-a2fb4a1d1a96d312", Found::kContext, 0, std::nullopt},
      {"463ac35c9f6413ad-a2fb4a1d1a96d312-1", Found::kContext, 0, true},
      {"463ac35c9f6413ad-a2fb4a1d1a96d312-0-0000000000000007", Found::kContext, 7, false},
      {"463ac35c9f6413ad-a2fb4a1d1a96d312-0000000000000007", Found::kContext, 7, std::nullopt},
      {"", Found::kBroken, 0, {}},
      {"x", Found::kBroken, 0, {}},
      {"-", Found::kBroken, 0, {}},
      {"463ac35c9f6413ad", Found::kBroken, 0, {}},
      {"463ac35c9f6413ad-", Found::kBroken, 0, {}},
      {"463ac35c9f6413ad-a2fb4a1d1a96d31", Found::kBroken, 0, {}},
      {"463ac35c9f6413ad-a2fb4a1d1a96d312-", Found::kContext, 0, std::nullopt},
      {"463ac35c9f6413ad-a2fb4a1d1a96d312-2", Found::kBroken, 0, {}},
      {"463ac35c9f6413ad-a2fb4a1d1a96d312-1-", Found::kContext, 0, true},
      {"463ac35c9f6413ad-a2fb4a1d1a96d312-1-zz", Found::kBroken, 0, true},
      {"463ac35c9f6413ad-a2fb4a1d1a96d312-1-7-8", Found::kBroken, 0, true},
      {"0000000000000000-a2fb4a1d1a96d312-1", Found::kBroken, 0, {}},
      {"463ac35c9f6413ad-0000000000000000-1", Found::kBroken, 0, {}},
  };
  for (const Case& one : cases) {
    const Extracted found = ExtractB3(Head(Fields{{"b3", one.text}}).map);
    EXPECT_EQ(found.found, one.found) << one.text;
    if (one.found != Found::kContext) continue;
    EXPECT_EQ(found.context.trace_low, 0x463ac35c9f6413adU) << one.text;
    EXPECT_EQ(found.context.parent_id, one.parent) << one.text;
    EXPECT_EQ(found.sampled, one.sampled) << one.text;
  }
}

TEST(B3Test, IdsThatAreNoneAreBroken) {
  const std::string long_id(4096, 'a');
  const std::pair<std::string, std::string> cases[] = {
      {"", "1"},
      {"g", "1"},
      {"0x1", "1"},
      {"-1", "1"},
      {" 1", "1"},
      {"12345678901234567", "1"},
      {"0", "1"},
      {"00000000000000000000000000000000", "1"},
      {"80f198ee56343ba8_4fe8b2a57d3eff7", "1"},
      {long_id, "1"},
      {"1", ""},
      {"1", "0"},
      {"1", "zz"},
      {"1", long_id},
      {std::string("1\0", 2), "1"},
  };
  for (const auto& [trace, span] : cases) {
    const Extracted found =
        ExtractB3(Head(Fields{{"x-b3-traceid", trace}, {"x-b3-spanid", span}}).map);
    EXPECT_EQ(found.found, Found::kBroken) << trace << " " << span;
  }
  EXPECT_EQ(ExtractB3(Head(Fields{{"x-b3-traceid", "1"}}).map).found, Found::kNothing);
}

TEST(B3Test, InjectWritesAllThatNamesTheSpan) {
  Head head(Fields{{"x-b3-parentspanid", "9"}, {"x-b3-traceid", "1"}, {"b3", "1"}});
  SpanContext context{.trace_low = 0xab, .span_id = 0xcd, .sampled = true};
  InjectB3(context, head.map);
  EXPECT_EQ(head.Get("x-b3-traceid"), "00000000000000ab");
  EXPECT_EQ(head.Get("x-b3-spanid"), "00000000000000cd");
  EXPECT_EQ(head.Get("x-b3-parentspanid"), "-");
  EXPECT_EQ(head.Get("x-b3-sampled"), "1");
  EXPECT_EQ(head.Get("b3"), "00000000000000ab-00000000000000cd-1");
  context.trace_high = 1;
  context.parent_id = 0xef;
  context.sampled = false;
  InjectB3(context, head.map);
  EXPECT_EQ(head.Get("x-b3-traceid"), "000000000000000100000000000000ab");
  EXPECT_EQ(head.Get("x-b3-parentspanid"), "00000000000000ef");
  EXPECT_EQ(head.Get("b3"), "000000000000000100000000000000ab-00000000000000cd-0-00000000000000ef");
  EXPECT_EQ(head.map.size(), 5u);
}

TEST(W3cTest, TraceparentIsReadAsTheSpecificationSays) {
  const std::string good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const std::pair<std::string, Found> cases[] = {
      {good, Found::kContext},
      {"cc" + good.substr(2) + "-what-will-be", Found::kContext},
      {"cc" + good.substr(2) + ".what", Found::kBroken},
      {good + "-", Found::kBroken},
      {"ff" + good.substr(2), Found::kBroken},
      {"0" + good.substr(1, 60), Found::kContext},
      {"", Found::kBroken},
      {good.substr(0, 54), Found::kBroken},
      {"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", Found::kBroken},
      {"00-00000000000000000000000000000000-b7ad6b7169203331-01", Found::kBroken},
      {"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", Found::kBroken},
      {"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g", Found::kBroken},
      {"00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Found::kBroken},
      {std::string(55, '-'), Found::kBroken},
      {std::string(10'000, '0'), Found::kBroken},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(ExtractW3c(Head(Fields{{"traceparent", text}}).map).found, expected) << text;
  }
  const Extracted found = ExtractW3c(Head(Fields{{"traceparent", good}}).map);
  EXPECT_EQ(found.context.trace_high, 0x0af7651916cd43ddU);
  EXPECT_EQ(found.context.trace_low, 0x8448eb211c80319cU);
  EXPECT_EQ(found.context.span_id, 0xb7ad6b7169203331U);
  EXPECT_EQ(found.sampled, true);
  EXPECT_EQ(ExtractW3c(Head(Fields{}).map).found, Found::kNothing);
  EXPECT_EQ(ExtractW3c(Head(Fields{{"traceparent", good}, {"traceparent", good}}).map).found,
            Found::kBroken);
}

TEST(W3cTest, InjectReplacesWhatWasThere) {
  Head head(Fields{{"traceparent", "x"}, {"tracestate", "a=1"}});
  InjectW3c({.trace_high = 1, .trace_low = 2, .span_id = 3, .sampled = true}, head.map);
  EXPECT_EQ(head.Get("traceparent"), "00-00000000000000010000000000000002-0000000000000003-01");
  EXPECT_EQ(head.Get("tracestate"), "a=1");
  InjectW3c({.trace_low = 2, .span_id = 3}, head.map);
  EXPECT_EQ(head.Get("traceparent"), "00-00000000000000000000000000000002-0000000000000003-00");
}

}  // namespace
}  // namespace sluice::tracing

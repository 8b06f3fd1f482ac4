// What spans look like on the wire, and that they are reported once.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "otlp.h"
#include "sluice/base/protobuf.h"
#include "zipkin_json.h"

namespace sluice::tracing {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

class FakeDriver final : public Driver {
 public:
  // Driver
  bool Begin(http::HeaderMap&, SpanKind, bool, SpanContext&) override { return true; }
  SpanContext Child(const SpanContext& parent) override {
    return {.trace_low = parent.trace_low,
            .span_id = 0xc,
            .parent_id = parent.span_id,
            .sampled = parent.sampled};
  }
  void Inject(const SpanContext&, http::HeaderMap&) override {}
  void Report(const Span& span) override {
    zipkin.emplace_back();
    AppendZipkinJson(span, "{}", zipkin.back());
    otlp.emplace_back();
    AppendOtlpSpan(span, otlp.back());
  }

  std::vector<std::string> zipkin;
  std::vector<std::string> otlp;
};

class EncodingTest : public ::testing::Test {
 protected:
  Span* Make(const SpanContext& context, SpanKind kind = SpanKind::kServer) {
    return arena_.New<Span>(driver_, arena_, context,
                            Span::Start{.kind = kind,
                                        .name = "a.test",
                                        .at = MonoTime(seconds(5)),
                                        .wall = WallTime(seconds(1'700'000'000))});
  }

  Arena arena_;
  FakeDriver driver_;
};

constexpr SpanContext kContext{
    .trace_high = 1, .trace_low = 2, .span_id = 0xb, .parent_id = 0xa, .sampled = true};

TEST_F(EncodingTest, ASpanIsFinishedOnceAndUnsampledOnesAreNotReported) {
  Span* span = Make(kContext);
  span->Finish(MonoTime(seconds(6)));
  span->Finish(MonoTime(seconds(7)));
  EXPECT_EQ(driver_.zipkin.size(), 1u);
  EXPECT_EQ(span->length(), seconds(1));
  Span* silent = Make({.trace_low = 1, .span_id = 1});
  silent->SetTag("a", "b");
  silent->SetNumber("c", 1);
  silent->AddEvent("e", MonoTime(seconds(6)));
  silent->Finish(MonoTime(seconds(6)));
  EXPECT_EQ(silent->tags(), nullptr);
  EXPECT_EQ(silent->events(), nullptr);
  EXPECT_EQ(driver_.zipkin.size(), 1u);
}

TEST_F(EncodingTest, IdsAsTextsAreAsLongAsTheyAre) {
  EXPECT_EQ(HexTraceId({.trace_low = 0xab}, arena_), "00000000000000ab");
  EXPECT_EQ(HexTraceId({.trace_low = 0xab, .wide = true}, arena_),
            "000000000000000000000000000000ab");
  EXPECT_EQ(HexTraceId({.trace_high = 1, .trace_low = 2}, arena_),
            "00000000000000010000000000000002");
}

TEST_F(EncodingTest, ZipkinJson) {
  Span* span = Make(kContext);
  span->SetTag("http.url", "http://a\"\\\n\x01/");
  span->SetTag("twice", "1");
  span->SetTag("twice", "\xff\xfe");
  span->SetNumber("size", 12);
  span->AddEvent("sent", MonoTime(seconds(5)) + microseconds(7));
  span->Finish(MonoTime(seconds(5)) + microseconds(1500));
  EXPECT_EQ(driver_.zipkin[0],
            R"({"traceId":"00000000000000010000000000000002","id":"000000000000000b",)"
            R"("parentId":"000000000000000a","name":"a.test","kind":"SERVER",)"
            R"("timestamp":1700000000000000,"duration":1500,"localEndpoint":{},)"
            R"("annotations":[{"timestamp":1700000000000007,"value":"sent"}],)"
            R"("tags":{"http.url":"http://a\"\\\n\u0001/","twice":"!!","size":"12"}})");
}

TEST_F(EncodingTest, ZipkinJsonLeavesOutWhatIsNotThere) {
  Span* span =
      Make({.trace_low = 2, .span_id = 0xb, .sampled = true, .shared = true}, SpanKind::kClient);
  span->Finish(MonoTime(seconds(5)));
  EXPECT_EQ(driver_.zipkin[0],
            R"({"traceId":"0000000000000002","id":"000000000000000b","name":"a.test",)"
            R"("kind":"CLIENT","timestamp":1700000000000000,"duration":1,"shared":true,)"
            R"("localEndpoint":{}})");
  EXPECT_EQ(ZipkinEndpoint("a\"b", "10.0.0.1"), R"({"serviceName":"a\"b","ipv4":"10.0.0.1"})");
  EXPECT_EQ(ZipkinEndpoint("a", "::1"), R"({"serviceName":"a","ipv6":"::1"})");
  EXPECT_EQ(ZipkinEndpoint("", ""), R"({"serviceName":""})");
}

TEST_F(EncodingTest, AChildIsAClientsSpanOfTheSameTrace) {
  Span* child = Make(kContext)->MakeChild("router x egress", MonoTime(seconds(8)));
  EXPECT_EQ(child->kind(), SpanKind::kClient);
  EXPECT_EQ(child->context().parent_id, 0xbU);
  EXPECT_EQ(child->start_wall(), WallTime(seconds(1'700'000'003)));
  EXPECT_TRUE(child->sampled());
}

// The text of a field, by the way to it.
std::string At(std::string_view message, std::vector<uint32_t> way) {
  for (const uint32_t field : way) {
    ProtoReader reader(message);
    std::string_view found = "(none)";
    while (reader.Next()) {
      if (reader.IsText(field)) found = reader.text();
    }
    EXPECT_TRUE(reader.ok());
    message = found;
  }
  return std::string(message);
}

TEST_F(EncodingTest, Otlp) {
  Span* span = Make({.trace_high = 0x0102030405060708,
                     .trace_low = 0x090a0b0c0d0e0f10,
                     .span_id = 0xb,
                     .parent_id = 0xa,
                     .sampled = true,
                     .state = "a=1"});
  span->SetTag("k", "v");
  span->AddEvent("sent", MonoTime(seconds(5)));
  span->Finish(MonoTime(seconds(6)));
  const std::string request =
      MakeOtlpRequest(MakeOtlpResource({{"service.name", "web"}}), driver_.otlp[0]);
  EXPECT_EQ(At(request, {1, 1, 1, 1}), "service.name");
  EXPECT_EQ(At(request, {1, 1, 1, 2, 1}), "web");
  EXPECT_EQ(At(request, {1, 2, 1, 1}), "sluice");
  EXPECT_EQ(At(request, {1, 2, 2, 1}),
            "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10");
  EXPECT_EQ(At(request, {1, 2, 2, 2}), std::string("\0\0\0\0\0\0\0\x0b", 8));
  EXPECT_EQ(At(request, {1, 2, 2, 3}), "a=1");
  EXPECT_EQ(At(request, {1, 2, 2, 4}), std::string("\0\0\0\0\0\0\0\x0a", 8));
  EXPECT_EQ(At(request, {1, 2, 2, 5}), "a.test");
  EXPECT_EQ(At(request, {1, 2, 2, 9, 1}), "k");
  EXPECT_EQ(At(request, {1, 2, 2, 9, 2, 1}), "v");
  EXPECT_EQ(At(request, {1, 2, 2, 11, 2}), "sent");
  EXPECT_EQ(At(request, {1, 2, 2, 15}), "(none)");
  // kind SERVER, then the start and the end in nanoseconds, little-endian.
  const std::string body = At(request, {1, 2, 2});
  const size_t at = body.find("\x30\x02\x39");
  ASSERT_NE(at, std::string::npos);
  uint64_t start = 0;
  uint64_t end = 0;
  for (size_t i = 8; i-- > 0;) {
    start = start << 8 | static_cast<unsigned char>(body[at + 3 + i]);
    end = end << 8 | static_cast<unsigned char>(body[at + 12 + i]);
  }
  EXPECT_EQ(start, 1'700'000'000'000'000'000U);
  EXPECT_EQ(end, 1'700'000'001'000'000'000U);
}

TEST_F(EncodingTest, OtlpStatusIsAnErrorWhereTheSpansSideIsAtFault) {
  struct Case {
    SpanKind kind;
    uint64_t status;
    const char* expected;
  };
  const Case cases[] = {{SpanKind::kServer, 200, "(none)"},
                        {SpanKind::kServer, 404, "(none)"},
                        {SpanKind::kServer, 500, "\x18\x02"},
                        {SpanKind::kClient, 399, "(none)"},
                        {SpanKind::kClient, 404, "\x18\x02"}};
  for (const Case& one : cases) {
    Span* span = Make(kContext, one.kind);
    span->SetNumber("http.status_code", one.status);
    span->Finish(MonoTime(seconds(6)));
    EXPECT_EQ(At(driver_.otlp.back(), {2, 15}), one.expected) << one.status;
  }
}

}  // namespace
}  // namespace sluice::tracing

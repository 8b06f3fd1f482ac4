#include "reverse_bridge_filter.h"

#include <gtest/gtest.h>

#include "support/filter_host.h"

namespace sluice::filters::grpc_http1_reverse_bridge {
namespace {

using filter::FilterStatus;

struct ReverseBridgeFilterTest : ::testing::Test {
  filter::HttpFilter& Make() { return host.Adopt(host.arena().New<ReverseBridgeFilter>(config)); }
  static std::string Run(auto call, std::string_view text, FilterStatus* status = nullptr) {
    ByteChain data;
    data.Append(text);
    const FilterStatus answered = call(data);
    if (status != nullptr) *status = answered;
    return data.ToString();
  }
  void Request(filter::HttpFilter& filter) {
    host.request_head().Add("content-type", "application/grpc+proto");
    host.request_head().Add("content-length", "8");
    filter.OnRequestHead(host.request_head(), false);
  }
  void Answer(std::string_view status, std::string_view type) {
    host.response_head().Add(":status", status);
    host.response_head().Add("content-type", type);
    host.response_head().Add("content-length", "2");
  }

  ReverseBridgeConfig config{.content_type = "application/x-protobuf",
                             .withhold_grpc_frames = true,
                             .response_size_header = ""};
  test::FilterHost host;
};

TEST_F(ReverseBridgeFilterTest, FramesAreWithheldAndMade) {
  filter::HttpFilter& filter = Make();
  Request(filter);
  EXPECT_EQ(host.request_head().Get("content-type"), "application/x-protobuf");
  EXPECT_EQ(host.request_head().Get("accept"), "application/x-protobuf");
  EXPECT_EQ(host.request_head().Get("content-length"), "3");
  EXPECT_EQ(Run([&](ByteChain& d) { return filter.OnRequestData(d, true); },
                std::string_view("\0\0\0\0\3abc", 8)),
            "abc");
  Answer("200", "application/x-protobuf");
  EXPECT_EQ(filter.OnResponseHead(host.response_head(), false), FilterStatus::kContinue);
  EXPECT_EQ(host.response_head().Get("content-type"), "application/grpc+proto");
  EXPECT_EQ(host.response_head().Get("content-length"), "7");
  EXPECT_EQ(Run([&](ByteChain& d) { return filter.OnResponseData(d, true); }, "xy"),
            std::string("\0\0\0\0\2xy", 7));
  EXPECT_EQ(host.response_trailers().Get("grpc-status"), "0");
}

TEST_F(ReverseBridgeFilterTest, StatusIsMapped) {
  filter::HttpFilter& filter = Make();
  Request(filter);
  Answer("503", "application/x-protobuf");
  filter.OnResponseHead(host.response_head(), false);
  EXPECT_EQ(host.response_head().Get(":status"), "200");
  Run([&](ByteChain& d) { return filter.OnResponseData(d, true); }, "xy");
  EXPECT_EQ(host.response_trailers().Get("grpc-status"), "14");
}

TEST_F(ReverseBridgeFilterTest, OtherTypeOfAnswerIsAnError) {
  filter::HttpFilter& filter = Make();
  Request(filter);
  Answer("404", "text/html");
  EXPECT_EQ(filter.OnResponseHead(host.response_head(), false), FilterStatus::kStop);
  ASSERT_EQ(host.replies.size(), 1U);
  EXPECT_EQ(host.replies[0].reply.grpc_status, 2U);
  EXPECT_EQ(host.replies[0].body,
            "envoy reverse bridge: upstream responded with unsupported content-type text/html, "
            "status code 404");
}

TEST_F(ReverseBridgeFilterTest, RequestWithoutAWholePrefixIsAnError) {
  filter::HttpFilter& filter = Make();
  Request(filter);
  FilterStatus status = FilterStatus::kContinue;
  Run([&](ByteChain& d) { return filter.OnRequestData(d, true); }, "abc", &status);
  EXPECT_EQ(status, FilterStatus::kStop);
  EXPECT_EQ(host.replies.size(), 1U);
}

TEST_F(ReverseBridgeFilterTest, PromisedSizeIsNotHeldAndIsChecked) {
  config.response_size_header = "x-size";
  filter::HttpFilter& filter = Make();
  Request(filter);
  Answer("200", "application/x-protobuf");
  host.response_head().Add("x-size", "4");
  filter.OnResponseHead(host.response_head(), false);
  EXPECT_EQ(host.response_head().Get("content-length"), "9");
  EXPECT_EQ(Run([&](ByteChain& d) { return filter.OnResponseData(d, false); }, "xy"),
            std::string("\0\0\0\0\4xy", 7));
  Run([&](ByteChain& d) { return filter.OnResponseData(d, true); }, "z");
  EXPECT_EQ(host.calls.back(), "reset grpc_bridge_content_length_wrong");
}

TEST_F(ReverseBridgeFilterTest, RoutesTurnItOff) {
  filter::HttpFilter& filter = Make();
  const ReverseBridgePerRouteConfig off{.disabled = true};
  host.config = &off;
  Request(filter);
  EXPECT_EQ(host.request_head().Get("content-type"), "application/grpc+proto");
}

}  // namespace
}  // namespace sluice::filters::grpc_http1_reverse_bridge

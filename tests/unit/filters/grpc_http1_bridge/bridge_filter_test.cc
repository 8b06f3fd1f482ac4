#include <gtest/gtest.h>

#include "grpc_http1_bridge_filter.h"
#include "support/filter_host.h"

namespace sluice::filters::grpc_http1_bridge {
namespace {

using filter::FilterStatus;

struct BridgeFilterTest : ::testing::Test {
  FilterStatus Begin(std::string_view type, http::Version version = http::Version::kHttp11) {
    host.info().protocol = version;
    host.request_head().Add("content-type", type);
    host.request_head().Add(":path", "/a.B/C?x=1");
    return filter.OnRequestHead(host.request_head(), false);
  }
  FilterStatus Response(std::string_view text, bool end) {
    ByteChain data;
    data.Append(text);
    const FilterStatus status = filter.OnResponseData(data, end);
    host.held_response.Append(std::move(data));
    return status;
  }
  void Head() {
    host.response_head().Add(":status", "200");
    host.response_head().Add("content-type", "application/grpc");
  }

  BridgeConfig config{.upgrade_protobuf_to_grpc = true, .ignore_query_parameters = true};
  test::FilterHost host;
  filter::HttpFilter& filter = host.Adopt(host.arena().New<BridgeFilter>(config));
};

TEST_F(BridgeFilterTest, TrailersGoIntoTheHead) {
  EXPECT_EQ(Begin("application/grpc"), FilterStatus::kContinue);
  Head();
  EXPECT_EQ(filter.OnResponseHead(host.response_head(), false), FilterStatus::kStop);
  EXPECT_EQ(Response("message", false), FilterStatus::kStop);
  host.response_trailers().Add("grpc-status", "0");
  EXPECT_EQ(filter.OnResponseTrailers(host.response_trailers()), FilterStatus::kContinue);
  EXPECT_EQ(host.response_head().Get(":status"), "200");
  EXPECT_EQ(host.response_head().Get("grpc-status"), "0");
  EXPECT_EQ(host.response_head().Get("content-length"), "7");
}

TEST_F(BridgeFilterTest, FailureIs503) {
  Begin("application/grpc");
  Head();
  filter.OnResponseHead(host.response_head(), false);
  host.response_trailers().Add("grpc-status", "7");
  host.response_trailers().Add("grpc-message", "no%20way");
  filter.OnResponseTrailers(host.response_trailers());
  EXPECT_EQ(host.response_head().Get(":status"), "503");
  EXPECT_EQ(host.response_head().Get("grpc-status"), "7");
  EXPECT_EQ(host.response_head().Get("grpc-message"), "no%20way");
  EXPECT_EQ(host.response_head().Get("content-length"), "0");
}

TEST_F(BridgeFilterTest, Http2ClientsReadTrailersThemselves) {
  Begin("application/grpc", http::Version::kHttp2);
  Head();
  EXPECT_EQ(filter.OnResponseHead(host.response_head(), false), FilterStatus::kContinue);
  EXPECT_EQ(Response("message", false), FilterStatus::kContinue);
}

TEST_F(BridgeFilterTest, ProtobufIsFramedAndUnframed) {
  EXPECT_EQ(Begin("application/x-protobuf"), FilterStatus::kStop);
  EXPECT_EQ(host.request_head().Get("content-type"), "application/grpc");
  EXPECT_EQ(host.request_head().Get(":path"), "/a.B/C");
  ByteChain data;
  data.Append(std::string_view("abc"));
  EXPECT_EQ(filter.OnRequestData(data, false), FilterStatus::kStop);
  host.held_request.Append(std::move(data));
  ByteChain last;
  EXPECT_EQ(filter.OnRequestData(last, true), FilterStatus::kContinue);
  EXPECT_EQ(host.held_request.ToString(), std::string("\0\0\0\0\3abc", 8));
  Head();
  filter.OnResponseHead(host.response_head(), false);
  EXPECT_EQ(host.response_head().Get("content-type"), "application/x-protobuf");
  Response(std::string_view("\0\0\0", 3), false);
  Response(std::string_view("\0\2xy", 4), false);
  host.response_trailers().Add("grpc-status", "0");
  filter.OnResponseTrailers(host.response_trailers());
  EXPECT_EQ(host.held_response.ToString(), "xy");
  EXPECT_EQ(host.response_head().Get("content-length"), "2");
}

}  // namespace
}  // namespace sluice::filters::grpc_http1_bridge

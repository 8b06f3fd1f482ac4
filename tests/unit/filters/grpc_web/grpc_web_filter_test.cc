#include "grpc_web_filter.h"

#include <gtest/gtest.h>

#include "base64.h"
#include "support/filter_host.h"

namespace sluice::filters::grpc_web {
namespace {

using filter::FilterStatus;
using http::HeaderId;

std::string Decoded(std::string_view text, bool* good = nullptr, size_t* left = nullptr) {
  ByteChain from;
  from.Append(text);
  ByteChain to;
  const bool decoded = DecodeBase64(from, to);
  if (good != nullptr) *good = decoded;
  if (left != nullptr) *left = from.size();
  return to.ToString();
}

std::string Encoded(std::string_view bytes) {
  ByteChain from;
  from.Append(bytes);
  ByteChain to;
  EncodeBase64(from, to);
  return to.ToString();
}

TEST(GrpcWebBase64Test, EncodesWithPadding) {
  EXPECT_EQ(Encoded(""), "");
  EXPECT_EQ(Encoded("f"), "Zg==");
  EXPECT_EQ(Encoded("fo"), "Zm8=");
  EXPECT_EQ(Encoded("foo"), "Zm9v");
  const std::string all(10000, '\xfb');
  EXPECT_EQ(Decoded(Encoded(all)), all);
}

TEST(GrpcWebBase64Test, PiecesMayBePaddedInTheMiddle) {
  EXPECT_EQ(Decoded("Zg==Zm8=Zm9v"), "ffofoo");
  size_t left = 0;
  EXPECT_EQ(Decoded("Zm9vZg=", nullptr, &left), "foo");
  EXPECT_EQ(left, 3U);
}

TEST(GrpcWebBase64Test, WhatIsNotBase64IsRefused) {
  for (const std::string_view bad : {"Zm9-", "Z===", "====", "Zg=v", "Zm\n9"}) {
    bool good = true;
    Decoded(bad, &good);
    EXPECT_FALSE(good) << bad;
  }
}

struct GrpcWebFilterTest : ::testing::Test {
  void Begin(std::string_view type, std::string_view accept = "") {
    host.request_head().Add("content-type", type);
    host.request_head().Add("content-length", "9");
    if (!accept.empty()) host.request_head().Add("accept", accept);
    EXPECT_EQ(filter.OnRequestHead(host.request_head(), false), FilterStatus::kContinue);
  }
  std::string Request(std::string_view text, bool end) {
    ByteChain data;
    data.Append(text);
    last = filter.OnRequestData(data, end);
    return data.ToString();
  }
  std::string Response(std::string_view text) {
    ByteChain data;
    data.Append(text);
    filter.OnResponseData(data, false);
    return data.ToString();
  }

  test::FilterHost host;
  filter::HttpFilter& filter = host.Adopt(host.arena().New<GrpcWebFilter>());
  FilterStatus last = FilterStatus::kContinue;
};

TEST_F(GrpcWebFilterTest, BinaryRequestBecomesGrpcAndTrailersAFrame) {
  Begin("application/grpc-web+proto");
  EXPECT_EQ(host.request_head().Get("content-type"), "application/grpc+proto");
  EXPECT_EQ(host.request_head().Get("te"), "trailers");
  EXPECT_FALSE(host.request_head().Get("content-length"));
  EXPECT_EQ(Request("bytes", true), "bytes");
  host.response_head().Add("content-type", "application/grpc");
  filter.OnResponseHead(host.response_head(), false);
  EXPECT_EQ(host.response_head().Get("content-type"), "application/grpc-web+proto");
  EXPECT_EQ(Response("answer"), "answer");
  host.response_trailers().Add("grpc-status", "0");
  EXPECT_EQ(filter.OnResponseTrailers(host.response_trailers()), FilterStatus::kContinue);
  EXPECT_EQ(host.held_response.ToString(), std::string("\x80\0\0\0\x0fgrpc-status:0\r\n", 20));
  EXPECT_EQ(host.response_trailers().size(), 0U);
}

TEST_F(GrpcWebFilterTest, TextIsDecodedAndEncoded) {
  Begin("application/grpc-web-text", "application/grpc-web-text");
  EXPECT_EQ(host.request_head().Get("content-type"), "application/grpc");
  EXPECT_EQ(Request("Zm", false), "");
  EXPECT_EQ(Request("9vZg", false), "foo");
  EXPECT_EQ(Request("==", true), "f");
  EXPECT_EQ(last, FilterStatus::kContinue);
  host.response_head().Add("content-type", "application/grpc+proto");
  filter.OnResponseHead(host.response_head(), false);
  EXPECT_EQ(host.response_head().Get("content-type"), "application/grpc-web-text+proto");
  EXPECT_EQ(Response("fo"), "Zm8=");
  host.response_trailers().Add("grpc-status", "0");
  filter.OnResponseTrailers(host.response_trailers());
  EXPECT_EQ(Decoded(host.held_response.ToString()),
            std::string("\x80\0\0\0\x0fgrpc-status:0\r\n", 20));
}

TEST_F(GrpcWebFilterTest, BadBase64IsAnswered400) {
  Begin("application/grpc-web-text");
  Request("Zm9", true);
  EXPECT_EQ(last, FilterStatus::kStop);
  ASSERT_EQ(host.replies.size(), 1U);
  EXPECT_EQ(host.replies[0].reply.status, 400U);
  EXPECT_EQ(host.replies[0].body, "Bad gRPC-web request, invalid base64 data.");
}

TEST_F(GrpcWebFilterTest, OtherRequestsPassAsTheyAre) {
  Begin("application/grpc-website");
  EXPECT_EQ(host.request_head().Get("content-type"), "application/grpc-website");
  EXPECT_EQ(host.request_head().Get("content-length"), "9");
  host.response_head().Add("content-type", "application/grpc");
  filter.OnResponseHead(host.response_head(), false);
  EXPECT_EQ(host.response_head().Get("content-type"), "application/grpc");
}

TEST_F(GrpcWebFilterTest, AnswerThatIsNotGrpcGetsAGrpcStatus) {
  Begin("application/grpc-web");
  host.response_head().Add(":status", "404");
  host.response_head().Add("content-type", "text/html");
  filter.OnResponseHead(host.response_head(), false);
  EXPECT_EQ(host.response_head().Get("content-type"), "text/html");
  EXPECT_EQ(host.response_head().Get("grpc-status"), "12");
}

}  // namespace
}  // namespace sluice::filters::grpc_web

#include "compressor_filter.h"

#include <gtest/gtest.h>

#include "sluice/config/extension.h"
#include "sluice/stats/store.h"
#include "support/filter_host.h"
#include "support/parse_config.h"

namespace sluice::filters::compressor {
namespace {

using filter::FilterStatus;
using http::HeaderId;

constexpr std::string_view kLibrary =
    R"(compressor_library: {name: lib, typed_config: {"@type": type.googleapis.com/)"
    R"(envoy.extensions.compression.gzip.compressor.v3.Gzip}}
)";

class CompressorFilterTest : public ::testing::Test {
 protected:
  CompressorFilterTest() { compression::AddExtensions(registry_); }

  void Make(const std::string& yaml = "response_direction_config: {}") {
    host_.reset();
    const auto config = test::ParseConfig<CompressorConfig>(std::string(kLibrary) + yaml,
                                                            {.extensions = &registry_});
    plan_ = std::make_unique<CompressorPlan>(config, MakeLibrary(config.compressor_library));
    worker_ = std::make_unique<CompressorWorker>(*plan_, nullptr, store_.MainScope("http.p"));
    Again();
  }
  // Another stream of the same worker.
  void Again() {
    host_ = std::make_unique<test::FilterHost>();
    host_->Adopt(worker_->Create(host_->arena()));
  }
  filter::HttpFilter& filter() { return host_->filter(); }
  void Request(std::string_view accept = "gzip") {
    host_->request_head().Set(HeaderId::kMethod, "GET");
    if (!accept.empty()) host_->request_head().Set(HeaderId::kAcceptEncoding, accept);
    EXPECT_EQ(filter().OnRequestHead(host_->request_head(), true), FilterStatus::kContinue);
  }
  // The response's fields, "name: value" each; answers its content-encoding.
  std::string Respond(const std::vector<std::pair<std::string, std::string>>& fields,
                      bool end = false) {
    http::HeaderMap& head = host_->response_head();
    head.Clear();
    head.Set(HeaderId::kStatus, "200");
    for (const auto& [name, value] : fields) head.Set(name, value);
    EXPECT_EQ(filter().OnResponseHead(head, end), FilterStatus::kContinue);
    return std::string(head.Get(HeaderId::kContentEncoding).value_or("-"));
  }
  std::string Field(std::string_view name) {
    return std::string(host_->response_head().Get(name).value_or("-"));
  }
  uint64_t Counter(const std::string& name) {
    return store_.CounterValue("http.p.compressor.lib.gzip." + name);
  }

  config::ExtensionRegistry registry_;
  stats::Store store_{1};
  std::unique_ptr<CompressorPlan> plan_;
  std::unique_ptr<CompressorWorker> worker_;
  std::unique_ptr<test::FilterHost> host_;
};

TEST_F(CompressorFilterTest, CompressesWhatTheClientAccepts) {
  Make();
  Request();
  EXPECT_FALSE(filter().WantsBodies());
  EXPECT_EQ(Respond({{"content-type", "text/html; charset=utf-8"}, {"content-length", "100"}}),
            "gzip");
  EXPECT_TRUE(filter().WantsBodies());
  EXPECT_EQ(Field("content-length"), "-");
  EXPECT_EQ(Field("vary"), "Accept-Encoding");
  ByteChain data;
  data.Append(std::string(100, 'x'));
  EXPECT_EQ(filter().OnResponseData(data, true), FilterStatus::kContinue);
  EXPECT_TRUE(data.ToString().starts_with("\x1f\x8b"));
  EXPECT_EQ(Counter("response.compressed"), 1U);
  EXPECT_EQ(Counter("response.total_uncompressed_bytes"), 100U);
  EXPECT_EQ(Counter("response.total_compressed_bytes"), data.size());
  EXPECT_EQ(Counter("header_compressor_used"), 1U);
}

TEST_F(CompressorFilterTest, TrailersComeAfterTheEndOfTheCoding) {
  Make();
  Request();
  Respond({{"content-type", "text/plain"}});
  ByteChain data;
  data.Append("some");
  filter().OnResponseData(data, false);
  EXPECT_GT(data.size(), 4U);  // flushed
  EXPECT_EQ(filter().OnResponseTrailers(host_->response_trailers()), FilterStatus::kContinue);
  EXPECT_GE(host_->held_response.size(), 8U);  // gzip's CRC and length at least
}

TEST_F(CompressorFilterTest, WhatIsNotCompressed) {
  using Fields = std::vector<std::pair<std::string, std::string>>;
  struct Case {
    Fields fields;
    bool vary;
  };
  const std::vector<Case> cases = {
      {{{"content-type", "image/png"}}, false},
      {{{"content-length", "29"}}, false},
      {{{"content-length", "x"}}, false},
      {{{"content-encoding", "br"}}, false},
      {{{"cache-control", "public, No-Transform"}}, false},
      {{{"transfer-encoding", "gzip, chunked"}}, true},
      {{{":status", "418"}}, false},
      {{{":status", "101"}, {"upgrade", "websocket"}}, false},
      {{{":status", "206"}, {"content-range", "bytes 0-99/1000"}}, false},
  };
  Make("response_direction_config: {uncompressible_response_codes: [418]}");
  for (const Case& each : cases) {
    Again();
    Request();
    const std::string before =
        each.fields[0].first == "content-encoding" ? each.fields[0].second : "-";
    EXPECT_EQ(Respond(each.fields), before) << each.fields[0].first;
    EXPECT_EQ(Field("vary") != "-", each.vary) << each.fields[0].first;
    EXPECT_FALSE(filter().WantsBodies());
  }
  EXPECT_EQ(Counter("response.content_length_too_small"), 2U);
  EXPECT_EQ(Counter("response.not_compressed"), cases.size());
}

TEST_F(CompressorFilterTest, HeadsWithoutABodyKeepTheirLength) {
  Make();
  Request();
  EXPECT_EQ(Respond({{"content-type", "text/html"}, {"content-length", "100"}}, true), "-");
  EXPECT_EQ(Field("content-length"), "100");
  EXPECT_EQ(Field("vary"), "Accept-Encoding");
}

TEST_F(CompressorFilterTest, VaryIsToldToThoseWhoWantIdentityToo) {
  Make();
  Request("");
  EXPECT_EQ(Respond({{"content-type", "text/html"}, {"vary", "origin"}}), "-");
  EXPECT_EQ(Field("vary"), "origin, Accept-Encoding");
  EXPECT_EQ(Counter("no_accept_header"), 1U);
  for (const auto* vary : {"*", "origin, accept-encoding"}) {
    Again();
    Request("identity");
    Respond({{"content-type", "text/html"}, {"vary", vary}});
    EXPECT_EQ(Field("vary"), vary);
  }
  EXPECT_EQ(Counter("header_identity"), 2U);
}

TEST_F(CompressorFilterTest, StrongEtagsAreRemovedWeakOnesKept) {
  Make();
  Request();
  EXPECT_EQ(Respond({{"content-type", "text/html"}, {"etag", "\"abc\""}}), "gzip");
  EXPECT_EQ(Field("etag"), "-");
  Again();
  Request();
  EXPECT_EQ(Respond({{"content-type", "text/html"}, {"etag", "W/\"abc\""}}), "gzip");
  EXPECT_EQ(Field("etag"), "W/\"abc\"");
  Make("response_direction_config: {disable_on_etag_header: true}");
  Request();
  EXPECT_EQ(Respond({{"content-type", "text/html"}, {"etag", "W/\"abc\""}}), "-");
  EXPECT_EQ(Counter("not_compressed_etag"), 1U);
}

TEST_F(CompressorFilterTest, DeprecatedFieldsMeanTheSameAndCountAtTheRoot) {
  Make("content_length: 200\ncontent_type: [text/x]\nremove_accept_encoding_header: true");
  Request();
  EXPECT_FALSE(host_->request_head().Has(HeaderId::kAcceptEncoding));
  EXPECT_EQ(Respond({{"content-type", "text/x"}, {"content-length", "199"}}), "-");
  Again();
  Request();
  EXPECT_EQ(Respond({{"content-type", "text/x"}, {"content-length", "200"}}), "gzip");
  EXPECT_EQ(Counter("compressed"), 1U);
  EXPECT_EQ(Counter("content_length_too_small"), 1U);
}

TEST_F(CompressorFilterTest, RoutesTurnResponsesOffAndOn) {
  Make();
  RoutePlan off;
  off.response_enabled = false;
  host_->config = &off;
  Request();
  EXPECT_EQ(Respond({{"content-type", "text/html"}}), "-");
  EXPECT_EQ(Field("vary"), "-");
  Make(
      "response_direction_config: {common_config: {enabled: {default_value: false, runtime_key: "
      "x}}}");
  Request();
  EXPECT_EQ(Respond({{"content-type", "text/html"}}), "-");
  Again();
  RoutePlan on;
  on.response_enabled = true;
  on.remove_accept_encoding = true;
  host_->config = &on;
  Request();
  EXPECT_FALSE(host_->request_head().Has(HeaderId::kAcceptEncoding));
  EXPECT_EQ(Respond({{"content-type", "text/html"}}), "gzip");
}

TEST_F(CompressorFilterTest, RequestsAreCompressedWhenAskedFor) {
  Make("request_direction_config: {common_config: {content_type: [text/a]}}");
  http::HeaderMap& head = host_->request_head();
  head.Set(HeaderId::kMethod, "POST");
  head.Set("content-type", "text/a");
  head.Set("content-length", "1000");
  EXPECT_EQ(filter().OnRequestHead(head, false), FilterStatus::kContinue);
  EXPECT_EQ(head.Get("content-encoding"), "gzip");
  EXPECT_FALSE(head.Has(HeaderId::kContentLength));
  ByteChain data;
  data.Append(std::string(1000, 'a'));
  filter().OnRequestData(data, true);
  EXPECT_LT(data.size(), 100U);
  EXPECT_EQ(Counter("request.total_uncompressed_bytes"), 1000U);
  Again();
  http::HeaderMap& other = host_->request_head();
  other.Set("content-type", "text/a");
  other.Set("content-encoding", "br");
  filter().OnRequestHead(other, false);
  EXPECT_EQ(other.Get("content-encoding"), "br");
  EXPECT_EQ(Counter("request.compressed"), 1U);
  EXPECT_EQ(Counter("request.not_compressed"), 1U);
}

TEST_F(CompressorFilterTest, AReplyBeforeTheRequestWasSeenIsLeftAlone) {
  Make();
  EXPECT_EQ(Respond({{"content-type", "text/html"}}), "-");
  EXPECT_EQ(Field("vary"), "-");
}

}  // namespace
}  // namespace sluice::filters::compressor

#include "decompressor_filter.h"

#include <gtest/gtest.h>

#include "sluice/config/extension.h"
#include "sluice/stats/store.h"
#include "support/filter_host.h"
#include "support/parse_config.h"

namespace sluice::filters::decompressor {
namespace {

using filter::FilterStatus;
using http::HeaderId;

constexpr std::string_view kLibrary =
    R"(decompressor_library: {name: Lib, typed_config: {"@type": type.googleapis.com/)"
    R"(envoy.extensions.compression.gzip.decompressor.v3.Gzip, max_inflate_ratio: 500}}
)";

class DecompressorFilterTest : public ::testing::Test {
 protected:
  DecompressorFilterTest() { compression::AddExtensions(registry_); }

  void Make(const std::string& yaml = "{}") {
    host_.reset();
    const auto config = test::ParseConfig<DecompressorConfig>(
        std::string(kLibrary) + (yaml == "{}" ? "" : yaml), {.extensions = &registry_});
    const config::TypedConfig& library = config.decompressor_library.typed_config;
    plan_ = std::make_unique<DecompressorPlan>(
        config, library.Factory<compression::DecompressorExtension>().Make(library));
    worker_ = std::make_unique<DecompressorWorker>(*plan_, context_, store_.MainScope("http.p"));
    Again();
  }
  void Again() {
    host_ = std::make_unique<test::FilterHost>();
    host_->worker_context = &context_;
    host_->Adopt(worker_->Create(host_->arena()));
  }
  filter::HttpFilter& filter() { return host_->filter(); }
  std::string Packed(std::string_view text) {
    const auto& extension = static_cast<const compression::CompressorExtension&>(
        *registry_.FindName(compression::kCompressors, "envoy.compression.gzip.compressor"));
    auto value = extension.schema().New();
    auto compressor = extension.Make(config::TypedConfig(&extension, value, {}))->Make();
    ByteChain in;
    in.Append(text);
    ByteChain out;
    EXPECT_TRUE(compressor->Compress(in, compression::Ending::kFinish, out));
    return out.ToString();
  }
  void RespondHead(std::string_view encoding) {
    http::HeaderMap& head = host_->response_head();
    head.Set(HeaderId::kContentEncoding, encoding);
    head.Set(HeaderId::kContentLength, "1");
    EXPECT_EQ(filter().OnResponseHead(head, false), FilterStatus::kContinue);
  }
  // What comes out of one piece of the response's body.
  std::string Piece(std::string_view bytes, bool end) {
    ByteChain data;
    data.Append(bytes);
    last_ = filter().OnResponseData(data, end);
    return data.ToString();
  }
  std::string Trailer(std::string_view name) {
    return std::string(host_->response_trailers().Get(name).value_or("-"));
  }
  void Turn() { loop_.RunOnce(Duration::zero()); }
  uint64_t Counter(const std::string& name) {
    return store_.CounterValue("http.p.decompressor.Lib.gzip." + name);
  }

  config::ExtensionRegistry registry_;
  EventLoop loop_;
  stats::Store store_{1};
  alignas(64) char nothing_[64] = {};
  filter::WorkerContext context_{loop_,
                                 store_,
                                 0,
                                 1,
                                 reinterpret_cast<upstream::ClusterSet&>(nothing_),
                                 reinterpret_cast<filter::AsyncClient&>(nothing_)};
  std::unique_ptr<DecompressorPlan> plan_;
  std::unique_ptr<DecompressorWorker> worker_;
  std::unique_ptr<test::FilterHost> host_;
  FilterStatus last_ = FilterStatus::kContinue;
};

TEST_F(DecompressorFilterTest, ResponsesAreDecompressedAndTrailersSayHowMuch) {
  Make();
  RespondHead("gzip");
  EXPECT_FALSE(host_->response_head().Has(HeaderId::kContentEncoding));
  EXPECT_FALSE(host_->response_head().Has(HeaderId::kContentLength));
  const std::string packed = Packed("hello, hello, hello");
  std::string got;
  for (size_t i = 0; i < packed.size(); ++i) {
    got += Piece(packed.substr(i, 1), i + 1 == packed.size());
    EXPECT_EQ(last_, FilterStatus::kContinue);
  }
  EXPECT_EQ(got, "hello, hello, hello");
  EXPECT_EQ(Trailer("x-envoy-decompressor-lib-compressed-bytes"), std::to_string(packed.size()));
  EXPECT_EQ(Trailer("x-envoy-decompressor-lib-uncompressed-bytes"), "19");
  EXPECT_EQ(Counter("response.decompressed"), 1U);
  EXPECT_EQ(Counter("response.total_uncompressed_bytes"), 19U);
  EXPECT_EQ(Counter("response.total_compressed_bytes"), packed.size());
}

TEST_F(DecompressorFilterTest, MuchGoesOnInStepsAndWaitsWhileTheClientIsFull) {
  Make();
  RespondHead("gzip");
  const std::string text = [] {
    std::string long_text;
    for (int i = 0; i < 40000; ++i) long_text += "line " + std::to_string(i) + "\n";
    return long_text;
  }();
  EXPECT_EQ(Piece(Packed(text), true), "");
  EXPECT_EQ(last_, FilterStatus::kStopAllWatermark);
  EXPECT_EQ(host_->injected_response.size(), Expander::kStepBytes);
  filter().OnDownstreamHigh();
  Turn();
  EXPECT_EQ(host_->injected_response.size(), Expander::kStepBytes);
  filter().OnDownstreamLow();
  while (host_->calls.empty()) {
    const size_t before = host_->injected_response.size();
    Turn();
    ASSERT_LE(host_->injected_response.size() - before, Expander::kStepBytes);
    ASSERT_GT(host_->injected_response.size(), before);
  }
  EXPECT_EQ(host_->calls, std::vector<std::string>{"continue-response"});
  EXPECT_TRUE(host_->injected_response.ToString() == text);
  EXPECT_EQ(Trailer("x-envoy-decompressor-lib-uncompressed-bytes"), std::to_string(text.size()));
}

TEST_F(DecompressorFilterTest, BombsAreBrokenOff) {
  Make();
  RespondHead("gzip");
  Piece(Packed(std::string(5 << 20, '\0')), true);
  for (int i = 0; i < 100; ++i) Turn();
  EXPECT_EQ(host_->calls, std::vector<std::string>{"reset response_decompression_overflow"});
  EXPECT_EQ(Counter("decompressor_library.zlib_output_overflow"), 1U);
  EXPECT_LT(host_->injected_response.size(), 5U << 20);
}

TEST_F(DecompressorFilterTest, BrokenAndTruncatedBodiesAreNoCleanEnd) {
  Make();
  RespondHead("gzip");
  EXPECT_EQ(Piece("not gzip at all", false), "");
  EXPECT_EQ(last_, FilterStatus::kStop);
  EXPECT_EQ(host_->calls.back(), "reset response_decompression_failed");
  EXPECT_EQ(Piece("more", true), "");
  Again();
  RespondHead("gzip");
  const std::string packed = Packed("hello");
  Piece(packed.substr(0, packed.size() - 1), true);
  EXPECT_EQ(host_->calls.back(), "reset response_decompression_failed");
  Again();
  RespondHead("gzip");
  Piece(packed.substr(0, packed.size() - 1), false);
  EXPECT_EQ(filter().OnResponseTrailers(host_->response_trailers()), FilterStatus::kStop);
  EXPECT_EQ(Counter("decompressor_library.zlib_data_error"), 3U);
}

TEST_F(DecompressorFilterTest, BrokenRequestsAreAnswered) {
  Make();
  for (const bool bomb : {false, true}) {
    Again();
    http::HeaderMap& head = host_->request_head();
    head.Set(HeaderId::kContentEncoding, "gzip");
    filter().OnRequestHead(head, false);
    ByteChain data;
    data.Append(bomb ? Packed(std::string(1 << 20, 'x')) : "text");
    filter().OnRequestData(data, false);
    for (int i = 0; i < 20; ++i) Turn();
    ASSERT_EQ(host_->replies.size(), 1U);
    EXPECT_EQ(host_->replies[0].reply.status, bomb ? 413U : 400U);
  }
}

TEST_F(DecompressorFilterTest, OnlyTheOutermostCodingIsTakenOff) {
  Make();
  RespondHead("br, X-GZIP");
  EXPECT_EQ(host_->response_head().Get(HeaderId::kContentEncoding), "br");
  for (const auto* other : {"gzip, br", "deflate", ","}) {
    Again();
    RespondHead(other);
    EXPECT_EQ(host_->response_head().Get(HeaderId::kContentEncoding), other);
    EXPECT_FALSE(filter().WantsBodies());
  }
  EXPECT_EQ(Counter("response.not_decompressed"), 3U);
}

TEST_F(DecompressorFilterTest, NoTransformIsObeyedUnlessTold) {
  Make();
  host_->response_head().Set(HeaderId::kCacheControl, "no-transform");
  RespondHead("gzip");
  EXPECT_TRUE(host_->response_head().Has(HeaderId::kContentEncoding));
  Make("response_direction_config: {common_config: {ignore_no_transform_header: true}}");
  host_->response_head().Set(HeaderId::kCacheControl, "no-transform");
  RespondHead("gzip");
  EXPECT_FALSE(host_->response_head().Has(HeaderId::kContentEncoding));
}

TEST_F(DecompressorFilterTest, AcceptEncodingIsAdvertised) {
  const auto advertised = [&](std::string_view field) {
    http::HeaderMap& head = host_->request_head();
    if (!field.empty()) head.Set(HeaderId::kAcceptEncoding, field);
    filter().OnRequestHead(head, true);
    return std::string(head.Get(HeaderId::kAcceptEncoding).value_or("-"));
  };
  Make();
  EXPECT_EQ(advertised(""), "gzip");
  EXPECT_EQ(advertised("br;q=0.5, GZIP;q=0"), "br;q=0.5,gzip");
  Make("request_direction_config: {advertise_accept_encoding: false}");
  EXPECT_EQ(advertised(""), "-");
  Make("response_direction_config: {common_config: {enabled: {default_value: false}}}");
  EXPECT_EQ(advertised("br"), "br");
}

}  // namespace
}  // namespace sluice::filters::decompressor

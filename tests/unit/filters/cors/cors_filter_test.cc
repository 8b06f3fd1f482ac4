#include "cors_filter.h"

#include <gtest/gtest.h>

#include "sluice/stats/store.h"
#include "support/filter_host.h"
#include "support/parse_config.h"

namespace sluice::filters::cors {
namespace {

using filter::FilterStatus;

class CorsFilterTest : public ::testing::Test {
 protected:
  // Runs a request through the filter under the policy.
  FilterStatus Request(const std::string& policy, std::string_view method, std::string_view origin,
                       std::string_view wanted_method = "", uint64_t random = 0) {
    host_ = std::make_unique<test::FilterHost>();
    policy_ =
        std::make_unique<route::CorsPolicy>(test::ParseConfig<route::CorsPolicyConfig>(policy));
    host_->config = policy_.get();
    filter_ = &host_->Adopt(host_->arena().New<CorsFilter>(stats_, random, runtime_));
    http::HeaderMap& head = host_->request_head();
    head.Add(":method", method);
    if (!origin.empty()) head.Add("origin", origin);
    if (!wanted_method.empty()) head.Add("access-control-request-method", wanted_method);
    if (private_network_) head.Add("access-control-request-private-network", "true");
    return filter_->OnRequestHead(head, true);
  }
  std::string Response(std::string_view name) {
    return std::string(host_->response_head().Get(name).value_or("-"));
  }
  void Respond() {
    host_->response_head().Add(":status", "200");
    filter_->OnResponseHead(host_->response_head(), true);
  }

  stats::Store store_{1};
  CorsStats stats_ = stats::Make<CorsStats>(store_.MainScope("http.p.cors"));
  std::unique_ptr<route::CorsPolicy> policy_;
  std::unique_ptr<test::FilterHost> host_;
  filter::HttpFilter* filter_ = nullptr;
  bool private_network_ = false;
  const match::RuntimeSnapshot* runtime_ = nullptr;
};

constexpr const char* kPolicy =
    "{allow_origin_string_match: [{exact: 'https://a.test'}, {suffix: '.b.test'}], "
    "allow_methods: 'GET, PUT', allow_headers: x-a, expose_headers: x-b, max_age: '600', "
    "allow_credentials: true}";

TEST_F(CorsFilterTest, PreflightOfAnAllowedOriginIsAnsweredHere) {
  EXPECT_EQ(Request(kPolicy, "OPTIONS", "https://x.b.test", "PUT"), FilterStatus::kStop);
  ASSERT_EQ(host_->replies.size(), 1U);
  EXPECT_EQ(host_->replies[0].reply.status, 200U);
  EXPECT_EQ(host_->replies[0].reply.details, "cors_response");
  EXPECT_EQ(Response("access-control-allow-origin"), "https://x.b.test");
  EXPECT_EQ(Response("access-control-allow-methods"), "GET, PUT");
  EXPECT_EQ(Response("access-control-allow-headers"), "x-a");
  EXPECT_EQ(Response("access-control-max-age"), "600");
  EXPECT_EQ(Response("access-control-allow-credentials"), "true");
  EXPECT_EQ(Response("access-control-allow-private-network"), "-");
  EXPECT_EQ(store_.CounterValue("http.p.cors.origin_valid"), 1U);
}

TEST_F(CorsFilterTest, ResponseOfAnAllowedOriginIsMarked) {
  EXPECT_EQ(Request(kPolicy, "GET", "https://a.test"), FilterStatus::kContinue);
  Respond();
  EXPECT_EQ(Response("access-control-allow-origin"), "https://a.test");
  EXPECT_EQ(Response("access-control-expose-headers"), "x-b");
  EXPECT_EQ(Response("access-control-allow-credentials"), "true");
  EXPECT_EQ(Response("access-control-allow-methods"), "-");
}

TEST_F(CorsFilterTest, OtherOriginsAreCountedAndLeftAlone) {
  EXPECT_EQ(Request(kPolicy, "GET", "https://evil.test"), FilterStatus::kContinue);
  Respond();
  EXPECT_EQ(Response("access-control-allow-origin"), "-");
  EXPECT_EQ(store_.CounterValue("http.p.cors.origin_invalid"), 1U);
  EXPECT_EQ(Request(kPolicy, "OPTIONS", "https://evil.test", "PUT"), FilterStatus::kContinue);
  EXPECT_TRUE(host_->replies.empty());
}

TEST_F(CorsFilterTest, PreflightsNotMatchingCanBeAnsweredWithoutTheFields) {
  EXPECT_EQ(Request("{allow_origin_string_match: [{exact: a}], forward_not_matching_preflights: "
                    "false}",
                    "OPTIONS", "b", "PUT"),
            FilterStatus::kStop);
  EXPECT_EQ(Response("access-control-allow-origin"), "-");
  EXPECT_EQ(host_->replies.at(0).reply.status, 200U);
}

TEST_F(CorsFilterTest, OptionsWithoutRequestMethodIsAnOrdinaryRequest) {
  EXPECT_EQ(Request(kPolicy, "OPTIONS", "https://a.test"), FilterStatus::kContinue);
  EXPECT_TRUE(host_->replies.empty());
}

TEST_F(CorsFilterTest, RequestsWithoutOriginOrPolicyAreLeftAlone) {
  EXPECT_EQ(Request(kPolicy, "OPTIONS", "", "PUT"), FilterStatus::kContinue);
  test::FilterHost bare;
  filter::HttpFilter& filter =
      bare.Adopt(bare.arena().New<CorsFilter>(stats_, uint64_t{0}, runtime_));
  bare.request_head().Add("origin", "https://a.test");
  EXPECT_EQ(filter.OnRequestHead(bare.request_head(), true), FilterStatus::kContinue);
  EXPECT_EQ(filter.OnResponseHead(bare.response_head(), true), FilterStatus::kContinue);
  EXPECT_EQ(store_.CounterValue("http.p.cors.origin_valid"), 0U);
}

TEST_F(CorsFilterTest, AStarInThePolicyAllowsEverybody) {
  EXPECT_EQ(Request("{allow_origin_string_match: [{exact: '*'}]}", "GET", "https://any.test"),
            FilterStatus::kContinue);
  Respond();
  EXPECT_EQ(Response("access-control-allow-origin"), "https://any.test");
}

TEST_F(CorsFilterTest, PrivateNetworksOnRequestAndPermissionOnly) {
  private_network_ = true;
  Request("{allow_origin_string_match: [{exact: a}], allow_private_network_access: true}",
          "OPTIONS", "a", "PUT");
  EXPECT_EQ(Response("access-control-allow-private-network"), "true");
  Request("{allow_origin_string_match: [{exact: a}]}", "OPTIONS", "a", "PUT");
  EXPECT_EQ(Response("access-control-allow-private-network"), "-");
}

TEST_F(CorsFilterTest, SharesOfEnforcedAndShadowedRequests) {
  const std::string origins = "{allow_origin_string_match: [{exact: a}], ";
  Request(origins + "filter_enabled: {default_value: {numerator: 50}}}", "OPTIONS", "a", "PUT", 50);
  EXPECT_TRUE(host_->replies.empty());
  EXPECT_EQ(store_.CounterValue("http.p.cors.origin_valid"), 0U);
  Request(origins + "filter_enabled: {default_value: {numerator: 50}}}", "OPTIONS", "a", "PUT", 49);
  EXPECT_EQ(host_->replies.size(), 1U);
  Request(origins +
              "filter_enabled: {default_value: {numerator: 0}}, shadow_enabled: "
              "{default_value: {numerator: 100}}}",
          "OPTIONS", "a", "PUT");
  EXPECT_TRUE(host_->replies.empty());
  EXPECT_EQ(store_.CounterValue("http.p.cors.origin_valid"), 2U);
}

TEST_F(CorsFilterTest, RuntimeOverridesTheShare) {
  struct Runtime final : match::RuntimeSnapshot {
    std::optional<match::Fraction> FindFraction(std::string_view key) const override {
      return key == "off" ? std::optional(match::Fraction{0, 100}) : std::nullopt;
    }
    std::optional<uint64_t> FindInteger(std::string_view) const override { return std::nullopt; }
  } runtime;
  runtime_ = &runtime;
  const std::string policy =
      "{allow_origin_string_match: [{exact: a}], filter_enabled: {default_value: {numerator: 100}, "
      "runtime_key: ";
  Request(policy + "off}}", "OPTIONS", "a", "PUT");
  EXPECT_TRUE(host_->replies.empty());
  Request(policy + "unset}}", "OPTIONS", "a", "PUT");
  EXPECT_EQ(host_->replies.size(), 1U);
}

}  // namespace
}  // namespace sluice::filters::cors

#include "sluice/upstream/cluster_config.h"

#include <gtest/gtest.h>

#include "sluice/config/categories.h"
#include "sluice/config/parse.h"
#include "sluice/config/reader.h"
#include "sluice/net/dns_config.h"

namespace sluice::upstream {
namespace {

using config::Format;
using config::Problems;

config::ExtensionRegistry MakeRegistry() {
  config::ExtensionRegistry registry;
  registry.Emplace<config::Extension>(config::kUpstreamOptions, kHttpOptionsType,
                                      &HttpOptionsConfig::Schema);
  registry.Emplace<config::Extension>(config::kDnsResolvers, net::kCaresResolverType,
                                      &net::CaresResolverConfig::Schema,
                                      std::vector<std::string_view>{net::kCaresResolverName});
  return registry;
}

class ClusterConfigTest : public testing::Test {
 protected:
  bool Read(const std::string& yaml) {
    auto node = config::ReadText("c.yaml", yaml, Format::kYaml, {}, problems_);
    return node && config::Parse(*node, {.extensions = &registry_}, problems_, cluster_);
  }

  config::ExtensionRegistry registry_ = MakeRegistry();
  Problems problems_;
  ClusterConfig cluster_;
};

TEST_F(ClusterConfigTest, OrdinaryClusterParses) {
  ASSERT_TRUE(Read(R"(
name: backend
connect_timeout: 0.25s
type: strict_dns
lb_policy: ROUND_ROBIN
load_assignment:
  cluster_name: backend
  endpoints:
  - lb_endpoints:
    - endpoint: { address: { socket_address: { address: a.test, port_value: 80 } } }
    - endpoint:
        address: { pipe: { path: /run/b.sock } }
      load_balancing_weight: 3
)")) << problems_.Text();
  const auto& endpoints = cluster_.load_assignment.endpoints.at(0).lb_endpoints;
  EXPECT_EQ(endpoints.at(0).endpoint.address.ToString(), "a.test:80");
  EXPECT_EQ(endpoints.at(1).load_balancing_weight, 3U);
  EXPECT_EQ(cluster_.http_options(), nullptr);
}

TEST_F(ClusterConfigTest, OldHttpOptionsBecomeTypedOnesWithOneWarningEach) {
  ASSERT_TRUE(Read(R"(
name: backend
common_http_protocol_options: { idle_timeout: 3s }
max_requests_per_connection: 7
http_protocol_options: { enable_trailers: true }
)")) << problems_.Text();
  EXPECT_EQ(problems_.warnings(), 3U);
  const HttpOptionsConfig* options = cluster_.http_options();
  ASSERT_NE(options, nullptr);
  EXPECT_EQ(options->common_http_protocol_options.idle_timeout, std::chrono::seconds(3));
  EXPECT_EQ(options->common_http_protocol_options.max_requests_per_connection, 7U);
  EXPECT_TRUE(options->explicit_http_config->http_protocol_options->enable_trailers);
}

TEST_F(ClusterConfigTest, OldHttp2OptionsAskForHttp2AndProblemsNameWhatWasWritten) {
  ASSERT_TRUE(Read(R"(
name: backend
http2_protocol_options: { max_concurrent_streams: 5 }
)")) << problems_.Text();
  EXPECT_EQ(problems_.warnings(), 1U);
  const auto& chosen = cluster_.http_options()->explicit_http_config;
  EXPECT_EQ(chosen->http2_protocol_options->max_concurrent_streams, 5U);
  EXPECT_FALSE(chosen->http_protocol_options);
  EXPECT_FALSE(Read(R"(
name: backend
http2_protocol_options: { max_concurrent_streams: 0 }
)"));
  const std::string text = problems_.Text();
  EXPECT_NE(text.find(" http2_protocol_options.max_concurrent_streams: "), std::string::npos)
      << text;
  EXPECT_EQ(text.find("explicit_http_config"), std::string::npos) << text;
}

TEST_F(ClusterConfigTest, OldDnsFieldsBecomeAResolver) {
  ASSERT_TRUE(Read(R"(
name: backend
type: STRICT_DNS
dns_resolvers: [ { socket_address: { address: 10.0.0.1, port_value: 53 } } ]
)")) << problems_.Text();
  ASSERT_TRUE(cluster_.typed_dns_resolver_config);
  const auto* resolver =
      cluster_.typed_dns_resolver_config->typed_config.As<net::CaresResolverConfig>();
  ASSERT_NE(resolver, nullptr);
  EXPECT_EQ(resolver->resolvers.at(0).ToString(), "10.0.0.1:53");
}

TEST_F(ClusterConfigTest, WhatIsNotImplementedIsRefusedByName) {
  EXPECT_FALSE(
      Read("name: a\ntype: EDS\neds_cluster_config: {eds_config: {ads: {}}}\nlrs_server: {}\n"));
  const std::string text = problems_.Text();
  EXPECT_NE(text.find("eds_cluster_config.eds_config.ads: a field of Envoy that sluice does not "
                      "implement"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("c.yaml:4:1: lrs_server: a field of Envoy that sluice does not implement"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::upstream

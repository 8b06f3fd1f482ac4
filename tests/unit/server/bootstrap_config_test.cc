#include "sluice/server/bootstrap_config.h"

#include <gtest/gtest.h>

#include "sluice/config/parse.h"
#include "sluice/config/reader.h"
#include "sluice/filter/registry.h"

namespace sluice::server {
namespace {

struct EchoConfig {
  std::string word;
  static const config::Message& Schema() {
    static const auto message = config::Message::Of<EchoConfig>(
        "test.Echo", "Echo.", {config::Field("word", &EchoConfig::word, "A word.")});
    return message;
  }
};

class BootstrapConfigTest : public testing::Test {
 protected:
  BootstrapConfigTest() {
    registry_.Emplace<config::Extension>(
        filter::kNetworkFilters, "test.Echo", &EchoConfig::Schema,
        std::vector<std::string_view>{"envoy.filters.network.echo", "envoy.echo"});
  }
  bool Read(const std::string& yaml) {
    auto node = config::ReadText("b.yaml", yaml, config::Format::kYaml, {}, problems_);
    return node && config::RefuseV2(*node, problems_) &&
           config::Parse(*node, {.extensions = &registry_}, problems_, bootstrap_);
  }

  config::ExtensionRegistry registry_;
  config::Problems problems_;
  BootstrapConfig bootstrap_;
};

TEST_F(BootstrapConfigTest, ListenerWithChainAndNamesOnlyFilterParses) {
  ASSERT_TRUE(Read(R"(
admin: { address: { socket_address: { address: 127.0.0.1, port_value: 9901 } } }
layered_runtime:
  layers: [ { name: static, static_layer: { overload: { global_downstream_max_connections: 5 } } } ]
static_resources:
  listeners:
  - name: front
    address: { socket_address: { protocol: tcp, address: "::", port_value: 0, ipv4_compat: true } }
    reuse_port: false
    filter_chains:
    - filter_chain_match: { destination_port: 80, source_ports: [ 1, 2 ] }
      filters: { name: envoy.echo }
)")) << problems_.Text();
  const listener::ListenerConfig& front = bootstrap_.static_resources.listeners.at(0);
  EXPECT_FALSE(front.enable_reuse_port);
  EXPECT_EQ(problems_.warnings(), 1U);
  EXPECT_NE(front.filter_chains.at(0).filters.at(0).typed_config.As<EchoConfig>(), nullptr);
}

TEST_F(BootstrapConfigTest, DuplicateNamesPointAtBoth) {
  EXPECT_FALSE(Read(R"(
static_resources:
  clusters:
  - name: a
  - name: a
)"));
  EXPECT_NE(problems_.Text().find("b.yaml:5:5: static_resources.clusters[1]: duplicate name `a`; "
                                  "already at b.yaml:4:5"),
            std::string::npos)
      << problems_.Text();
}

TEST_F(BootstrapConfigTest, Version2FileGetsOneHeadlineAndTheNewNames) {
  EXPECT_FALSE(Read(R"(
static_resources:
  listeners:
  - address: { socket_address: { address: 0.0.0.0, port_value: 80 } }
    filter_chains:
    - filters:
      - name: envoy.tcp_proxy
        config: { stat_prefix: x, cluster: a }
  clusters:
  - name: a
    hosts: [ { socket_address: { address: a, port_value: 1 } } ]
    tls_context: {}
)"));
  const std::string text = problems_.Text();
  EXPECT_TRUE(text.starts_with("b.yaml: this is an Envoy v2 config;")) << text;
  EXPECT_EQ(problems_.errors(), 3U);
  EXPECT_NE(text.find("b.yaml:11:5: static_resources.clusters[0].hosts: v2 field `hosts`; in v3 it "
                      "is load_assignment"),
            std::string::npos)
      << text;
}

TEST_F(BootstrapConfigTest, WhatIsRefusedSaysSo) {
  EXPECT_FALSE(Read(R"(
dynamic_resources: {ads_config: {}}
static_resources:
  listeners:
  - address: { socket_address: { protocol: UDP, address: 0.0.0.0, port_value: 80 } }
    bind_to_port: false
    filter_chains: [ { filters: [ { name: x, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.redis_proxy.v3.RedisProxy } } ] } ]
)"));
  const std::string text = problems_.Text();
  EXPECT_NE(
      text.find("dynamic_resources.ads_config: a field of Envoy that sluice does not implement"),
      std::string::npos);
  EXPECT_NE(text.find("bind_to_port: a field of Envoy that sluice does not implement"),
            std::string::npos);
  EXPECT_NE(text.find("Envoy extension envoy.extensions.filters.network.redis_proxy.v3.RedisProxy "
                      "is not implemented by sluice"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace sluice::server

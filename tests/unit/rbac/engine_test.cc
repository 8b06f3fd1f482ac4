#include "sluice/rbac/engine.h"

#include <string>

#include <gtest/gtest.h>

#include "sluice/config/parse.h"
#include "sluice/config/reader.h"
#include "sluice/net/address.h"
#include "sluice/route/extensions.h"
#include "sluice/stream/filter_state.h"

namespace sluice::rbac {
namespace {

Engine Make(const std::string& yaml) {
  config::Problems problems;
  auto root = config::ReadText("test", yaml, config::Format::kYaml, {}, problems);
  config::ExtensionRegistry registry;
  route::AddRouteExtensions(registry);
  RbacConfig config;
  EXPECT_TRUE(root && config::Parse(*root, {.extensions = &registry}, problems, config))
      << problems.Text();
  return Engine(config);
}

class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    connection_.local = &local_;
    connection_.remote = &remote_;
    connection_.direct_remote = &direct_;
    connection_.requested_server_name = "db.example.com";
    info_.connection = &connection_;
  }
  Verdict Decide(const std::string& yaml) { return Make(yaml).Decide({info_, nullptr}); }

  net::Address local_ = *net::Address::FromIp("10.1.0.5", 5432);
  net::Address remote_ = *net::Address::FromIp("192.168.7.9", 40000);
  net::Address direct_ = *net::Address::FromIp("172.16.0.1", 40001);
  stream::ConnectionInfo connection_;
  stream::StreamInfo info_;
};

std::string Policy(const std::string& permission, const std::string& principal,
                   const std::string& action = "ALLOW") {
  return "action: " + action + "\npolicies:\n  p:\n    permissions: [" + permission +
         "]\n    principals: [" + principal + "]\n";
}

TEST_F(EngineTest, AllowNeedsAPermissionAndAPrincipal) {
  EXPECT_TRUE(Decide(Policy("{any: true}", "{any: true}")).allowed);
  EXPECT_FALSE(Decide(Policy("{any: false}", "{any: true}")).allowed);
  EXPECT_FALSE(Decide(Policy("{any: true}", "{any: false}")).allowed);
  EXPECT_FALSE(Decide("action: ALLOW\npolicies: {}\n").allowed);
}

TEST_F(EngineTest, DenyTurnsItAround) {
  const Verdict verdict = Decide(Policy("{any: true}", "{any: true}", "DENY"));
  EXPECT_FALSE(verdict.allowed);
  EXPECT_TRUE(Decide(Policy("{any: false}", "{any: true}", "DENY")).allowed);
}

TEST_F(EngineTest, AddressesAndPorts) {
  const struct {
    const char* permission;
    const char* principal;
    bool allowed;
  } cases[] = {
      {"{destination_port: 5432}", "{any: true}", true},
      {"{destination_port: 5433}", "{any: true}", false},
      {"{destination_port_range: {start: 5000, end: 5432}}", "{any: true}", false},
      {"{destination_port_range: {start: 5000, end: 5433}}", "{any: true}", true},
      {"{destination_ip: {address_prefix: 10.0.0.0, prefix_len: 8}}", "{any: true}", true},
      {"{any: true}", "{remote_ip: {address_prefix: 192.168.0.0, prefix_len: 16}}", true},
      {"{any: true}", "{direct_remote_ip: {address_prefix: 192.168.0.0, prefix_len: 16}}", false},
      {"{any: true}", "{direct_remote_ip: {address_prefix: 172.16.0.1, prefix_len: 32}}", true},
      {"{any: true}", "{not_id: {remote_ip: {address_prefix: 192.168.0.0, prefix_len: 16}}}",
       false},
      {"{requested_server_name: {suffix: .example.com}}", "{any: true}", true},
      {"{and_rules: {rules: [{any: true}, {destination_port: 1}]}}", "{any: true}", false},
      {"{or_rules: {rules: [{destination_port: 1}, {any: true}]}}", "{any: true}", true},
      {"{header: {name: x, present_match: true}}", "{any: true}", false},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(Decide(Policy(one.permission, one.principal)).allowed, one.allowed)
        << one.permission << " " << one.principal;
  }
}

TEST_F(EngineTest, TheHeadOfARequestIsLookedAt) {
  Arena arena;
  http::HeaderMap head(arena);
  head.Add(http::HeaderId::kPath, "/admin?x=1");
  head.Add("x-role", "boss");
  const Subject request{info_, &head};
  EXPECT_TRUE(Make(Policy("{url_path: {path: {exact: /admin}}}",
                          "{header: {name: x-role, string_match: {exact: boss}}}"))
                  .Decide(request)
                  .allowed);
}

TEST_F(EngineTest, TemplatesOfPaths) {
  Arena arena;
  http::HeaderMap head(arena);
  const Subject request{info_, &head};
  const Engine engine = Make(Policy(
      "{uri_template: {name: envoy.path.match.uri_template.uri_template_matcher, typed_config: "
      "{\"@type\": type.googleapis.com/envoy.extensions.path.match.uri_template.v3."
      "UriTemplateMatchConfig, path_template: '/users/{id}/posts/*'}}}",
      "{any: true}"));
  for (const auto& [path, allowed] :
       {std::pair{"/users/1/posts/2?x=/", true}, {"/users/1/posts", false}, {"/users", false}}) {
    head.Set(http::HeaderId::kPath, path);
    EXPECT_EQ(engine.Decide(request).allowed, allowed) << path;
  }
}

TEST_F(EngineTest, MetadataOfTheRouteAndOfFilters) {
  const Value of_route(ValueStruct{{"f", Value(ValueStruct{{"team", Value("blue")}})}});
  info_.dynamic_metadata("f").emplace("team", Value("red"));
  const Subject request{info_, nullptr, &of_route};
  const auto decide = [&](const std::string& source, const std::string& team) {
    const std::string rule = "{sourced_metadata: {metadata_source: " + source +
                             ", metadata_matcher: {filter: f, path: [{key: team}], value: "
                             "{string_match: {exact: " +
                             team + "}}}}}";
    const bool permitted = Make(Policy(rule, "{any: true}")).Decide(request).allowed;
    EXPECT_EQ(Make(Policy("{any: true}", rule)).Decide(request).allowed, permitted);
    return permitted;
  };
  EXPECT_TRUE(decide("ROUTE", "blue"));
  EXPECT_FALSE(decide("ROUTE", "red"));
  EXPECT_TRUE(decide("DYNAMIC", "red"));
  EXPECT_FALSE(decide("DYNAMIC", "blue"));
}

TEST_F(EngineTest, WhatAFilterLeft) {
  const std::string policy =
      Policy("{any: true}", "{filter_state: {key: tenant, string_match: {prefix: a}}}");
  EXPECT_FALSE(Decide(policy).allowed);
  info_.filter_state().Set("tenant", std::make_unique<stream::TextState>("bob"));
  EXPECT_FALSE(Decide(policy).allowed);
  info_.filter_state().Set("tenant", std::make_unique<stream::TextState>("alice"));
  EXPECT_TRUE(Decide(policy).allowed);
}

TEST_F(EngineTest, AVerdictNamesItsPolicy) {
  const Engine engine = Make(
      "action: DENY\npolicies:\n  a: {permissions: [{destination_port: 1}], principals: [{any: "
      "true}]}\n  b: {permissions: [{any: true}], principals: [{any: true}]}\n");
  const Verdict verdict = engine.Decide({info_, nullptr});
  EXPECT_EQ(verdict.policy, "b");
  EXPECT_EQ(verdict.index, 1U);
  EXPECT_EQ(engine.policy_names(), (std::vector<std::string_view>{"a", "b"}));
}

}  // namespace
}  // namespace sluice::rbac

#include "sluice/route/explain.h"

#include "route_fixture.h"

namespace sluice::route {
namespace {

using test::Head;
using namespace testing;

constexpr const char* kConfig = R"(
name: local
virtual_hosts:
- name: api
  domains: ['*.example.com']
  routes:
  - {name: beta, match: {prefix: /v1, headers: [{name: x-beta, string_match: {exact: 'on'}}]}, route: {cluster: b}}
  - {match: {path: /health}, direct_response: {status: 200, body: {inline_string: ok}}}
  - name: main
    match: {prefix: /v1}
    request_headers_to_add: [{header: {key: x-team, value: core}}]
    request_headers_to_remove: [x-secret]
    route: {cluster: a, prefix_rewrite: /api, host_rewrite_literal: internal}
  - {match: {prefix: /old}, redirect: {path_redirect: /new}}
- {name: secure, domains: [secure], require_tls: ALL}
)";

TEST(ExplainTest, NamesTheRouteWhyNotTheOthersAndWhatChanges) {
  const auto table = Fixture().Build(kConfig);
  Head head = Head::Get("www.example.com", "/v1/users?id=1");
  head.map().Add("x-secret", "s");
  const Explanation out = Explain(*table, {.head = head}, {}, head.arena());
  EXPECT_EQ(out.virtual_host, "api");
  EXPECT_EQ(out.host_why, "longest suffix wildcard");
  EXPECT_EQ(out.route.name, "main");
  EXPECT_EQ(out.outcome, "cluster `a`");
  ASSERT_EQ(out.passed_over.size(), 2U);
  EXPECT_EQ(out.passed_over[0].why, "not header x-beta exact `on`");
  EXPECT_EQ(out.passed_over[1].why, "path does not match");
  EXPECT_EQ(out.ToText(),
            "  virtual host  `api` (longest suffix wildcard)\n"
            "  not           #0 `beta` prefix `/v1`: not header x-beta exact `on`\n"
            "  not           #1 path `/health`: path does not match\n"
            "  route         #2 `main` prefix `/v1`\n"
            "  outcome       cluster `a`\n"
            "  changes       host: www.example.com -> internal\n"
            "  changes       path: /v1/users?id=1 -> /api/users?id=1\n"
            "  changes       header x-team: (none) -> core\n"
            "  changes       header x-envoy-original-host: (none) -> www.example.com\n"
            "  changes       header x-envoy-original-path: (none) -> /v1/users?id=1\n"
            "  changes       header x-secret: s -> (none)\n");
}

TEST(ExplainTest, EveryOutcome) {
  const auto table = Fixture().Build(kConfig);
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"a.example.com", "/health", "200 with 2 bytes"},
      {"a.example.com", "/old?q=1", "301 to http://a.example.com/new?q=1"},
      {"a.example.com", "/none", "404, no route"},
      {"other", "/", "404, no route"},
      {"secure", "/x", "301 to https://secure/x"},
  };
  for (const auto& [host, path, outcome] : cases) {
    Head head = Head::Get(host, path);
    const Explanation out = Explain(*table, {.head = head}, {}, head.arena());
    EXPECT_EQ(out.outcome, outcome) << host << path;
    EXPECT_NE(config::ToJson(out.ToNode()).find(outcome), std::string::npos);
  }
}

}  // namespace
}  // namespace sluice::route

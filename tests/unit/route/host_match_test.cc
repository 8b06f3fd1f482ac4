#include "route_fixture.h"

namespace sluice::route {
namespace {

using test::Head;
using namespace testing;

std::string HostOf(const RouteTable& table, std::string_view host) {
  const VirtualHost* found = table.MatchHost(Head::Get(host, "/"));
  return found != nullptr ? found->name : "-";
}

TEST(HostMatchTest, ExactThenLongestSuffixThenLongestPrefixThenStar) {
  const auto table = Fixture().Build(R"(
virtual_hosts:
- {name: exact, domains: [www.foo.com, 'foo.com:8080']}
- {name: suffix, domains: ['*.foo.com']}
- {name: long-suffix, domains: ['*-bar.foo.com']}
- {name: prefix, domains: ['foo.*']}
- {name: long-prefix, domains: ['foo.bar.*', 'x-*']}
- {name: v6, domains: ['[::1]', '[::1]:80']}
- {name: all, domains: ['*']}
)");
  const std::pair<const char*, const char*> cases[] = {
      {"www.foo.com", "exact"},
      {"WWW.Foo.com", "exact"},
      {"foo.com:8080", "exact"},
      {"foo.com:8081", "prefix"},
      {"www.foo.com:80", "all"},
      {"a.foo.com", "suffix"},
      {"A.FOO.COM", "suffix"},
      {"x.y.foo.com", "suffix"},
      {".foo.com", "all"},
      {"baz-bar.foo.com", "long-suffix"},
      {"-bar.foo.com", "suffix"},
      {"foo.org", "prefix"},
      {"foo.", "all"},
      {"foo.bar.org", "long-prefix"},
      {"x-1", "long-prefix"},
      {"[::1]", "v6"},
      {"[::1]:80", "v6"},
      {"other", "all"},
  };
  for (const auto& [host, expected] : cases) EXPECT_EQ(HostOf(*table, host), expected) << host;
  EXPECT_EQ(table->MatchHost(Head{{":path", "/"}})->name, "all");
}

TEST(HostMatchTest, WithoutStarUnknownHostsHaveNone) {
  const auto table = Fixture().Build("virtual_hosts: [{name: a, domains: [a]}]");
  EXPECT_EQ(HostOf(*table, "a"), "a");
  EXPECT_EQ(HostOf(*table, "b"), "-");
  EXPECT_EQ(table->MatchHost(Head{{":path", "/"}}), nullptr);
  EXPECT_EQ(Match(*table, Head::Get("b", "/")), nullptr);
}

TEST(HostMatchTest, PortsCanBeIgnored) {
  const auto table = Fixture().Build(
      "{ignore_port_in_host_matching: true, virtual_hosts: [{name: a, domains: [a.com, "
      "'[::1]']}]}");
  EXPECT_EQ(HostOf(*table, "a.com:123"), "a");
  EXPECT_EQ(HostOf(*table, "[::1]:123"), "a");
  EXPECT_EQ(HostOf(*table, "[::1]"), "a");
}

TEST(HostMatchTest, AnotherHeaderCanNameTheHost) {
  const auto table =
      Fixture().Build("{vhost_header: X-Host, virtual_hosts: [{name: a, domains: [a]}]}");
  Head head = Head::Get("b", "/");
  EXPECT_EQ(table->MatchHost(head), nullptr);
  head.map().Add("x-host", "a");
  EXPECT_EQ(table->MatchHost(head)->name, "a");
}

TEST(HostMatchTest, RequireTls) {
  const auto table = Fixture().Build(R"(
virtual_hosts:
- {name: all, domains: [all], require_tls: ALL, routes: [{match: {prefix: /}, route: {cluster: a}}]}
- {name: ext, domains: [ext], require_tls: external_only,
   routes: [{match: {prefix: /}, route: {cluster: a}}]}
)");
  Head plain = Head::Get("all", "/x?y");
  const RouteEntry* entry = Match(*table, plain);
  ASSERT_NE(entry, nullptr);
  EXPECT_TRUE(entry->is_tls_redirect);
  EXPECT_EQ(entry->redirect->status, 301);
  EXPECT_EQ(RedirectLocation(*entry, plain, plain.arena()), "https://all/x?y");

  Head https{{":method", "GET"},
             {":authority", "all"},
             {":path", "/"},
             {":scheme", "http"},
             {"x-forwarded-proto", "https"}};
  EXPECT_EQ(Match(*table, https)->action, ActionKind::kForward);
  Head internal = Head::Get("ext", "/");
  EXPECT_TRUE(Match(*table, internal)->is_tls_redirect);
  internal.map().Add("x-envoy-internal", "true");
  EXPECT_FALSE(Match(*table, internal)->is_tls_redirect);
}

TEST(HostMatchTest, DuplicatesAreRefused) {
  Fixture fixture;
  const auto problems =
      fixture.ProblemsOf("virtual_hosts: [{name: a, domains: [x, X]}, {name: a, domains: [y]}]");
  EXPECT_NE(problems.find("duplicate domain `X`"), std::string::npos) << problems;
  EXPECT_NE(problems.find("duplicate virtual host name `a`"), std::string::npos) << problems;
  for (const char* domain : {"'*'", "'*.a'", "a.*"}) {
    EXPECT_NE(fixture.ProblemsOf("virtual_hosts: [{name: a, domains: [" + std::string(domain) +
                                 "]}, {name: b, domains: [" + domain + "]}]"),
              "");
  }
  EXPECT_NE(fixture.ProblemsOf("virtual_hosts: [{name: a, domains: []}]"), "");
  EXPECT_NE(fixture.ProblemsOf("virtual_hosts: [{domains: [a]}]"), "");
}

TEST(HostMatchTest, VirtualClusters) {
  const auto table = Fixture().Build(R"(
virtual_hosts:
- name: a
  domains: ['*']
  virtual_clusters:
  - {name: reads, headers: [{name: ':method', string_match: {exact: GET}}, {name: x}]}
  - {name: posts, headers: [{name: ':method', string_match: {exact: POST}}]}
)");
  const VirtualHost& host = *table->virtual_hosts().front();
  EXPECT_EQ(host.MatchVirtualCluster(Head{{":method", "GET"}, {"x", "1"}}), 0U);
  EXPECT_EQ(host.MatchVirtualCluster(Head{{":method", "POST"}}), 1U);
  EXPECT_EQ(host.MatchVirtualCluster(Head{{":method", "GET"}}), VirtualHost::kOtherVirtualCluster);
}

}  // namespace
}  // namespace sluice::route

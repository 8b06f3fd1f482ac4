#include "route_fixture.h"

namespace sluice::route {
namespace {

using test::Head;
using namespace testing;

struct Rewritten {
  std::string path;
  std::string host;
  std::string original_path;
  std::string original_host;
  std::string forwarded_host;
};

Rewritten Forward(const std::string& match, const std::string& action, Head head,
                  bool suppress = false) {
  const auto table =
      Fixture().BuildRoutes("{match: " + match + ", route: {cluster: a, " + action + "}}");
  const RouteEntry* entry = Match(*table, head);
  if (entry == nullptr) return {};
  FormatInput input;
  input.request_head = &head.map();
  FinalizeRequestHead(*entry, head.map(), input, suppress);
  const auto get = [&](std::string_view name) { return std::string(head.Value(name)); };
  return {get(":path"), get(":authority"), get("x-envoy-original-path"),
          get("x-envoy-original-host"), get("x-forwarded-host")};
}

TEST(PathRewriteTest, EveryKind) {
  struct Case {
    const char* match;
    const char* action;
    const char* path;
    const char* expected;
  };
  const std::string template_match =
      "{path_match_policy: {name: t, typed_config: {'@type': "
      "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig, "
      "path_template: '/{a}/{b}'}}}";
  const std::string template_rewrite =
      "path_rewrite_policy: {name: t, typed_config: {'@type': type.googleapis.com/"
      "envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig, "
      "path_template_rewrite: '/{b}/{a}'}}";
  const Case cases[] = {
      {"{prefix: /prefix}", "prefix_rewrite: /", "/prefix", "/"},
      {"{prefix: /prefix}", "prefix_rewrite: /", "/prefix/etc", "//etc"},
      {"{prefix: /prefix/}", "prefix_rewrite: /", "/prefix/etc?x=1", "/etc?x=1"},
      {"{prefix: /prefix}", "prefix_rewrite: /new", "/prefix?x", "/new?x"},
      {"{prefix: /PRE, case_sensitive: false}", "prefix_rewrite: /new", "/pre/x", "/new/x"},
      {"{prefix: /a}", "prefix_rewrite: ''", "/a/b", "/a/b"},
      {"{path: /a}", "prefix_rewrite: /b", "/a?x=1", "/b?x=1"},
      {"{path_separated_prefix: /a}", "prefix_rewrite: /b", "/a/x", "/b/x"},
      {"{safe_regex: {regex: '/a.*'}}", "prefix_rewrite: /b", "/a/x?y", "/b?y"},
      {"{prefix: /}",
       "regex_rewrite: {pattern: {regex: '^/service/([^/]+)(/.*)$'}, "
       "substitution: '\\2/instance/\\1'}",
       "/service/foo/v1/api?q=/service/", "/v1/api/instance/foo?q=/service/"},
      {"{prefix: /}", "regex_rewrite: {pattern: {regex: 'one'}, substitution: two}",
       "/xxx/one/yyy/one/zzz", "/xxx/two/yyy/two/zzz"},
      {"{prefix: /}", "path_rewrite: '/new%REQ(x)%'", "/a?b", "/newX?b"},
      {"{prefix: /}", "path_rewrite: '/100%%'", "/a?b", "/100%?b"},
      {"{prefix: /}", "path_rewrite: '%REQ(absent)%'", "/a?b", "/a?b"},
      {template_match.c_str(), template_rewrite.c_str(), "/cat/dog?q", "/dog/cat?q"},
  };
  for (const Case& c : cases) {
    Head head = Head::Get("h", c.path);
    head.map().Add("x", "X");
    const Rewritten out = Forward(c.match, c.action, std::move(head));
    EXPECT_EQ(out.path, c.expected) << c.match << c.action << c.path;
    const bool configured = std::string_view(c.action) != "prefix_rewrite: ''";
    EXPECT_EQ(out.original_path, configured ? c.path : "(none)") << c.action;
  }
}

TEST(PathRewriteTest, SuppressedEnvoyHeadersAreNotAdded) {
  const Rewritten out = Forward("{prefix: /}", "prefix_rewrite: /b/, host_rewrite_literal: n",
                                Head::Get("h", "/x"), true);
  EXPECT_EQ(out.path, "/b/x");
  EXPECT_EQ(out.host, "n");
  EXPECT_EQ(out.original_path, "(none)");
  EXPECT_EQ(out.original_host, "(none)");
}

TEST(PathRewriteTest, APathChangedAfterMatchingIsLeftAlone) {
  const auto table =
      Fixture().BuildRoutes("{match: {prefix: /a}, route: {cluster: a, prefix_rewrite: /b}}");
  Head head = Head::Get("h", "/a/x");
  const RouteEntry* entry = Match(*table, head);
  head.map().Set(":path", "/zzz");
  FinalizeRequestHead(*entry, head.map(), {}, false);
  EXPECT_EQ(head.Value(":path"), "/zzz");
}

TEST(HostRewriteTest, EveryKind) {
  struct Case {
    const char* action;
    const char* host;
  };
  const Case cases[] = {
      {"host_rewrite_literal: new", "new"},
      {"host_rewrite_header: X-Host", "from-header"},
      {"host_rewrite_header: x-absent", "old"},
      {"host_rewrite_path_regex: {pattern: {regex: '^/(.+)/.+$'}, substitution: '\\1'}",
       "envoyproxy.io"},
      {"host_rewrite: 'p-%REQ(x-host)%'", "p-from-header"},
      {"host_rewrite: plain", "plain"},
      {"auto_host_rewrite: true", "old"},
      {"auto_host_rewrite: false", "old"},
  };
  for (const Case& c : cases) {
    for (const bool append : {false, true}) {
      Head head = Head::Get("old", "/envoyproxy.io/path?q=/x/y");
      head.map().Add("x-host", "from-header");
      const Rewritten out = Forward(
          "{prefix: /}", c.action + std::string(append ? ", append_x_forwarded_host: true" : ""),
          std::move(head));
      const bool changed = std::string_view(c.host) != "old";
      EXPECT_EQ(out.host, c.host) << c.action;
      EXPECT_EQ(out.original_host, changed ? "old" : "(none)") << c.action;
      EXPECT_EQ(out.forwarded_host, changed && append ? "old" : "(none)") << c.action;
    }
  }
}

TEST(HostRewriteTest, ForwardedHostIsNotRepeated) {
  for (const auto& [before, after] : std::vector<std::pair<const char*, const char*>>{
           {"x", "x,old"}, {"x, old", "x, old"}, {"old", "old"}, {"old,x", "old,x,old"}}) {
    Head head = Head::Get("old", "/");
    head.map().Add("x-forwarded-host", before);
    EXPECT_EQ(Forward("{prefix: /}", "host_rewrite_literal: n, append_x_forwarded_host: true",
                      std::move(head))
                  .forwarded_host,
              after);
  }
}

TEST(HostRewriteTest, WeightedClustersHaveTheirOwn) {
  const auto table = Fixture().BuildRoutes(R"({match: {prefix: /}, route: {weighted_clusters: {
clusters: [{name: a, weight: 1, host_rewrite_literal: ha}, {name: b, weight: 1}]}}})");
  for (const auto& [random, host] :
       std::vector<std::pair<uint64_t, const char*>>{{0, "ha"}, {1, "h"}}) {
    Head head = Head::Get("h", "/");
    FinalizeRequestHead(*Match(*table, head, random), head.map(), {}, false);
    EXPECT_EQ(head.Value(":authority"), host);
  }
}

TEST(RedirectTest, Locations) {
  struct Case {
    const char* match;
    const char* action;
    const char* scheme;
    const char* host;
    const char* path;
    const char* expected;
  };
  const Case cases[] = {
      {"{prefix: /}", "https_redirect: true", "http", "h", "/a?b", "https://h/a?b"},
      {"{prefix: /}", "https_redirect: true", "http", "h:80", "/a", "https://h/a"},
      {"{prefix: /}", "https_redirect: true", "http", "h:8080", "/a", "https://h:8080/a"},
      {"{prefix: /}", "https_redirect: true", "https", "h:443", "/a", "https://h:443/a"},
      {"{prefix: /}", "scheme_redirect: http", "https", "h:443", "/a", "http://h/a"},
      {"{prefix: /}", "https_redirect: true", "http", "[::1]:80", "/a", "https://[::1]/a"},
      {"{prefix: /}", "https_redirect: true", "http", "[::1]", "/a", "https://[::1]/a"},
      {"{prefix: /}", "host_redirect: new", "http", "h:80", "/a", "http://new/a"},
      {"{prefix: /}", "port_redirect: 8443", "http", "h:80", "/a", "http://h:8443/a"},
      {"{prefix: /}", "{host_redirect: n, port_redirect: 1}", "http", "h", "/", "http://n:1/"},
      {"{prefix: /}", "path_redirect: /new", "http", "h", "/a?b=1", "http://h/new?b=1"},
      {"{prefix: /}", "{path_redirect: /new, strip_query: true}", "http", "h", "/a?b=1",
       "http://h/new"},
      {"{prefix: /}", "{path_redirect: '/new?foo=1', strip_query: true}", "http", "h", "/a?b=1",
       "http://h/new?foo=1"},
      {"{prefix: /}", "path_redirect: '/new?foo=1'", "http", "h", "/a?b=1", "http://h/new?foo=1"},
      {"{prefix: /a}", "prefix_rewrite: /b", "http", "h", "/a/x?q", "http://h/b/x?q"},
      {"{path: /a}", "{prefix_rewrite: /b, strip_query: true}", "http", "h", "/a?q", "http://h/b"},
      {"{prefix: /}", "regex_rewrite: {pattern: {regex: '^/(.*)$'}, substitution: '/x/\\1'}",
       "http", "h", "/a?q", "http://h/x/a?q"},
      {"{prefix: /}", "strip_query: true", "http", "h", "/a?q", "http://h/a"},
  };
  for (const Case& c : cases) {
    const auto table = Fixture().BuildRoutes(
        "{match: " + std::string(c.match) +
        ", redirect: " + (c.action[0] == '{' ? c.action : "{" + std::string(c.action) + "}") + "}");
    Head head{{":method", "GET"}, {":scheme", c.scheme}, {":authority", c.host}, {":path", c.path}};
    const RouteEntry* entry = Match(*table, head);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(RedirectLocation(*entry, head, head.arena()), c.expected) << c.action << c.path;
  }
}

TEST(RedirectTest, Statuses) {
  for (const auto& [name, status] :
       std::vector<std::pair<const char*, int>>{{"MOVED_PERMANENTLY", 301},
                                                {"FOUND", 302},
                                                {"SEE_OTHER", 303},
                                                {"TEMPORARY_REDIRECT", 307},
                                                {"permanent_redirect", 308}}) {
    const auto table = Fixture().BuildRoutes(
        "{match: {prefix: /}, redirect: {response_code: " + std::string(name) + "}}");
    EXPECT_EQ(Match(*table, Head::Get("h", "/"))->redirect->status, status);
  }
}

std::string Joined(Head& head, std::string_view name) {
  return std::string(head.map().GetJoined(name).value_or("(none)"));
}

TEST(HeaderEditsTest, EveryAppendAction) {
  struct Case {
    const char* action;
    bool exists;
    const char* expected;
  };
  const Case cases[] = {
      {"APPEND_IF_EXISTS_OR_ADD", true, "old,new"},
      {"APPEND_IF_EXISTS_OR_ADD", false, "new"},
      {"ADD_IF_ABSENT", true, "old"},
      {"ADD_IF_ABSENT", false, "new"},
      {"OVERWRITE_IF_EXISTS_OR_ADD", true, "new"},
      {"OVERWRITE_IF_EXISTS_OR_ADD", false, "new"},
      {"OVERWRITE_IF_EXISTS", true, "new"},
      {"OVERWRITE_IF_EXISTS", false, "(none)"},
  };
  for (const Case& c : cases) {
    for (const char* name : {"x-own", "user-agent"}) {
      const auto table = Fixture().BuildRoutes(
          "{match: {prefix: /}, route: {cluster: a}, request_headers_to_add: [{header: {key: " +
          std::string(name) + ", value: new}, append_action: " + c.action + "}]}");
      Head head = Head::Get("h", "/");
      if (c.exists) head.map().Add(name, "old");
      FinalizeRequestHead(*Match(*table, head), head.map(), {}, false);
      EXPECT_EQ(Joined(head, name), c.expected) << c.action << " " << name;
    }
  }
}

TEST(HeaderEditsTest, EmptyValuesAreDroppedUnlessKept) {
  const auto table = Fixture().BuildRoutes(R"({match: {prefix: /}, route: {cluster: a},
request_headers_to_add: [{header: {key: a, value: '%REQ(absent)%'}},
{header: {key: b, value: ''}, keep_empty_value: true}, {header: {key: c, value: '%REQ(x)%%REQ(x)%'}},
{header: {key: d, value: '50%%'}}], request_headers_to_remove: [X]})");
  Head head = Head::Get("h", "/");
  head.map().Add("x", "1");
  FormatInput input;
  input.request_head = &head.map();
  FinalizeRequestHead(*Match(*table, head), head.map(), input, false);
  EXPECT_EQ(head.Value("a"), "(none)");
  EXPECT_EQ(head.Value("b"), "");
  EXPECT_EQ(head.Value("d"), "50%");
  EXPECT_EQ(head.Value("x"), "(none)");
}

TEST(HeaderEditsTest, LevelsInTheOrderOfEnvoy) {
  const std::string yaml = R"(
request_headers_to_add: [{header: {key: x, value: top}}]
response_headers_to_add: [{header: {key: y, value: top}}]
virtual_hosts:
- name: v
  domains: ['*']
  request_headers_to_add: [{header: {key: x, value: host}}]
  response_headers_to_add: [{header: {key: y, value: host}}]
  routes:
  - match: {prefix: /}
    request_headers_to_add: [{header: {key: x, value: route}}]
    response_headers_to_add: [{header: {key: y, value: route}}]
    route:
      weighted_clusters:
        clusters:
        - name: a
          weight: 1
          request_headers_to_add: [{header: {key: x, value: weighted}}]
          response_headers_to_add: [{header: {key: y, value: weighted}}]
)";
  for (const auto& [wins, order] : std::vector<std::pair<const char*, const char*>>{
           {"false", "weighted,route,host,top"}, {"true", "top,host,route,weighted"}}) {
    const auto table =
        Fixture().Build("most_specific_header_mutations_wins: " + std::string(wins) + yaml);
    Head request = Head::Get("h", "/");
    const RouteEntry* entry = Match(*table, request);
    FinalizeRequestHead(*entry, request.map(), {}, false);
    EXPECT_EQ(Joined(request, "x"), order);
    Head response{{":status", "200"}};
    FinalizeResponseHead(*entry, response.map(), {});
    EXPECT_EQ(Joined(response, "y"), order);
  }
}

TEST(HeaderMutationsTest, StepsRunInOrder) {
  Fixture fixture;
  const auto config = test::ParseConfig<MirrorPolicyConfig>(R"(
cluster: a
request_headers_mutations:
- {append: {header: {key: x-a, value: '1'}}}
- {remove_on_match: {key_matcher: {prefix: x-}}}
- {append: {header: {key: x-b, value: '2'}}}
- {remove: C}
)");
  config::Problems problems;
  const HeaderMutations mutations =
      CompileMutations(config.request_headers_mutations, &fixture.compiler, problems);
  Head head = Head::Get("h", "/");
  head.map().Add("c", "1");
  head.map().Add("x-z", "1");
  mutations.Apply(head.map(), {});
  EXPECT_EQ(head.Value("x-a"), "(none)");
  EXPECT_EQ(head.Value("x-z"), "(none)");
  EXPECT_EQ(head.Value("x-b"), "2");
  EXPECT_EQ(head.Value("c"), "(none)");
  EXPECT_EQ(head.Value(":path"), "/");
}

}  // namespace
}  // namespace sluice::route

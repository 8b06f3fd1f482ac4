#include "route_fixture.h"

namespace sluice::route {
namespace {

using test::Head;
using namespace testing;

bool Takes(const std::string& match, const http::HeaderMap& head) {
  const auto table = Fixture().BuildRoutes("{match: " + match + ", route: {cluster: a}}");
  return table != nullptr && Match(*table, head) != nullptr;
}

TEST(RouteMatchTest, EveryPathSpecifier) {
  const std::tuple<const char*, const char*, bool> cases[] = {
      {"{prefix: /a}", "/a", true},
      {"{prefix: /a}", "/abc", true},
      {"{prefix: /a}", "/A", false},
      {"{prefix: /a}", "/b", false},
      {"{prefix: ''}", "/b", true},
      {"{prefix: /a, case_sensitive: false}", "/ABC", true},
      {"{prefix: /A, case_sensitive: false}", "/abc", true},
      {"{prefix: /a, case_sensitive: false}", "/b", false},
      {"{prefix: '/a?x'}", "/a?x", false},
      {"{path: /a}", "/a", true},
      {"{path: /a}", "/a?x=1", true},
      {"{path: /a}", "/a/", false},
      {"{path: /a}", "/A", false},
      {"{path: /A, case_sensitive: false}", "/a", true},
      {"{path_separated_prefix: /api/dev}", "/api/dev", true},
      {"{path_separated_prefix: /api/dev}", "/api/dev/", true},
      {"{path_separated_prefix: /api/dev}", "/api/dev/v1", true},
      {"{path_separated_prefix: /api/dev}", "/api/dev?param=true", true},
      {"{path_separated_prefix: /api/dev}", "/api/developer", false},
      {"{path_separated_prefix: /api/DEV, case_sensitive: false}", "/API/dev/x", true},
      {"{safe_regex: {regex: '/a[0-9]+'}}", "/a12", true},
      {"{safe_regex: {regex: '/a[0-9]+'}}", "/a12?b=c", true},
      {"{safe_regex: {regex: '/a[0-9]+'}}", "/a12/x", false},
      {"{safe_regex: {regex: '/a[0-9]+'}, case_sensitive: false}", "/A1", false},
      {"{path_match_policy: {name: t, typed_config: {'@type': "
       "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig, "
       "path_template: '/v/{id}/*'}}}",
       "/v/1/x?q", true},
      {"{path_match_policy: {name: t, typed_config: {'@type': "
       "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig, "
       "path_template: '/v/{id}/*'}}}",
       "/v/1", false},
      {"{connect_matcher: {}}", "/a", false},
  };
  for (const auto& [match, path, takes] : cases) {
    EXPECT_EQ(Takes(match, Head::Get("h", path)), takes) << match << " on " << path;
  }
}

TEST(RouteMatchTest, ConnectHasNoPath) {
  const Head connect{{":method", "CONNECT"}, {":authority", "h:443"}};
  EXPECT_TRUE(Takes("{connect_matcher: {}}", connect));
  EXPECT_FALSE(Takes("{prefix: ''}", connect));
  EXPECT_FALSE(Takes("{safe_regex: {regex: '.*'}}", connect));
  const Head extended{{":method", "CONNECT"}, {":authority", "h"}, {":path", "/x"}};
  EXPECT_TRUE(Takes("{connect_matcher: {}}", extended));
  EXPECT_TRUE(Takes("{prefix: /x}", extended));
}

TEST(RouteMatchTest, EveryConditionBesideThePath) {
  struct Case {
    const char* conditions;
    Head head;
    bool takes;
  };
  const auto get = [](const char* path, const char* name = "x", const char* value = "1") {
    Head head = Head::Get("h", path);
    head.map().Add(name, value);
    return head;
  };
  const Case cases[] = {
      {"headers: [{name: x, string_match: {exact: '1'}}]", get("/"), true},
      {"headers: [{name: x, string_match: {exact: '2'}}]", get("/"), false},
      {"headers: [{name: x}, {name: y}]", get("/"), false},
      {"query_parameters: [{name: q, string_match: {exact: v}}]", get("/?q=v"), true},
      {"query_parameters: [{name: q, string_match: {exact: v}}]", get("/?q=w&q=v"), false},
      {"query_parameters: [{name: q}, {name: r}]", get("/?q=w&q=v"), false},
      {"query_parameters: [{name: q}]", get("/"), false},
      {"cookies: [{name: s, string_match: {prefix: a}}]", get("/", "cookie", "t=1; s=ab"), true},
      {"cookies: [{name: s, string_match: {prefix: a}}]", get("/", "cookie", "t=1"), false},
      {"grpc: {}", get("/", "content-type", "application/grpc"), true},
      {"grpc: {}", get("/", "content-type", "application/grpc+proto"), true},
      {"grpc: {}", get("/", "content-type", "application/grpc-web"), false},
      {"grpc: {}", get("/"), false},
      {"tls_context: {presented: true}", get("/"), false},
      {"tls_context: {presented: false, validated: false}", get("/"), true},
      {"runtime_fraction: {default_value: {numerator: 100}}", get("/"), true},
      {"runtime_fraction: {default_value: {numerator: 0}}", get("/"), false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Takes("{prefix: /, " + std::string(c.conditions) + "}", c.head), c.takes)
        << c.conditions;
  }
}

TEST(RouteMatchTest, TlsMetadataFractionAndRuntimeComeFromTheInput) {
  const auto table = Fixture().BuildRoutes(R"(
{name: cert, match: {prefix: /tls, tls_context: {presented: true, validated: true}},
 route: {cluster: a}},
{name: meta, match: {prefix: /meta, dynamic_metadata: [{filter: f, path: [{key: k}],
 value: {string_match: {exact: v}}}]}, route: {cluster: a}},
{name: some, match: {prefix: /some, runtime_fraction: {runtime_key: k,
 default_value: {numerator: 25, denominator: TEN_THOUSAND}}}, route: {cluster: a}})");
  const auto name = [&](const char* path, auto&& change) {
    const Head head = Head::Get("h", path);
    MatchInput input{head};
    change(input);
    const RouteEntry* entry = table->Match(input);
    return entry != nullptr ? std::string(entry->name) : "-";
  };
  EXPECT_EQ(name("/tls", [](MatchInput& in) { in.tls = {true, true}; }), "cert");
  EXPECT_EQ(name("/tls", [](MatchInput& in) { in.tls = {true, false}; }), "-");
  const Value metadata{ValueStruct{{"f", Value(ValueStruct{{"k", Value("v")}})}}};
  EXPECT_EQ(name("/meta", [&](MatchInput& in) { in.dynamic_metadata = &metadata; }), "meta");
  EXPECT_EQ(name("/meta", [](MatchInput&) {}), "-");
  EXPECT_EQ(name("/some", [](MatchInput& in) { in.random = 10'024; }), "some");
  EXPECT_EQ(name("/some", [](MatchInput& in) { in.random = 10'025; }), "-");
  struct Runtime final : match::RuntimeSnapshot {
    std::optional<match::Fraction> FindFraction(std::string_view key) const override {
      return key == "k" ? std::optional(match::Fraction{1, 1}) : std::nullopt;
    }
    std::optional<uint64_t> FindInteger(std::string_view) const override { return std::nullopt; }
  } runtime;
  EXPECT_EQ(name("/some",
                 [&](MatchInput& in) {
                   in.random = 10'025;
                   in.runtime = &runtime;
                 }),
            "some");
}

TEST(RouteMatchTest, TheFirstInTheOrderOfTheConfigurationWins) {
  const auto table = Fixture().BuildRoutes(R"(
{name: r0, match: {prefix: /a, headers: [{name: x}]}, route: {cluster: a}},
{name: r1, match: {path: /a/b}, route: {cluster: a}},
{name: r2, match: {safe_regex: {regex: '/a/.*c'}}, route: {cluster: a}},
{name: r3, match: {prefix: /a/b}, route: {cluster: a}},
{name: r4, match: {path: /a/b/c, case_sensitive: false}, route: {cluster: a}},
{name: r5, match: {path_separated_prefix: /a}, route: {cluster: a}},
{name: r6, match: {prefix: /A, case_sensitive: false}, route: {cluster: a}},
{name: r7, match: {prefix: /}, route: {cluster: a}},
{name: r8, match: {path: /never}, route: {cluster: a}})");
  const std::pair<const char*, const char*> cases[] = {
      {"/a/b", "r1"}, {"/a/b/c", "r2"}, {"/a/b/d", "r3"}, {"/A/b/C", "r4"}, {"/a/x", "r5"},
      {"/abc", "r6"}, {"/A", "r6"},     {"/b", "r7"},     {"/never", "r7"},
  };
  for (const auto& [path, expected] : cases) {
    EXPECT_EQ(Named(*table, Head::Get("h", path)), expected) << path;
    Head with_x = Head::Get("h", path);
    with_x.map().Add("x", "");
    EXPECT_EQ(Named(*table, with_x), std::string_view(path).starts_with("/a") ? "r0" : expected);
  }
}

TEST(RouteMatchTest, PathParametersCanBeIgnored) {
  const std::string routes =
      "virtual_hosts: [{name: v, domains: ['*'], routes: [{name: r, match: {path: /a}, "
      "route: {cluster: a}}]}]";
  EXPECT_EQ(Named(*Fixture().Build(routes), Head::Get("h", "/a;v=1")), "-");
  EXPECT_EQ(Named(*Fixture().Build("ignore_path_parameters_in_path_matching: true\n" + routes),
                  Head::Get("h", "/a;v=1?q")),
            "r");
}

TEST(RouteMatchTest, WeightedClustersShareByTheRandomNumber) {
  const auto table = Fixture().BuildRoutes(R"({match: {prefix: /}, route: {weighted_clusters: {
clusters: [{name: a, weight: 10}, {name: b, weight: 0}, {name: c, weight: 30}]}}})");
  std::map<std::string, int> counts;
  for (uint64_t random = 0; random < 400; ++random) {
    ++counts[Match(*table, Head::Get("h", "/"), random)->cluster.name];
  }
  EXPECT_EQ(counts, (std::map<std::string, int>{{"a", 100}, {"c", 300}}));
}

TEST(RouteMatchTest, WeightedClustersByHeaderAndByRuntime) {
  const auto table = Fixture().BuildRoutes(R"({match: {prefix: /}, route: {weighted_clusters: {
header_name: X-Rand, runtime_key_prefix: w,
clusters: [{name: a, weight: 10}, {cluster_header: Host, weight: 30}]}}})");
  Head head = Head::Get("h", "/");
  head.map().Add("x-rand", "39");
  EXPECT_EQ(Match(*table, head)->cluster.header, ":authority");
  head.map().Set("x-rand", "49");
  EXPECT_EQ(Match(*table, head, 39)->cluster.name, "a");
  head.map().Set("x-rand", "nonsense");
  EXPECT_EQ(Match(*table, head, 39)->cluster.header, ":authority");
  struct Runtime final : match::RuntimeSnapshot {
    std::optional<match::Fraction> FindFraction(std::string_view) const override { return {}; }
    std::optional<uint64_t> FindInteger(std::string_view key) const override {
      return key == "w.a" ? std::optional<uint64_t>(1000) : std::nullopt;
    }
  } runtime;
  MatchInput input{head};
  input.random = 39;
  input.runtime = &runtime;
  EXPECT_EQ(table->Match(input)->cluster.name, "a");
}

}  // namespace
}  // namespace sluice::route

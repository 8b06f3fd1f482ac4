#include <algorithm>
#include <bit>
#include <cstdio>
#include <fstream>

#include "route_fixture.h"

namespace sluice::route {
namespace {

using test::Head;
using namespace std::chrono_literals;
using namespace testing;

// A route, and words of what is wrong with it.
constexpr std::pair<const char*, const char*> kNonsense[] = {
    {"{match: {prefix: /}, route: {cluster: bakend}}", "did you mean `backend`?"},
    {"{match: {prefix: /}, route: {cluster: nowhere}}", "unknown cluster `nowhere`"},
    {"{match: {prefix: /}, route: {cluster: ''}}", "cluster"},
    {"{match: {prefix: /}, route: {}}", "cluster_specifier"},
    {"{match: {prefix: /}, route: {cluster: a, cluster_header: x}}", "cannot be set together"},
    {"{match: {prefix: /}, route: {weighted_clusters: {clusters: []}}}", "clusters"},
    {"{match: {prefix: /}, route: {weighted_clusters: {clusters: [{name: a, weight: 0}]}}}",
     "the weights add up to 0"},
    {"{match: {prefix: /}, route: {weighted_clusters: {total_weight: 5, clusters: [{name: a, "
     "weight: 4}]}}}",
     "not to total_weight"},
    {"{match: {prefix: /}, route: {weighted_clusters: {clusters: [{weight: 4}]}}}",
     "exactly one of name and cluster_header"},
    {"{match: {prefix: /}, route: {weighted_clusters: {clusters: [{name: q, weight: 4}]}}}",
     "unknown cluster `q`"},
    {"{match: {prefix: /}}", "one field of `action` must be present"},
    {"{match: {prefix: /}, route: {cluster: a}, redirect: {}}", "cannot be set together"},
    {"{match: {}, route: {cluster: a}}", "one field of `path_specifier` must be present"},
    {"{match: {prefix: /, path: /}, route: {cluster: a}}", "cannot be set together"},
    {"{route: {cluster: a}}", "match"},
    {"{match: {path_separated_prefix: /a/}, route: {cluster: a}}", "nor end in /"},
    {"{match: {path_separated_prefix: '/a?'}, route: {cluster: a}}", "must not hold ?"},
    {"{match: {safe_regex: {regex: '['}}, route: {cluster: a}}", "invalid regular expression"},
    {"{match: {prefix: /}, route: {cluster: a, prefix_rewrite: /a, regex_rewrite: {pattern: "
     "{regex: a}, substitution: b}}}",
     "only one of prefix_rewrite"},
    {"{match: {prefix: /}, route: {cluster: a, host_rewrite_literal: x, auto_host_rewrite: "
     "true}}",
     "cannot be set together"},
    {"{match: {prefix: /}, route: {cluster: a, retry_policy: {retry_on: '5xx,often'}}}",
     "unknown condition `often`"},
    {"{match: {prefix: /}, route: {cluster: a, retry_policy: {retry_back_off: {base_interval: "
     "2s, max_interval: 1s}}}}",
     "is below base_interval"},
    {"{match: {prefix: /}, route: {cluster: a, retry_policy: {retriable_status_codes: [999]}}}",
     "999 is not an HTTP status"},
    {"{match: {prefix: /}, route: {cluster: a, retry_policy: {retry_priority: {name: x}}}}",
     "does not implement"},
    {"{match: {prefix: /}, route: {cluster: a, hedge_policy: {}}}", "does not implement"},
    {"{match: {prefix: /}, route: {cluster: a, cluster_specifier_plugin: x}}",
     "does not implement"},
    {"{match: {prefix: /}, route: {cluster: a, upgrade_configs: [{upgrade_type: websocket}, "
     "{upgrade_type: WebSocket}]}}",
     "given twice"},
    {"{match: {prefix: /}, route: {cluster: a, upgrade_configs: [{upgrade_type: websocket, "
     "connect_config: {}}]}}",
     "connect_config needs upgrade_type CONNECT"},
    {"{match: {prefix: /}, route: {cluster: a, request_mirror_policies: [{cluster: zzz}]}}",
     "unknown cluster `zzz`"},
    {"{match: {prefix: /}, route: {cluster: a, request_mirror_policies: [{}]}}",
     "exactly one of cluster and cluster_header"},
    {"{match: {prefix: /}, route: {cluster: a, internal_redirect_policy: "
     "{redirect_response_codes: [200]}}}",
     "200 is no status of a redirect"},
    {"{match: {prefix: /}, route: {cluster: a}, request_headers_to_add: [{header: {key: "
     "':path', value: x}}]}",
     "cannot be added or changed here"},
    {"{match: {prefix: /}, route: {cluster: a}, request_headers_to_add: [{header: {key: host, "
     "value: x}}]}",
     "cannot be added or changed here"},
    {"{match: {prefix: /}, route: {cluster: a}, request_headers_to_add: [{header: {key: x, "
     "value: '%NONSENSE%'}}]}",
     "unknown command operator"},
    {"{match: {prefix: /}, route: {cluster: a}, request_headers_to_add: [{header: {key: x, "
     "value: '100%'}}]}",
     "unknown command operator"},
    {"{match: {prefix: /}, route: {cluster: a}, request_headers_to_add: [{header: {key: x, "
     "value: \"a\\nb\"}}]}",
     "control characters"},
    {"{match: {prefix: /}, route: {cluster: a}, response_headers_to_remove: [':status']}",
     "`:status` cannot be removed"},
    {"{match: {prefix: /}, route: {cluster: a}, response_headers_to_remove: ['a b']}",
     "not a header name"},
    {"{match: {prefix: /}, redirect: {path_redirect: /a, prefix_rewrite: /b}}",
     "cannot be set together"},
    {"{match: {prefix: /}, redirect: {port_redirect: 70000}}", "port_redirect"},
    {"{match: {prefix: /}, redirect: {response_code: TEAPOT}}", "unknown value `TEAPOT`"},
    {"{match: {prefix: /}, direct_response: {status: 199}}", "status"},
    {"{match: {prefix: /}, direct_response: {}}", "status"},
    {"{match: {prefix: /}, direct_response: {status: 200, body: {filename: /no/such/file}}}",
     "/no/such/file"},
    {"{match: {prefix: /}, filter_action: {}}", "does not implement"},
    {"{match: {prefix: /}, route: {cluster: a}, typed_per_filter_config: {limit: {'@type': "
     "x/test.Limit}}}",
     "did you mean `limits`?"},
    {"{match: {prefix: /}, route: {cluster: a}, typed_per_filter_config: {my-cors: {'@type': "
     "x/test.Limit}}}",
     "this is a config for test.LimitFilter"},
    {"{match: {prefix: /}, route: {cluster: a}, typed_per_filter_config: {limits: {'@type': "
     "x/no.such.Type}}}",
     "unknown extension type"},
    {"{match: {prefix: /}, route: {cluster: a, path_rewrite_policy: {name: t, typed_config: "
     "{'@type': "
     "x/envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig, "
     "path_template_rewrite: '/{b}'}}}}",
     "needs path_match_policy"},
};

TEST(BuildTest, NonsenseIsRefusedInWords) {
  Fixture fixture;
  for (const auto& [route, words] : kNonsense) {
    const std::string problems = fixture.RouteProblems(route);
    EXPECT_NE(problems.find(words), std::string::npos) << route << "\n" << problems;
    EXPECT_NE(problems.find("test.yaml:1:"), std::string::npos) << route << "\n" << problems;
  }
}

TEST(BuildTest, AllProblemsComeInOneRun) {
  const std::string problems = Fixture().ProblemsOf(R"(
virtual_hosts:
- {name: a, domains: [x], routes: [{match: {prefix: /}, route: {cluster: q1}}]}
- {name: b, domains: [x], routes: [{match: {prefix: /}, route: {cluster: q2}}]}
)");
  for (const char* words : {"q1", "q2", "duplicate domain"}) {
    EXPECT_NE(problems.find(words), std::string::npos) << words;
  }
}

TEST(BuildTest, UnknownClustersMayBeAllowed) {
  const auto table = Fixture().Build(
      "{validate_clusters: false, virtual_hosts: [{name: v, domains: ['*'], routes: [{match: "
      "{prefix: /}, route: {cluster: later, cluster_not_found_response_code: NOT_FOUND}}]}]}");
  const RouteEntry* entry = Match(*table, Head::Get("h", "/"));
  EXPECT_EQ(entry->cluster.id, kNoCluster);
  EXPECT_EQ(entry->cluster.name, "later");
  EXPECT_EQ(entry->forward->cluster_not_found_status, 404);
}

constexpr const char* kForwarding = R"(
request_mirror_policies: [{cluster: c}]
virtual_hosts:
- name: v
  domains: ['*']
  include_request_attempt_count: true
  retry_policy: {retry_on: connect-failure, num_retries: 7}
  request_body_buffer_limit: 99
  routes:
  - name: all
    match: {path: /all}
    stat_prefix: s
    decorator: {operation: op, propagate: false}
    request_body_buffer_limit: 100
    metadata: {filter_metadata: {f: {k: v}}}
    route:
      cluster: b
      timeout: 3s
      idle_timeout: 0s
      flush_timeout: 4s
      priority: high
      max_stream_duration: {max_stream_duration: 5s, grpc_timeout_header_max: 0s, grpc_timeout_header_offset: 1s}
      retry_policy:
        retry_on: 5xx,gateway-error,reset,reset-before-request,connect-failure,envoy-ratelimited,retriable-4xx,refused-stream,retriable-status-codes,retriable-headers,cancelled,deadline-exceeded,internal,resource-exhausted,unavailable
        num_retries: 4
        per_try_timeout: 0.5s
        per_try_idle_timeout: 0.25s
        retry_host_predicate: [{name: envoy.retry_host_predicates.previous_hosts}, {name: x, typed_config: {"@type": t/envoy.extensions.retry.host.omit_canary_hosts.v3.OmitCanaryHostsPredicate}}]
        host_selection_retry_max_attempts: 5
        retriable_status_codes: [418, 500]
        retry_back_off: {base_interval: 0.1s}
        rate_limited_retry_back_off: {reset_headers: [{name: Retry-After}, {name: X-Reset, format: UNIX_TIMESTAMP}], max_interval: 60s}
        retriable_headers: [{name: X-Retry}]
        retriable_request_headers: [{name: ':method', string_match: {exact: GET}}]
      request_mirror_policies: [{cluster: a, runtime_fraction: {default_value: {numerator: 5}}}]
      hash_policy: [{header: {header_name: X-User}, terminal: true}, {cookie: {name: s, ttl: 0s}}, {connection_properties: {source_ip: true}}, {query_parameter: {name: q}}]
      internal_redirect_policy: {max_internal_redirects: 3, redirect_response_codes: [301, 302], allow_cross_scheme_redirect: true, response_headers_to_copy: [X-A]}
      upgrade_configs: [{upgrade_type: WebSocket}, {upgrade_type: CONNECT, enabled: false, connect_config: {allow_post: true}}]
  - {match: {prefix: /}, route: {cluster_header: X-Cluster}}
)";

TEST(BuildTest, ForwardingData) {
  const auto table = Fixture().Build(kForwarding);
  const RouteEntry* entry = Match(*table, Head::Get("h", "/all"));
  ASSERT_NE(entry, nullptr);
  const ForwardAction& forward = *entry->forward;
  EXPECT_EQ(entry->cluster.id, 1U);
  EXPECT_EQ(entry->stat_prefix, "s");
  EXPECT_EQ(entry->decorator->operation, "op");
  EXPECT_FALSE(entry->decorator->propagate);
  EXPECT_EQ(entry->request_body_buffer_limit, 100U);
  EXPECT_NE(entry->metadata, nullptr);
  EXPECT_TRUE(entry->virtual_host->include_request_attempt_count);
  EXPECT_EQ(forward.timeout, 3s);
  EXPECT_EQ(forward.idle_timeout, 0s);
  EXPECT_EQ(forward.flush_timeout, 4s);
  EXPECT_EQ(forward.max_stream_duration, 5s);
  EXPECT_EQ(forward.grpc_timeout_header_max, 0s);
  EXPECT_EQ(forward.grpc_timeout_header_offset, 1s);
  EXPECT_EQ(forward.priority, config::RoutingPriority::kHigh);
}

TEST(BuildTest, RetryPolicyData) {
  const auto table = Fixture().Build(kForwarding);
  const RouteEntry* entry = Match(*table, Head::Get("h", "/all"));
  ASSERT_NE(entry, nullptr);
  const ForwardAction& forward = *entry->forward;
  const RetryPolicy& retry = *forward.retry;
  EXPECT_EQ(std::popcount(retry.retry_on), 15);
  EXPECT_EQ(retry.num_retries, 4U);
  EXPECT_EQ(retry.per_try_timeout, 500ms);
  EXPECT_EQ(retry.per_try_idle_timeout, 250ms);
  EXPECT_EQ(retry.host_predicates,
            (std::vector{HostPredicate::kPreviousHosts, HostPredicate::kOmitCanaryHosts}));
  EXPECT_EQ(retry.host_selection_max_attempts, 5U);
  EXPECT_EQ(retry.back_off_base, 100ms);
  EXPECT_EQ(retry.back_off_max, 1s);
  EXPECT_EQ(retry.rate_limited_back_off->headers[1].name, "x-reset");
  EXPECT_EQ(retry.rate_limited_back_off->headers[1].format, ResetHeaderFormat::kUnixTimestamp);
  EXPECT_EQ(retry.rate_limited_back_off->max_interval, 60s);
  EXPECT_EQ(retry.retriable_status_codes, (std::vector<uint16_t>{418, 500}));
  EXPECT_EQ(retry.retriable_headers.front().name, "x-retry");
}

TEST(BuildTest, MirrorsHashesRedirectsUpgrades) {
  const auto table = Fixture().Build(kForwarding);
  const RouteEntry* entry = Match(*table, Head::Get("h", "/all"));
  ASSERT_NE(entry, nullptr);
  const ForwardAction& forward = *entry->forward;
  ASSERT_EQ(forward.mirrors.size(), 1U);
  EXPECT_EQ(forward.mirrors[0].cluster.name, "a");
  EXPECT_EQ(forward.mirrors[0].fraction.default_value.numerator, 5U);
  EXPECT_TRUE(forward.mirrors[0].append_shadow_to_host);
  ASSERT_EQ(forward.hash_policies.size(), 4U);
  EXPECT_EQ(forward.hash_policies[0].name, "x-user");
  EXPECT_TRUE(forward.hash_policies[0].terminal);
  EXPECT_EQ(forward.hash_policies[1].cookie_ttl, 0s);
  EXPECT_EQ(forward.hash_policies[2].kind, HashKind::kSourceIp);
  EXPECT_EQ(forward.internal_redirect->max_redirects, 3U);
  EXPECT_EQ(forward.internal_redirect->codes, (std::vector<uint16_t>{301, 302}));
  EXPECT_EQ(forward.internal_redirect->response_headers_to_copy.front(), "x-a");
  EXPECT_TRUE(forward.FindUpgrade("websocket")->enabled);
  EXPECT_FALSE(forward.FindUpgrade("connect")->enabled);
  EXPECT_TRUE(forward.FindUpgrade("connect")->allow_post);
  EXPECT_EQ(forward.FindUpgrade("h2c"), nullptr);
}

TEST(BuildTest, VirtualHostAndConfigurationFillIn) {
  const auto table = Fixture().Build(kForwarding);
  const RouteEntry* rest = Match(*table, Head::Get("h", "/"));
  EXPECT_EQ(rest->cluster.header, "x-cluster");
  EXPECT_EQ(rest->forward->timeout, 15s);
  EXPECT_FALSE(rest->forward->idle_timeout);
  EXPECT_EQ(rest->forward->retry->num_retries, 7U);
  EXPECT_EQ(rest->forward->mirrors.at(0).cluster.name, "c");
  EXPECT_EQ(rest->request_body_buffer_limit, 99U);
  EXPECT_EQ(table->clusters(), (std::vector<uint32_t>{0, 1, 2}));
}

TEST(BuildTest, WeightedClustersAddToTheMetadataOfTheRoute) {
  const auto table = Fixture().BuildRoutes(R"({match: {prefix: /}, route: {
metadata_match: {filter_metadata: {envoy.lb: {stage: prod, v: '1'}}}, weighted_clusters: {clusters: [
{name: a, weight: 1, metadata_match: {filter_metadata: {envoy.lb: {v: '2', x: 'y'}}}},
{name: b, weight: 1}]}}})");
  const auto value = [&](uint64_t random, const char* key) {
    const RouteEntry* entry = Match(*table, Head::Get("h", "/"), random);
    const auto found =
        std::ranges::find(*entry->metadata_match, key, &match::MetadataCriterion::key);
    return found != entry->metadata_match->end() ? *found->value.AsString() : "-";
  };
  EXPECT_EQ(value(0, "stage") + value(0, "v") + value(0, "x"), "prod2y");
  EXPECT_EQ(value(1, "stage") + value(1, "v") + value(1, "x"), "prod1-");
}

TEST(BuildTest, DefaultsWithoutPolicies) {
  const auto table = Fixture().BuildRoutes("{match: {prefix: /}, route: {cluster: a}}");
  const ForwardAction& forward = *Match(*table, Head::Get("h", "/"))->forward;
  EXPECT_EQ(forward.retry, nullptr);
  EXPECT_TRUE(forward.mirrors.empty());
  EXPECT_FALSE(forward.internal_redirect);
  EXPECT_EQ(forward.cluster_not_found_status, 503);
}

TEST(BuildTest, DirectResponsesTakeBodiesUpToTheLimit) {
  const std::string path = ::testing::TempDir() + "/direct_response_body";
  std::ofstream(path) << "from file";
  Fixture fixture;
  const auto table = fixture.BuildRoutes(
      "{match: {path: /i}, direct_response: {status: 403, body: {inline_string: no}}},"
      "{match: {path: /b}, direct_response: {status: 200, body: {inline_bytes: AAE=}}},"
      "{match: {path: /f}, direct_response: {status: 200, body: {filename: " +
      path +
      "}}},"
      "{match: {path: /n}, direct_response: {status: 204}}");
  const auto response = [&](const char* target) -> const DirectResponse& {
    return *Match(*table, Head::Get("h", target))->direct_response;
  };
  EXPECT_EQ(response("/i").status, 403);
  EXPECT_EQ(response("/i").body, "no");
  EXPECT_EQ(response("/b").body, std::string("\0\1", 2));
  EXPECT_EQ(response("/f").body, "from file");
  EXPECT_EQ(response("/n").body, "");
  std::remove(path.c_str());

  const std::string body(5, 'x');
  const std::string yaml =
      "virtual_hosts: [{name: v, domains: ['*'], routes: [{match: {prefix: /}, direct_response: "
      "{status: 200, body: {inline_string: " +
      body + "}}}]}]";
  EXPECT_NE(fixture.ProblemsOf("max_direct_response_body_size_bytes: 4\n" + yaml)
                .find("the body has 5 bytes, more than 4"),
            std::string::npos);
  EXPECT_EQ(fixture.ProblemsOf("max_direct_response_body_size_bytes: 5\n" + yaml), "");
}

uint32_t LimitOf(const RouteEntry& entry) {
  const auto* config = static_cast<const LimitConfig*>(entry.route_config(0));
  return config != nullptr ? config->limit : 0;
}

TEST(FilterLevelsTest, InnerLevelsAreLaidOverOuterOnes) {
  const auto table = Fixture().Build(R"(
typed_per_filter_config: {limits: {"@type": t/test.Limit, limit: 1}}
virtual_hosts:
- name: v
  domains: ['*']
  typed_per_filter_config: {limits: {"@type": t/test.Limit, limit: 10}}
  routes:
  - match: {path: /plain}
    route: {cluster: a}
  - match: {path: /off}
    typed_per_filter_config: {limits: {"@type": t/envoy.config.route.v3.FilterConfig, disabled: true}}
    route: {cluster: a}
  - match: {path: /on}
    typed_per_filter_config: {limits: {"@type": t/envoy.config.route.v3.FilterConfig, config: {"@type": t/test.Limit, limit: 100}}}
    route: {cluster: a}
  - match: {path: /optional}
    typed_per_filter_config: {absent: {"@type": t/envoy.config.route.v3.FilterConfig, is_optional: true, config: {"@type": t/no.such.Type}}}
    route: {cluster: a}
  - match: {path: /weighted}
    typed_per_filter_config: {limits: {"@type": t/test.Limit, limit: 100}}
    route:
      weighted_clusters:
        clusters:
        - {name: a, weight: 1, typed_per_filter_config: {limits: {"@type": t/test.Limit, limit: 1000}}}
        - {name: b, weight: 1}
)");
  const auto entry = [&](const char* path, uint64_t random = 0) -> const RouteEntry& {
    return *Match(*table, Head::Get("h", path), random);
  };
  EXPECT_EQ(LimitOf(entry("/plain")), 11U);
  EXPECT_TRUE(entry("/off").filter_config(0).disabled);
  EXPECT_FALSE(entry("/on").filter_config(0).disabled);
  EXPECT_TRUE(entry("/on").filter_config(0).present);
  EXPECT_EQ(LimitOf(entry("/on")), 111U);
  EXPECT_EQ(LimitOf(entry("/optional")), 11U);
  EXPECT_EQ(LimitOf(entry("/weighted", 0)), 1111U);
  EXPECT_EQ(LimitOf(entry("/weighted", 1)), 111U);
  EXPECT_FALSE(entry("/on").filter_config(1).present);
  EXPECT_EQ(entry("/on").route_config(7), nullptr);
}

TEST(FilterLevelsTest, TheOldCorsFieldIsThePolicyOfCorsFilters) {
  Fixture fixture;
  const std::string yaml = R"(
virtual_hosts:
- name: v
  domains: ['*']
  cors: {allow_methods: GET}
  routes:
  - {match: {path: /host}, route: {cluster: a}}
  - {match: {path: /route}, route: {cluster: a, cors: {allow_methods: PUT}}}
)";
  const auto table = fixture.Build(yaml);
  const auto methods = [&](const char* path) {
    const auto* policy =
        static_cast<const CorsPolicy*>(Match(*table, Head::Get("h", path))->route_config(1));
    return policy != nullptr ? policy->allow_methods : "-";
  };
  EXPECT_EQ(methods("/host"), "GET");
  EXPECT_EQ(methods("/route"), "PUT");

  fixture.slots.pop_back();
  config::Problems problems;
  EXPECT_NE(fixture.Build(yaml, problems), nullptr);
  EXPECT_NE(problems.Text().find("the cors policy has no effect"), std::string::npos);
}

}  // namespace
}  // namespace sluice::route

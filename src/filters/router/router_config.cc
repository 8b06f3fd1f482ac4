#include "router_config.h"

#include <algorithm>

#include "header_checks.h"
#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::filters::router {

using config::Field;
using config::Message;
using config::Unimplemented;

namespace {

void CheckNames(const RouterConfig& config, const config::Node& node, config::Context& ctx) {
  for (const std::string& name : config.strict_check_headers) {
    if (!IsStrictlyCheckable(name)) {
      ctx.Fail(node, "strict_check_headers: '" + name + "' cannot be checked",
               "x-envoy-upstream-rq-timeout-ms, x-envoy-upstream-rq-per-try-timeout-ms, "
               "x-envoy-max-retries, x-envoy-retry-on or x-envoy-retry-grpc-on");
    }
  }
}

}  // namespace

const Message& RouterConfig::Schema() {
  using C = RouterConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.router.v3.Router", "Sends requests to clusters.",
          {Field("dynamic_stats", &C::dynamic_stats, "Count responses by code."),
           Field("start_child_span", &C::start_child_span,
                 "Each attempt of a traced request has a span of its own.")
               .Deprecated("HttpConnectionManager.tracing.spawn_upstream_span"),
           Unimplemented("upstream_log", "use the connection manager's access_log"),
           Unimplemented("upstream_log_options", "use the connection manager's access_log"),
           Field("suppress_envoy_headers", &C::suppress_envoy_headers,
                 "Add no x-envoy-* fields to requests and responses."),
           Field("strict_check_headers", &C::strict_check_headers,
                 "Answer 400 when one of these request fields is not well-formed."),
           Field("respect_expected_rq_timeout", &C::respect_expected_rq_timeout,
                 "Take the timeout of x-envoy-expected-rq-timeout-ms."),
           Field("suppress_grpc_request_failure_code_stats",
                 &C::suppress_grpc_request_failure_code_stats,
                 "Do not count the HTTP codes of failed gRPC requests."),
           Unimplemented("upstream_http_filters",
                         "filters on the upstream side are not implemented"),
           Unimplemented("reject_connect_request_early_data",
                         "early data of a CONNECT request waits for the answer")
               .Accept({"false"})})
          .Check(&CheckNames);
  return message;
}

}  // namespace sluice::filters::router

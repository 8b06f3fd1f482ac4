#include "local_ratelimit_config.h"

#include "sluice/config/schema.h"

namespace sluice::filters::local_ratelimit {

using config::Field;
using config::Message;
using config::Unimplemented;

const Message& LocalRateLimitConfig::Schema() {
  using C = LocalRateLimitConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
      "Answers 429 when the token bucket, which all workers share, is empty.",
      {Field("stat_prefix", &C::stat_prefix,
             "The counters are <stat_prefix>.http_local_rate_limit.*.")
           .Required()
           .NonEmpty(),
       Field("status", &C::status, "What is answered; 429 for codes below 400."),
       Field("token_bucket", &C::token_bucket, "The limit; without it nothing is limited."),
       Field("filter_enabled", &C::filter_enabled, "Requests that are counted; none unless set."),
       Field("filter_enforced", &C::filter_enforced,
             "Of those, requests that are refused over the limit; none unless set."),
       Field("request_headers_to_add_when_not_enforced",
             &C::request_headers_to_add_when_not_enforced,
             "Told to upstream about requests over a limit that is not enforced.")
           .Size(0, 10),
       Field("response_headers_to_add", &C::response_headers_to_add, "Fields of the 429.")
           .Size(0, 10),
       Field("descriptors", &C::descriptors, "Limits of kinds of requests."),
       Field("stage", &C::stage, "Which rate_limits of routes are taken.").Max(10),
       Unimplemented("local_rate_limit_per_downstream_connection",
                     "the bucket is that of the whole process")
           .Accept({"false"}),
       Unimplemented("local_cluster_rate_limit", "the bucket is that of this process"),
       Field("enable_x_ratelimit_headers", &C::enable_x_ratelimit_headers,
             "Tell clients by x-ratelimit-limit, -remaining and -reset."),
       Field("vh_rate_limits", &C::vh_rate_limits,
             "Whether the virtual host's rate_limits count beside the route's."),
       Field("always_consume_default_token_bucket", &C::always_consume_default_token_bucket,
             "Whether requests with a descriptor's bucket take from token_bucket too."),
       Field("rate_limited_as_resource_exhausted", &C::rate_limited_as_resource_exhausted,
             "gRPC clients get RESOURCE_EXHAUSTED instead of UNAVAILABLE."),
       Field("rate_limits", &C::rate_limits,
             "What requests are called, in place of what virtual hosts and routes say."),
       Field("max_dynamic_descriptors", &C::max_dynamic_descriptors,
             "Most values that have a bucket, for each descriptor without a value.")
           .Range(1, 1'000'000)});
  return message;
}

}  // namespace sluice::filters::local_ratelimit

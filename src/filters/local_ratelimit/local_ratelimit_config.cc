#include "local_ratelimit_config.h"

#include "sluice/config/schema.h"

namespace sluice::filters::local_ratelimit {

using config::Field;
using config::Message;
using config::Unimplemented;

const Message& StatusConfig::Schema() {
  using C = StatusConfig;
  static const auto message =
      Message::Of<C>("envoy.type.v3.HttpStatus", "A status.",
                     {Field("code", &C::code, "Its number.").Required().Range(100, 599)});
  return message;
}

const Message& LocalRateLimitConfig::Schema() {
  using C = LocalRateLimitConfig;
  constexpr std::string_view kDescriptors = "there is one bucket for all requests as yet";
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
       Unimplemented("descriptors", kDescriptors), Unimplemented("stage", kDescriptors),
       Unimplemented("local_rate_limit_per_downstream_connection",
                     "the bucket is that of the whole process")
           .Accept({"false"}),
       Unimplemented("local_cluster_rate_limit", "the bucket is that of this process"),
       Unimplemented("enable_x_ratelimit_headers", "there are no x-ratelimit-* headers as yet")
           .Accept({"OFF", "0"}),
       Unimplemented("vh_rate_limits", kDescriptors),
       Unimplemented("always_consume_default_token_bucket", kDescriptors).Accept({"true"}),
       Field("rate_limited_as_resource_exhausted", &C::rate_limited_as_resource_exhausted,
             "gRPC clients get RESOURCE_EXHAUSTED instead of UNAVAILABLE."),
       Unimplemented("rate_limits", kDescriptors),
       Unimplemented("max_dynamic_descriptors", kDescriptors)});
  return message;
}

}  // namespace sluice::filters::local_ratelimit

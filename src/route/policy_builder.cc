#include <algorithm>

#include "action_builder.h"
#include "sluice/http/chars.h"
#include "sluice/route/extensions.h"

namespace sluice::route {
namespace {

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), http::ToLowerAscii);
  return text;
}

constexpr Duration kLeastBackOff = std::chrono::milliseconds(1);

}  // namespace

RetryPolicy CompileRetry(const RetryPolicyConfig& config) {
  RetryPolicy out;
  out.retry_on = ParseRetryPolicyOn(config.retry_on.value).bits;
  out.num_retries = config.num_retries;
  out.per_try_timeout = config.per_try_timeout;
  out.per_try_idle_timeout = config.per_try_idle_timeout;
  if (config.retry_back_off) {
    out.own_back_off = true;
    out.back_off_base = std::max(config.retry_back_off->base_interval, kLeastBackOff);
    out.back_off_max = std::max(
        config.retry_back_off->max_interval.value_or(10 * out.back_off_base), kLeastBackOff);
  }
  if (config.rate_limited_retry_back_off) {
    RateLimitedBackOff& limited = out.rate_limited_back_off.emplace();
    for (const ResetHeaderConfig& header : config.rate_limited_retry_back_off->reset_headers) {
      limited.headers.push_back({LowerCase(header.name), header.format});
    }
    limited.max_interval = config.rate_limited_retry_back_off->max_interval;
  }
  out.retriable_status_codes.assign(config.retriable_status_codes.begin(),
                                    config.retriable_status_codes.end());
  out.retriable_headers = match::Compile(config.retriable_headers);
  out.retriable_request_headers = match::Compile(config.retriable_request_headers);
  for (const config::NamedExtension& predicate : config.retry_host_predicate) {
    out.host_predicates.push_back(predicate.typed_config.As<OmitCanaryHostsPredicateConfig>()
                                      ? HostPredicate::kOmitCanaryHosts
                                      : HostPredicate::kPreviousHosts);
  }
  out.host_selection_max_attempts = static_cast<uint32_t>(config.host_selection_retry_max_attempts);
  return out;
}

HashPolicy CompileHash(const HashPolicyConfig& config) {
  HashPolicy out;
  out.terminal = config.terminal;
  if (config.header) {
    out.kind = HashKind::kHeader;
    out.name = LowerCase(config.header->header_name);
    if (out.name == "host") out.name = ":authority";
    if (config.header->regex_rewrite) {
      out.header_rewrite = match::Compile(*config.header->regex_rewrite);
    }
  } else if (config.cookie) {
    out.kind = HashKind::kCookie;
    out.name = config.cookie->name;
    out.cookie_ttl = config.cookie->ttl;
    out.cookie_path = config.cookie->path;
    for (const CookieAttributeConfig& attribute : config.cookie->attributes) {
      out.cookie_attributes.emplace_back(attribute.name, attribute.value);
    }
  } else if (config.connection_properties) {
    out.kind = config.connection_properties->source_ip ? HashKind::kSourceIp : HashKind::kNothing;
  } else if (config.query_parameter) {
    out.kind = HashKind::kQueryParameter;
    out.name = config.query_parameter->name;
  } else if (config.filter_state) {
    out.kind = HashKind::kFilterState;
    out.name = config.filter_state->key;
  }
  return out;
}

}  // namespace sluice::route

#include "jwt_config.h"

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::filters::jwt_authn {

using config::Field;
using config::Message;
using config::Unimplemented;

namespace {

void CheckPerRoute(const PerRouteConfig& value, const config::Node& node, config::Context& ctx) {
  if (value.disabled && !*value.disabled) {
    ctx.Fail(node, "`disabled` can only be true", {}, "leave it out");
  }
}

void CheckRemote(const RemoteJwksConfig& value, const config::Node& node, config::Context& ctx) {
  if (value.http_uri.timeout <= Duration{}) {
    ctx.Fail(node, "http_uri.timeout must be greater than 0: requests wait for the keys");
  }
}

}  // namespace

const Message& FetchRetryConfig::Schema() {
  using C = FetchRetryConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.RetryPolicy", "How often the keys are asked for again.",
      {Field("retry_back_off", &C::retry_back_off, "Between the attempts."),
       Field("num_retries", &C::num_retries, "How many more attempts, at most."),
       Unimplemented("retry_on", "every failure is one to try again after"),
       Unimplemented("retry_priority", "the cluster's hosts are chosen as always"),
       Unimplemented("retry_host_predicate", "the cluster's hosts are chosen as always"),
       Unimplemented("host_selection_retry_max_attempts",
                     "the cluster's hosts are chosen as always")});
  return message;
}

const Message& AsyncFetchConfig::Schema() {
  using C = AsyncFetchConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.jwt_authn.v3.JwksAsyncFetch",
      "Keys are fetched before anybody needs them.",
      {Field("fast_listener", &C::fast_listener,
             "Changes nothing here: listeners always open at once, and what comes before the keys "
             "waits for them."),
       Field("failed_refetch_duration", &C::failed_refetch_duration,
             "Wait before the next attempt after one that failed.")
           .Positive()});
  return message;
}

const Message& RemoteJwksConfig::Schema() {
  using C = RemoteJwksConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.jwt_authn.v3.RemoteJwks", "Keys that a server has.",
          {Field("http_uri", &C::http_uri, "Where.").Required(),
           Field("cache_duration", &C::cache_duration, "How long they are good.")
               .Min(std::chrono::milliseconds(1)),
           Field("async_fetch", &C::async_fetch, "Fetch them at start and again in time."),
           Field("retry_policy", &C::retry_policy, "Unset: one attempt.")})
          .Check(&CheckRemote);
  return message;
}

const Message& JwtHeaderConfig::Schema() {
  using C = JwtHeaderConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.jwt_authn.v3.JwtHeader", "A field that has a token.",
      {Field("name", &C::name, "Its name.").Required().NonEmpty(),
       Field("value_prefix", &C::value_prefix, "What stands before the token, as `Bearer `.")});
  return message;
}

const Message& ClaimToHeaderConfig::Schema() {
  using C = ClaimToHeaderConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.jwt_authn.v3.JwtClaimToHeader",
      "A claim that upstream gets as a field.",
      {Field("header_name", &C::header_name, "The field; a client's is removed.")
           .Required()
           .NonEmpty(),
       Field("claim_name", &C::claim_name, "The claim; `a.b` is b in a.").Required().NonEmpty()});
  return message;
}

const Message& CacheConfig::Schema() {
  using C = CacheConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.jwt_authn.v3.JwtCacheConfig",
      "Tokens whose signatures need not be verified again.",
      {Field("jwt_cache_size", &C::jwt_cache_size, "How many, on each worker."),
       Field("jwt_max_token_size", &C::jwt_max_token_size, "The longest that is kept.")});
  return message;
}

const Message& NormalizePayloadConfig::Schema() {
  using C = NormalizePayloadConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.jwt_authn.v3.JwtProvider.NormalizePayload",
                     "How claims look in the metadata.",
                     {Field("space_delimited_claims", &C::space_delimited_claims,
                            "Claims that become lists of their words.")});
  return message;
}

const Message& ProviderConfig::Schema() {
  using C = ProviderConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.jwt_authn.v3.JwtProvider", "Who makes tokens.",
          {Field("issuer", &C::issuer, "What `iss` must be; any unless set."),
           Field("audiences", &C::audiences, "One of them must be in `aud`; any unless set."),
           Field("subjects", &C::subjects, "What `sub` must be like."),
           Field("require_expiration", &C::require_expiration, "Whether `exp` must be there."),
           Field("max_lifetime", &C::max_lifetime, "The longest time up to `exp`.").Min(Duration{}),
           Field("remote_jwks", &C::remote_jwks, "The keys, from a server.").Oneof("jwks"),
           Field("local_jwks", &C::local_jwks, "The keys.").Oneof("jwks"),
           Field("forward", &C::forward, "Whether upstream sees the token."),
           Field("from_headers", &C::from_headers, "Fields that have the token."),
           Field("from_params", &C::from_params, "Query parameters that have it."),
           Field("from_cookies", &C::from_cookies, "Cookies that have it."),
           Field("forward_payload_header", &C::forward_payload_header,
                 "The field in which upstream gets the payload in base64url."),
           Field("pad_forward_payload_header", &C::pad_forward_payload_header,
                 "Whether it has padding."),
           Field("payload_in_metadata", &C::payload_in_metadata,
                 "The key of the payload in the dynamic metadata."),
           Field("normalize_payload_in_metadata", &C::normalize_payload_in_metadata,
                 "How it looks there."),
           Field("header_in_metadata", &C::header_in_metadata,
                 "The key of the token's header there."),
           Field("failed_status_in_metadata", &C::failed_status_in_metadata,
                 "The key of what is wrong with a token there."),
           Field("clock_skew_seconds", &C::clock_skew_seconds,
                 "How wrong clocks may be; 60 unless set."),
           Field("jwt_cache_config", &C::jwt_cache_config, "Good tokens are remembered."),
           Field("claim_to_headers", &C::claim_to_headers, "Claims that upstream gets."),
           Field("clear_route_cache", &C::clear_route_cache,
                 "Whether the route is chosen again when claims became fields or metadata.")})
          .RequireOneof("jwks");
  return message;
}

const Message& ProviderWithAudiencesConfig::Schema() {
  using C = ProviderWithAudiencesConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.jwt_authn.v3.ProviderWithAudiences",
                     "A provider, with other audiences than its own.",
                     {Field("provider_name", &C::provider_name, "The provider.").Required(),
                      Field("audiences", &C::audiences, "In place of the provider's.")});
  return message;
}

const Message& RequirementConfig::Schema() {
  using C = RequirementConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.jwt_authn.v3.JwtRequirement",
      "What a request must have; nothing if it is empty.",
      {Field("provider_name", &C::provider_name, "A token of this provider.")
           .Oneof("requires_type"),
       Field("provider_and_audiences", &C::provider_and_audiences,
             "A token of this provider for these audiences.")
           .Oneof("requires_type"),
       Field("requires_any", &C::requires_any, "One of these.").Oneof("requires_type"),
       Field("requires_all", &C::requires_all, "All of these.").Oneof("requires_type"),
       Field("allow_missing_or_failed", &C::allow_missing_or_failed,
             "Nothing; tokens are verified all the same.")
           .Oneof("requires_type"),
       Field("allow_missing", &C::allow_missing, "No token, or only good ones.")
           .Oneof("requires_type"),
       Unimplemented("extract_only_without_validation",
                     "claims of tokens that nobody has verified are not passed on")});
  return message;
}

const Message& RequirementListConfig::Schema() {
  using C = RequirementListConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.jwt_authn.v3.JwtRequirementOrList", "Requirements.",
      {Field("requirements", &C::requirements, "At least two.").Required().Size(2, 1000)});
  return message;
}

const Message& RuleConfig::Schema() {
  using C = RuleConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.jwt_authn.v3.RequirementRule",
      "Which requests must have what.",
      {Field("match", &C::match, "The requests.").Required(),
       Field("requires", &C::required, "What they must have; nothing unless set.")
           .Oneof("requirement_type"),
       Field("requirement_name", &C::requirement_name, "The same, by its name in requirement_map.")
           .Oneof("requirement_type")});
  return message;
}

const Message& JwtAuthenticationConfig::Schema() {
  using C = JwtAuthenticationConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
      "Verifies JSON Web Tokens of requests.",
      {Field("providers", &C::providers, "Who makes tokens, by name."),
       Field("rules", &C::rules, "The first that matches a request holds."),
       Unimplemented("filter_state_rules", "use `rules`"),
       Field("bypass_cors_preflight", &C::bypass_cors_preflight,
             "Whether preflights pass without a token."),
       Field("requirement_map", &C::requirement_map, "Requirements by name."),
       Field("strip_failure_response", &C::strip_failure_response,
             "Whether clients are told 401 only, and not what is wrong."),
       Field("stat_prefix", &C::stat_prefix, "Goes behind jwt_authn in the names of counters.")});
  return message;
}

const Message& PerRouteConfig::Schema() {
  using C = PerRouteConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig",
          "What requests of a route must have, in place of what the rules say.",
          {Field("disabled", &C::disabled, "Nothing.").Oneof("requirement_specifier"),
           Field("requirement_name", &C::requirement_name, "By its name in requirement_map.")
               .NonEmpty()
               .Oneof("requirement_specifier")})
          .RequireOneof("requirement_specifier")
          .Check(&CheckPerRoute);
  return message;
}

}  // namespace sluice::filters::jwt_authn

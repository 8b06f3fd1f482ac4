#include "plan.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "requirements.h"
#include "sluice/http/chars.h"
#include "sluice/route/build.h"

namespace sluice::filters::jwt_authn {
namespace {

constexpr size_t kMaxJwksBytes = size_t{1024} * 1024;

std::string FieldName(const config::Located<std::string>& name, filter::LoadContext& ctx) {
  std::string lower(*name);
  std::ranges::transform(lower, lower.begin(), http::ToLowerAscii);
  if (!lower.empty() && (!http::IsToken(lower) || lower == "host")) {
    ctx.problems.Add(name.where, "`" + *name + "` cannot be the name of a field for this");
  }
  return lower;
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<Place> PlacesOf(const ProviderConfig& config, filter::LoadContext& ctx) {
  using Kind = Place::Kind;
  std::vector<Place> places;
  for (const JwtHeaderConfig& field : config.from_headers) {
    places.push_back({Kind::kField, FieldName(field.name, ctx), field.value_prefix});
  }
  for (const std::string& name : config.from_params) places.push_back({Kind::kParameter, name, ""});
  for (const std::string& name : config.from_cookies) places.push_back({Kind::kCookie, name, ""});
  if (places.empty()) {
    places.push_back({Kind::kField, "authorization", "Bearer "});
    places.push_back({Kind::kParameter, "access_token", ""});
  }
  return places;
}

std::shared_ptr<const Jwks> LoadLocal(const std::string& provider, const config::DataSource& source,
                                      filter::LoadContext& ctx) {
  auto text = config::Load(source, kMaxJwksBytes);
  if (!text) {
    ctx.problems.Add(source.where, text.error().detail);
    return nullptr;
  }
  auto jwks = Jwks::Parse(std::move(*text));
  if (jwks) return std::move(*jwks);
  ctx.problems.Warn(source.where, fmt::format("the keys of '{}' are not usable, all of its tokens "
                                              "will be refused: {}",
                                              provider, Words(jwks.error())));
  return nullptr;
}

JwksSource* MakeSource(const std::string& provider, const RemoteJwksConfig& config,
                       filter::LoadContext& ctx) {
  const auto& cluster = config.http_uri.cluster;
  if (!ctx.clusters.FindId(*cluster)) {
    const std::string_view near = ctx.clusters.NearestName(*cluster);
    ctx.problems.Add(cluster.where, fmt::format("there is no cluster '{}'", *cluster),
                     near.empty() ? "" : fmt::format("did you mean `{}`?", near));
    return nullptr;
  }
  return &ctx.services.Add(
      std::make_unique<JwksSource>(provider, config, ctx.main_loop, ctx.stats));
}

void CompileOutputs(const ProviderConfig& config, Provider& out, filter::LoadContext& ctx) {
  out.forward = config.forward;
  out.payload_field = FieldName(config.forward_payload_header, ctx);
  out.pad_payload = config.pad_forward_payload_header;
  for (const ClaimToHeaderConfig& claim : config.claim_to_headers) {
    out.claims.push_back({FieldName(claim.header_name, ctx), Split(claim.claim_name, '.')});
  }
  out.payload_key = config.payload_in_metadata;
  if (config.normalize_payload_in_metadata) {
    out.space_delimited = config.normalize_payload_in_metadata->space_delimited_claims;
  }
  out.header_key = config.header_in_metadata;
  out.failure_key = config.failed_status_in_metadata;
  out.clear_route_cache = config.clear_route_cache;
}

Provider CompileProvider(const std::string& name, const ProviderConfig& config,
                         filter::LoadContext& ctx) {
  Provider out;
  out.name = name;
  out.issuer = config.issuer;
  for (const std::string& audience : config.audiences) {
    out.audiences.emplace_back(NormalAudience(audience));
  }
  if (config.subjects) out.subjects = match::Compile(*config.subjects);
  out.require_expiration = config.require_expiration;
  if (config.max_lifetime) {
    out.max_lifetime_s = static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(*config.max_lifetime).count());
  }
  if (config.clock_skew_seconds != 0) out.skew_s = config.clock_skew_seconds;
  out.places = PlacesOf(config, ctx);
  CompileOutputs(config, out, ctx);
  if (config.jwt_cache_config) {
    const CacheConfig& cache = *config.jwt_cache_config;
    out.cache_size =
        cache.jwt_cache_size == 0 ? CacheConfig().jwt_cache_size : cache.jwt_cache_size;
    out.cache_token_bytes =
        cache.jwt_max_token_size == 0 ? CacheConfig().jwt_max_token_size : cache.jwt_max_token_size;
  }
  if (config.local_jwks) out.local = LoadLocal(name, *config.local_jwks, ctx);
  if (config.remote_jwks) out.source = MakeSource(name, *config.remote_jwks, ctx);
  return out;
}

// All but what is refused in BuildMatches.
route::RouteMatchConfig CopyMatch(const route::RouteMatchConfig& from) {
  route::RouteMatchConfig to;
  to.prefix = from.prefix;
  to.path = from.path;
  to.safe_regex = from.safe_regex;
  to.connect_matcher = from.connect_matcher;
  to.path_separated_prefix = from.path_separated_prefix;
  to.path_match_policy = from.path_match_policy;
  to.case_sensitive = from.case_sensitive;
  to.runtime_fraction = from.runtime_fraction;
  to.headers = from.headers;
  to.query_parameters = from.query_parameters;
  to.cookies = from.cookies;
  to.grpc = from.grpc;
  to.where = from.where;
  return to;
}

// The rules are matched as routes are: by a table of routes that lead nowhere.
std::shared_ptr<const route::RouteTable> BuildMatches(const std::vector<RuleConfig>& rules,
                                                      filter::LoadContext& ctx) {
  auto table = std::make_shared<route::RouteConfiguration>();
  route::VirtualHostConfig& host = table->virtual_hosts.emplace_back();
  host.name = std::string("rules");
  host.domains.emplace_back(std::string("*"));
  for (const RuleConfig& rule : rules) {
    if (!rule.match.dynamic_metadata.empty() || rule.match.tls_context) {
      ctx.problems.Add(rule.match.where,
                       "a rule cannot match by `dynamic_metadata` or `tls_context`");
    }
    route::RouteConfig& route = host.routes.emplace_back();
    route.match = CopyMatch(rule.match);
    route.non_forwarding_action.emplace();
    route.where = rule.match.where;
  }
  return route::BuildTable({.config = std::move(table), .filters = {}}, ctx.problems);
}

}  // namespace

std::string_view NormalAudience(std::string_view audience) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (audience.starts_with(scheme)) {
      audience.remove_prefix(scheme.size());
      break;
    }
  }
  if (audience.ends_with('/')) audience.remove_suffix(1);
  return audience;
}

std::shared_ptr<const Plan> CompilePlan(const JwtAuthenticationConfig& config,
                                        filter::LoadContext& ctx) {
  const size_t before = ctx.problems.errors();
  auto plan = std::make_shared<Plan>();
  for (const auto& [name, provider] : config.providers) {
    plan->providers.push_back(CompileProvider(name, provider, ctx));
  }
  RequirementCompiler compiler(plan->providers, ctx.problems);
  for (const auto& [name, requirement] : config.requirement_map) {
    plan->named.emplace(name, compiler.Compile(requirement));
    if (!plan->names.empty()) plan->names += ',';
    plan->names += name;
  }
  for (const RuleConfig& rule : config.rules) {
    auto& compiled = plan->rules.emplace_back();
    if (rule.required) compiled = compiler.Compile(*rule.required);
    if (!rule.requirement_name) continue;
    const auto named = plan->named.find(**rule.requirement_name);
    if (named != plan->named.end()) {
      compiled = named->second;
    } else {
      ctx.problems.Add(
          rule.requirement_name->where,
          fmt::format("there is no requirement '{}' in requirement_map", **rule.requirement_name));
    }
  }
  if (!config.rules.empty()) plan->matches = BuildMatches(config.rules, ctx);
  plan->bypass_cors_preflight = config.bypass_cors_preflight;
  plan->strip_failure_response = config.strip_failure_response;
  plan->stat_prefix = config.stat_prefix;
  return ctx.problems.errors() == before ? plan : nullptr;
}

}  // namespace sluice::filters::jwt_authn

#include "action_builder.h"

#include <algorithm>

#include "sluice/http/chars.h"
#include "sluice/route/extensions.h"

namespace sluice::route {
namespace {

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), http::ToLowerAscii);
  return text;
}

// A field's name as heads hold it.
std::string HeadName(const std::string& name) {
  std::string lower = LowerCase(name);
  return lower == "host" ? ":authority" : lower;
}

std::vector<UpgradeRule> Upgrades(const RouteActionConfig& config, config::Problems& problems) {
  std::vector<UpgradeRule> out;
  for (const UpgradeConfig& upgrade : config.upgrade_configs) {
    UpgradeRule rule;
    rule.type = LowerCase(upgrade.upgrade_type);
    rule.enabled = upgrade.enabled;
    rule.connect_as_tcp = upgrade.connect_config.has_value();
    if (upgrade.connect_config) {
      rule.allow_post = upgrade.connect_config->allow_post;
      rule.proxy_header = upgrade.connect_config->proxy_protocol_config;
    }
    if (std::any_of(out.begin(), out.end(),
                    [&](const UpgradeRule& other) { return other.type == rule.type; })) {
      problems.Add(config.where, "upgrade type " + upgrade.upgrade_type + " given twice");
    }
    if (rule.connect_as_tcp && rule.type != "connect") {
      problems.Add(config.where,
                   "connect_config needs upgrade_type CONNECT, not " + upgrade.upgrade_type);
    }
    out.push_back(std::move(rule));
  }
  return out;
}

std::optional<InternalRedirectPolicy> InternalRedirects(const RouteActionConfig& config) {
  InternalRedirectPolicy out;
  if (!config.internal_redirect_policy) {
    if (config.internal_redirect_action != InternalRedirectAction::kHandle) return std::nullopt;
    out.max_redirects = config.max_internal_redirects;
    return out;
  }
  const InternalRedirectPolicyConfig& policy = *config.internal_redirect_policy;
  out.max_redirects = policy.max_internal_redirects;
  if (!policy.redirect_response_codes.empty()) {
    out.codes.assign(policy.redirect_response_codes.begin(), policy.redirect_response_codes.end());
  }
  out.allow_cross_scheme = policy.allow_cross_scheme_redirect;
  for (const std::string& name : policy.response_headers_to_copy) {
    out.response_headers_to_copy.push_back(LowerCase(name));
  }
  return out;
}

uint16_t StatusOf(ClusterNotFoundCode code) {
  switch (code) {
    case ClusterNotFoundCode::kServiceUnavailable: return 503;
    case ClusterNotFoundCode::kNotFound: return 404;
    case ClusterNotFoundCode::kInternalServerError: return 500;
  }
  return 503;
}

uint16_t StatusOf(RedirectCode code) {
  constexpr uint16_t kStatus[] = {301, 302, 303, 307, 308};
  return kStatus[static_cast<size_t>(code)];
}

void SetTimeouts(const RouteActionConfig& config, ForwardAction& out) {
  out.timeout = config.timeout;
  out.idle_timeout = config.idle_timeout;
  out.flush_timeout = config.flush_timeout;
  out.max_grpc_timeout = config.max_grpc_timeout;
  out.grpc_timeout_offset = config.grpc_timeout_offset;
  if (!config.max_stream_duration) return;
  out.stream_timeouts = true;
  out.max_stream_duration = config.max_stream_duration->max_stream_duration;
  out.grpc_timeout_header_max = config.max_stream_duration->grpc_timeout_header_max;
  out.grpc_timeout_header_offset = config.max_stream_duration->grpc_timeout_header_offset;
}

}  // namespace

ClusterSpec ActionBuilder::Cluster(const config::Located<std::string>& name) {
  ClusterSpec out;
  out.name = name.value;
  if (input_.clusters == nullptr) return out;
  if (const auto id = input_.clusters->FindId(name.value)) {
    out.id = *id;
    auto& ids = parts_.clusters;
    if (std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
  } else if (parts_.config->validate_clusters.value_or(input_.validate_clusters)) {
    const std::string_view nearest = input_.clusters->NearestName(name.value);
    problems_.Add(name.where, "unknown cluster `" + name.value + "`",
                  nearest.empty() ? "" : "did you mean `" + std::string(nearest) + "`?");
  } else if (const auto reserved = input_.clusters->Reserve(name.value)) {
    out.id = *reserved;
  }
  return out;
}

ClusterSpec ActionBuilder::ClusterByHeader(const std::string& header) {
  ClusterSpec out;
  out.header = HeadName(header);
  return out;
}

PathRewrite ActionBuilder::ForwardPath(const RouteActionConfig& config, const PathRule& path) {
  PathRewrite out;
  if (!config.prefix_rewrite.empty()) {
    if (path.kind == PathKind::kTemplate) {
      problems_.Add(config.where, "prefix_rewrite does not go with path_match_policy",
                    "use path_rewrite_policy");
    }
    out.kind = PathRewriteKind::kPrefix;
    out.prefix = config.prefix_rewrite;
  } else if (config.regex_rewrite) {
    out.kind = PathRewriteKind::kRegex;
    out.regex = match::Compile(*config.regex_rewrite);
  } else if (config.path_rewrite_policy) {
    const auto* rewrite = config.path_rewrite_policy->typed_config.As<UriTemplateRewriteConfig>();
    if (rewrite == nullptr) return out;  // refused while parsing
    if (path.kind != PathKind::kTemplate) {
      problems_.Add(config.where, "path_rewrite_policy needs path_match_policy in the match");
      return out;
    }
    auto compiled =
        match::UriTemplateRewrite::Compile(rewrite->path_template_rewrite, *path.uri_template);
    if (!compiled) {
      problems_.Add(config.where, compiled.error().detail);
      return out;
    }
    out.kind = PathRewriteKind::kTemplate;
    out.uri_template = *std::move(compiled);
  } else if (!config.path_rewrite.empty()) {
    out.kind = PathRewriteKind::kFormat;
    out.format = CompileText(config.path_rewrite, config.where, input_.formats, problems_);
    if (!out.format) out.literal = UnescapePercent(config.path_rewrite);
  }
  return out;
}

HostRewrite ActionBuilder::ForwardHost(const RouteActionConfig& config) {
  HostRewrite out;
  out.append_x_forwarded_host = config.append_x_forwarded_host;
  if (!config.host_rewrite_literal.empty()) {
    out.kind = HostRewriteKind::kLiteral;
    out.text = config.host_rewrite_literal;
  } else if (config.auto_host_rewrite.value_or(false)) {
    out.kind = HostRewriteKind::kAuto;
  } else if (!config.host_rewrite_header.empty()) {
    out.kind = HostRewriteKind::kHeader;
    out.text = HeadName(config.host_rewrite_header);
  } else if (config.host_rewrite_path_regex) {
    out.kind = HostRewriteKind::kPathRegex;
    out.regex = match::Compile(*config.host_rewrite_path_regex);
  } else if (!config.host_rewrite.empty()) {
    out.format = CompileText(config.host_rewrite, config.where, input_.formats, problems_);
    out.kind = out.format ? HostRewriteKind::kFormat : HostRewriteKind::kLiteral;
    if (!out.format) out.text = UnescapePercent(config.host_rewrite);
  }
  return out;
}

std::vector<MirrorPolicy> ActionBuilder::Mirrors(const std::vector<MirrorPolicyConfig>& configs) {
  std::vector<MirrorPolicy> out;
  for (const MirrorPolicyConfig& config : configs) {
    MirrorPolicy policy;
    policy.cluster = config.cluster_header.empty() ? Cluster(config.cluster)
                                                   : ClusterByHeader(config.cluster_header);
    if (config.runtime_fraction) policy.fraction = match::Compile(*config.runtime_fraction);
    policy.request_mutations =
        CompileMutations(config.request_headers_mutations, input_.formats, problems_);
    policy.host_rewrite_literal = config.host_rewrite_literal;
    policy.append_shadow_to_host =
        !config.disable_shadow_host_suffix_append && config.host_rewrite_literal.empty();
    out.push_back(std::move(policy));
  }
  return out;
}

const ForwardAction* ActionBuilder::Forward(const RouteConfig& route, const VirtualHostConfig& host,
                                            const PathRule& path) {
  const RouteActionConfig& config = *route.route;
  ForwardAction& out = parts_.forwards.emplace_back();
  out.path_rewrite = ForwardPath(config, path);
  out.host_rewrite = ForwardHost(config);
  SetTimeouts(config, out);
  if (const auto& policy = config.retry_policy ? config.retry_policy : host.retry_policy; policy) {
    out.retry = std::make_unique<const RetryPolicy>(CompileRetry(*policy));
  }
  // Mirrors are not merged: the innermost level that has some decides.
  out.mirrors =
      Mirrors(!config.request_mirror_policies.empty() ? config.request_mirror_policies
              : !host.request_mirror_policies.empty() ? host.request_mirror_policies
                                                      : parts_.config->request_mirror_policies);
  for (const HashPolicyConfig& policy : config.hash_policy) {
    out.hash_policies.push_back(CompileHash(policy));
  }
  out.internal_redirect = InternalRedirects(config);
  out.upgrades = Upgrades(config, problems_);
  out.priority = config.priority;
  out.rate_limits = RateLimits(config.rate_limits);
  out.include_vh_rate_limits = config.include_vh_rate_limits;
  out.cluster_not_found_status = StatusOf(config.cluster_not_found_response_code);
  return &out;
}

const RedirectAction* ActionBuilder::Redirect(const RedirectActionConfig& config) {
  RedirectAction& out = parts_.redirects.emplace_back();
  out.status = StatusOf(config.response_code);
  out.scheme = config.https_redirect ? "https" : config.scheme_redirect;
  out.host = config.host_redirect;
  out.port = config.port_redirect;
  out.path = config.path_redirect;
  out.strip_query = config.strip_query;
  if (!config.prefix_rewrite.empty()) {
    out.path_rewrite.kind = PathRewriteKind::kPrefix;
    out.path_rewrite.prefix = config.prefix_rewrite;
  } else if (config.regex_rewrite) {
    out.path_rewrite.kind = PathRewriteKind::kRegex;
    out.path_rewrite.regex = match::Compile(*config.regex_rewrite);
  }
  return &out;
}

const DirectResponse* ActionBuilder::Direct(const DirectResponseConfig& config,
                                            const config::Where& where) {
  DirectResponse& out = parts_.direct_responses.emplace_back();
  out.status = static_cast<uint16_t>(config.status);
  if (!config.body) return &out;
  const size_t limit = parts_.config->max_direct_response_body_size_bytes;
  Result<std::string> body = config::Load(*config.body);
  if (!body) {
    problems_.Add(config.body->where.mark.known() ? config.body->where : where,
                  body.error().detail);
  } else if (body->size() > limit) {
    problems_.Add(config.body->where,
                  "the body has " + std::to_string(body->size()) + " bytes, more than " +
                      std::to_string(limit),
                  "raise max_direct_response_body_size_bytes");
  } else {
    out.body = *std::move(body);
  }
  return &out;
}

const UpgradeRule* ForwardAction::FindUpgrade(std::string_view type) const {
  for (const UpgradeRule& rule : upgrades) {
    if (http::EqualsIgnoreCase(rule.type, type)) return &rule;
  }
  return nullptr;
}

}  // namespace sluice::route

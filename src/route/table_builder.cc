#include <algorithm>
#include <map>

#include "action_builder.h"
#include "filter_levels.h"
#include "sluice/http/chars.h"
#include "sluice/route/build.h"
#include "sluice/route/extensions.h"
#include "table_parts.h"

namespace sluice::route {
namespace {

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), http::ToLowerAscii);
  return text;
}

template <typename C>
HeaderEdits RequestEdits(const C& config, const BuildInput& input, config::Problems& problems) {
  return CompileEdits(config.request_headers_to_add, config.request_headers_to_remove, config.where,
                      input.formats, problems);
}

template <typename C>
HeaderEdits ResponseEdits(const C& config, const BuildInput& input, config::Problems& problems) {
  return CompileEdits(config.response_headers_to_add, config.response_headers_to_remove,
                      config.where, input.formats, problems);
}

PathRule CompilePath(const RouteMatchConfig& config) {
  PathRule out;
  out.ignore_case = !config.case_sensitive;
  if (config.prefix) {
    out.kind = PathKind::kPrefix;
    out.text = *config.prefix;
  } else if (config.path) {
    out.kind = PathKind::kExact;
    out.text = *config.path;
  } else if (config.path_separated_prefix) {
    out.kind = PathKind::kSeparatedPrefix;
    out.text = *config.path_separated_prefix;
  } else if (config.safe_regex) {
    out.kind = PathKind::kRegex;
    out.text = config.safe_regex->regex;
    out.regex = match::Compile(*config.safe_regex);
    out.ignore_case = false;
  } else if (config.connect_matcher) {
    out.kind = PathKind::kConnect;
  } else if (config.path_match_policy) {
    const auto* policy = config.path_match_policy->typed_config.As<UriTemplateMatchConfig>();
    if (policy == nullptr) return out;  // refused while parsing
    out.kind = PathKind::kTemplate;
    out.text = policy->path_template;
    out.uri_template = match::UriTemplate::Compile(policy->path_template).value();
    out.ignore_case = false;
  }
  return out;
}

Conditions CompileConditions(const RouteMatchConfig& config) {
  Conditions out;
  if (config.runtime_fraction) out.fraction = match::Compile(*config.runtime_fraction);
  out.headers = match::Compile(config.headers);
  for (const auto& parameter : config.query_parameters) {
    out.query.push_back(match::Compile(parameter));
  }
  for (const auto& cookie : config.cookies) out.cookies.push_back(match::Compile(cookie));
  for (const auto& metadata : config.dynamic_metadata) {
    out.metadata.push_back(match::Compile(metadata));
  }
  if (config.tls_context) {
    out.certificate_presented = config.tls_context->presented;
    out.certificate_validated = config.tls_context->validated;
  }
  out.grpc = config.grpc.has_value();
  return out;
}

// What a rewrite by prefix replaces. `text` is the rule's own and stays where it is.
MatchedPath Matched(const PathRule& rule) {
  MatchedPath out;
  if (rule.kind == PathKind::kExact || rule.kind == PathKind::kPrefix ||
      rule.kind == PathKind::kSeparatedPrefix) {
    out.prefix = rule.text;
    out.prefix_size = rule.text.size();
    out.ignore_case = rule.ignore_case;
  }
  return out;
}

}  // namespace

class TableBuilder {
 public:
  TableBuilder(const BuildInput& input, config::Problems& problems)
      : input_(input),
        problems_(problems),
        owned_(std::make_unique<TableParts>()),
        parts_(*owned_),
        filters_(input, problems),
        actions_(input, parts_, problems) {}

  std::shared_ptr<const RouteTable> Run() {
    const size_t errors_before = problems_.errors();
    parts_.config = input_.config;
    const RouteConfiguration& config = *parts_.config;
    parts_.vhost_header = LowerCase(config.vhost_header);
    for (const std::string& name : config.internal_only_headers) {
      parts_.internal_only_headers.push_back(LowerCase(name));
    }
    parts_.request_edits = RequestEdits(config, input_, problems_);
    parts_.response_edits = ResponseEdits(config, input_, problems_);
    parts_.tls_redirect.scheme = "https";
    top_level_ = filters_.Add({}, config.typed_per_filter_config, nullptr, config.where);
    for (const VirtualHostConfig& host : config.virtual_hosts) AddHost(host);
    if (problems_.errors() != errors_before) return nullptr;
    return std::make_shared<const RouteTable>(std::move(owned_));
  }

 private:
  void AddHost(const VirtualHostConfig& config);
  void AddDomains(const VirtualHostConfig& config, uint32_t index);
  void AddRoute(const RouteConfig& config, const VirtualHostConfig& host_config, HostRules& host,
                const FilterLevels::Level& host_level);
  void AddWeighted(const WeightedClusterConfig& config, Rule& rule,
                   const FilterLevels::Level& level);
  void SetAction(const RouteConfig& config, const VirtualHostConfig& host_config, Rule& rule);
  void SetEdits(RouteEntry& entry, const HeaderEdits* request, const HeaderEdits* response);
  const HeaderEdits* Keep(HeaderEdits edits) {
    return edits.empty() ? nullptr : &parts_.edits.emplace_back(std::move(edits));
  }

  const BuildInput& input_;
  config::Problems& problems_;
  std::unique_ptr<TableParts> owned_;
  TableParts& parts_;
  FilterLevels filters_;
  ActionBuilder actions_;
  FilterLevels::Level top_level_;
  std::map<std::string, config::Where> names_;
};

void TableBuilder::AddDomains(const VirtualHostConfig& config, uint32_t index) {
  for (const auto& domain : config.domains) {
    uint32_t other = 0;
    if (parts_.host_index.Add(domain.value, index, other)) continue;
    problems_.Add(domain.where, "duplicate domain `" + domain.value + "`",
                  "virtual host `" + parts_.hosts[other]->host.name + "` has it already");
  }
}

void TableBuilder::AddHost(const VirtualHostConfig& config) {
  const auto index = static_cast<uint32_t>(parts_.hosts.size());
  HostRules& out = *parts_.hosts.emplace_back(std::make_unique<HostRules>());
  parts_.virtual_hosts.push_back(&out.host);
  VirtualHost& host = out.host;
  host.name = config.name.value;
  host.index = index;
  if (const auto [first, added] = names_.emplace(host.name, config.name.where); !added) {
    // Envoy takes it: only domains have to differ.
    problems_.Warn(config.name.where,
                   "duplicate virtual host name `" + host.name + "`: their statistics are one",
                   "first at " + problems_.Place(first->second.mark));
  }
  for (const auto& domain : config.domains) host.domains.push_back(domain.value);
  AddDomains(config, index);
  host.require_tls = config.require_tls;
  host.include_request_attempt_count = config.include_request_attempt_count;
  host.include_attempt_count_in_response = config.include_attempt_count_in_response;
  host.include_is_timeout_retry_header = config.include_is_timeout_retry_header;
  for (const VirtualClusterConfig& cluster : config.virtual_clusters) {
    host.virtual_clusters.push_back({cluster.name, match::Compile(cluster.headers)});
  }
  host.request_edits = RequestEdits(config, input_, problems_);
  host.response_edits = ResponseEdits(config, input_, problems_);
  host.rate_limits = RateLimits(config.rate_limits);
  if (config.metadata) host.metadata = &*config.metadata;
  const FilterLevels::Level level =
      filters_.Add(top_level_, config.typed_per_filter_config,
                   config.cors ? &*config.cors : nullptr, config.where);

  for (const RouteConfig& route : config.routes) AddRoute(route, config, out, level);
  out.index = PathIndex(out.rules);
  out.tls_redirect.virtual_host = &host;
  out.tls_redirect.action = ActionKind::kRedirect;
  out.tls_redirect.redirect = &parts_.tls_redirect;
  out.tls_redirect.is_tls_redirect = true;
}

void TableBuilder::AddRoute(const RouteConfig& config, const VirtualHostConfig& host_config,
                            HostRules& host, const FilterLevels::Level& host_level) {
  const auto index = static_cast<uint32_t>(host.rules.size());
  Rule& rule = host.rules.emplace_back();
  rule.path = CompilePath(config.match);
  rule.conditions = CompileConditions(config.match);
  RouteEntry& entry = rule.entry;
  entry.name = config.name;
  entry.index = index;
  entry.virtual_host = &host.host;
  entry.matched_path = Matched(rule.path);
  if (config.metadata) {
    entry.metadata = &*config.metadata;
    ValueStruct filters;
    for (const auto& [filter, fields] : config.metadata->filter_metadata) {
      filters.emplace(filter, config::ToValue(fields));
    }
    entry.metadata_values = &parts_.metadata_values.emplace_back(std::move(filters));
  }
  if (config.decorator) {
    entry.decorator = Decorator{config.decorator->operation, config.decorator->propagate};
  }
  if (config.tracing) {
    entry.tracing =
        &parts_.traces.emplace_back(Compile(*config.tracing, input_.formats, problems_));
  }
  entry.stat_prefix = config.stat_prefix;
  entry.request_body_buffer_limit = config.request_body_buffer_limit
                                        ? config.request_body_buffer_limit
                                        : host_config.request_body_buffer_limit;
  entry.per_request_buffer_limit_bytes = config.per_request_buffer_limit_bytes
                                             ? config.per_request_buffer_limit_bytes
                                             : host_config.per_request_buffer_limit_bytes;
  const CorsPolicyConfig* cors =
      config.route && config.route->cors ? &*config.route->cors : nullptr;
  const FilterLevels::Level level =
      filters_.Add(host_level, config.typed_per_filter_config, cors, config.where);
  entry.filter_configs = FilterLevels::Store(level, parts_);
  const HeaderEdits* request = Keep(RequestEdits(config, input_, problems_));
  const HeaderEdits* response = Keep(ResponseEdits(config, input_, problems_));
  SetAction(config, host_config, rule);
  SetEdits(entry, request, response);
  if (config.route && config.route->weighted_clusters) {
    AddWeighted(*config.route->weighted_clusters, rule, level);
  }
}

void TableBuilder::SetAction(const RouteConfig& config, const VirtualHostConfig& host_config,
                             Rule& rule) {
  RouteEntry& entry = rule.entry;
  if (config.redirect) {
    entry.action = ActionKind::kRedirect;
    entry.redirect = actions_.Redirect(*config.redirect);
  } else if (config.direct_response) {
    entry.action = ActionKind::kDirectResponse;
    entry.direct_response = actions_.Direct(*config.direct_response, config.where);
  } else if (config.non_forwarding_action) {
    entry.action = ActionKind::kNonForwarding;
  } else if (config.route) {
    entry.action = ActionKind::kForward;
    entry.forward = actions_.Forward(config, host_config, rule.path);
    if (config.route->metadata_match) {
      entry.metadata_match =
          &parts_.criteria.emplace_back(match::CompileCriteria(*config.route->metadata_match));
    }
    if (config.route->cluster) {
      entry.cluster = actions_.Cluster(*config.route->cluster);
    } else if (config.route->cluster_header) {
      entry.cluster = ActionBuilder::ClusterByHeader(*config.route->cluster_header);
    }
  }
}

void TableBuilder::AddWeighted(const WeightedClusterConfig& config, Rule& rule,
                               const FilterLevels::Level& level) {
  rule.weight_header = LowerCase(config.header_name);
  rule.weighted.reserve(config.clusters.size());
  for (const ClusterWeightConfig& cluster : config.clusters) {
    RouteEntry& entry = rule.weighted.emplace_back(rule.entry);
    entry.cluster = cluster.cluster_header.empty()
                        ? actions_.Cluster(cluster.name)
                        : ActionBuilder::ClusterByHeader(cluster.cluster_header);
    entry.host_rewrite_literal = cluster.host_rewrite_literal;
    if (cluster.metadata_match) {
      entry.metadata_match = &parts_.criteria.emplace_back(match::MergeCriteria(
          entry.metadata_match, match::CompileCriteria(*cluster.metadata_match)));
    }
    if (!cluster.typed_per_filter_config.empty()) {
      entry.filter_configs = FilterLevels::Store(
          filters_.Add(level, cluster.typed_per_filter_config, nullptr, cluster.where), parts_);
    }
    const HeaderEdits* request = Keep(RequestEdits(cluster, input_, problems_));
    const HeaderEdits* response = Keep(ResponseEdits(cluster, input_, problems_));
    const bool last = parts_.config->most_specific_header_mutations_wins;
    if (request != nullptr) {
      entry.request_edits.insert(last ? entry.request_edits.end() : entry.request_edits.begin(),
                                 request);
    }
    if (response != nullptr) {
      entry.response_edits.insert(last ? entry.response_edits.end() : entry.response_edits.begin(),
                                  response);
    }
    rule.weights.push_back(cluster.weight);
    rule.weight_sum += cluster.weight;
    if (!config.runtime_key_prefix.empty()) {
      rule.weight_keys.push_back(config.runtime_key_prefix + "." + cluster.name.value);
    }
  }
}

void TableBuilder::SetEdits(RouteEntry& entry, const HeaderEdits* request,
                            const HeaderEdits* response) {
  const auto set = [&](std::vector<const HeaderEdits*>& out, const HeaderEdits* route,
                       const HeaderEdits& host, const HeaderEdits& top) {
    if (route != nullptr) out.push_back(route);
    if (!host.empty()) out.push_back(&host);
    if (!top.empty()) out.push_back(&top);
    if (parts_.config->most_specific_header_mutations_wins) std::reverse(out.begin(), out.end());
  };
  set(entry.request_edits, request, entry.virtual_host->request_edits, parts_.request_edits);
  set(entry.response_edits, response, entry.virtual_host->response_edits, parts_.response_edits);
}

std::shared_ptr<const RouteTable> BuildTable(const BuildInput& input, config::Problems& problems) {
  return TableBuilder(input, problems).Run();
}

}  // namespace sluice::route

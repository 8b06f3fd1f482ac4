#include "build_chains.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sluice/config/message.h"
#include "sluice/net/transport_extension.h"

namespace sluice::listener {
namespace {

std::vector<IpPrefix> ToPrefixes(const std::vector<config::CidrRange>& configs) {
  std::vector<IpPrefix> prefixes;
  for (const config::CidrRange& one : configs) {
    // Parsing has checked them; nothing is lost here.
    if (auto range = match::CidrRange::Parse(one.address_prefix, one.prefix_len)) {
      prefixes.push_back({*range, one.prefix_len});
    }
  }
  return prefixes;
}

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  });
  return text;
}

// "*.example.com" and names are fine; a star elsewhere is not.
bool CheckServerName(const std::string& name, const config::Where& where, config::Problems& out) {
  const size_t star = name.rfind('*');
  if (star == std::string::npos || name == "*" || (star == 0 && name.starts_with("*.")))
    return true;
  out.Add(where, "server name '" + name +
                     "': a wildcard may only stand for the whole first labels, "
                     "as in *.example.com");
  return false;
}

ChainCriteria ToCriteria(const FilterChainMatchConfig& config, config::Problems& problems) {
  ChainCriteria criteria;
  if (config.destination_port) {
    criteria.destination_port = static_cast<uint16_t>(*config.destination_port);
  }
  criteria.prefix_ranges = ToPrefixes(config.prefix_ranges);
  criteria.direct_source_prefix_ranges = ToPrefixes(config.direct_source_prefix_ranges);
  criteria.source_prefix_ranges = ToPrefixes(config.source_prefix_ranges);
  criteria.source_type = static_cast<SourceType>(config.source_type);
  for (uint32_t port : config.source_ports) {
    criteria.source_ports.push_back(static_cast<uint16_t>(port));
  }
  for (const std::string& name : config.server_names) {
    if (!CheckServerName(name, config.where, problems)) continue;
    criteria.server_names.push_back(name == "*" ? "" : Lower(name));
  }
  criteria.transport_protocol = config.transport_protocol;
  criteria.application_protocols = config.application_protocols;
  return criteria;
}

bool BuildTransport(const FilterChainConfig& config, filter::LoadContext& ctx,
                    const ListenerPlan& plan, ChainPlan& chain) {
  if (!config.transport_socket || !config.transport_socket->typed_config) return true;
  const config::TypedConfig& typed = config.transport_socket->typed_config;
  net::TransportLoadContext load{ctx.problems, ctx.main_loop, ctx.stats,
                                 "listener." + plan.stat_name, ctx.discovery};
  chain.transport = typed.Factory<net::TransportExtension>().Make(typed, load);
  if (chain.transport == nullptr) return false;
  if (chain.transport.get() == &net::RawTransportFactory()) chain.transport = nullptr;  // as it is
  return true;
}

bool BuildFilters(const FilterChainConfig& config, filter::LoadContext& ctx, ChainPlan& chain) {
  if (config.filters.empty()) {
    ctx.problems.Add(config.where,
                     "a filter chain without filters does nothing with its connections",
                     "add a terminal filter such as envoy.filters.network.tcp_proxy");
    return false;
  }
  bool ok = true;
  for (const NetworkFilterConfig& one : config.filters) {
    if (!one.typed_config) return false;  // parsing has said why
    auto made =
        one.typed_config.Factory<filter::NetworkFilterExtension>().Make(one.typed_config, ctx);
    if (made == nullptr) {
      ok = false;
      continue;
    }
    const bool last = &one == &config.filters.back();
    if (made->terminal() && !last) {
      ctx.problems.Add(one.where, "terminal filter named " + one.name +
                                      " must be the last filter in a network filter chain");
      ok = false;
    } else if (!made->terminal() && last) {
      ctx.problems.Add(one.where, "non-terminal filter named " + one.name +
                                      " is the last filter in a network filter chain");
      ok = false;
    }
    chain.filters.push_back(std::move(made));
  }
  return ok;
}

bool BuildChain(const FilterChainConfig& config, filter::LoadContext& ctx, ListenerPlan& plan) {
  ChainPlan& chain = plan.chains.emplace_back();
  chain.name = config.name;
  chain.metadata = config.metadata;
  chain.transport_connect_timeout = config.transport_socket_connect_timeout;
  const bool transport_ok = BuildTransport(config, ctx, plan, chain);
  return BuildFilters(config, ctx, chain) && transport_ok;
}

// The first chain that can only be chosen by what a TLS inspector finds; null when there is none.
const FilterChainMatchConfig* NeedsInspector(const ListenerConfig& config) {
  for (const FilterChainConfig& one : config.filter_chains) {
    const FilterChainMatchConfig& match = one.filter_chain_match;
    const bool by_hello = !match.server_names.empty() || !match.application_protocols.empty();
    if (match.transport_protocol == "tls") return &match;
    if (match.transport_protocol.empty() && by_hello) return &match;
  }
  return nullptr;
}

bool HasInspector(const ListenerConfig& config) {
  return std::any_of(
      config.listener_filters.begin(), config.listener_filters.end(), [](const auto& one) {
        return one.typed_config && one.typed_config.extension()->type.ends_with(".TlsInspector");
      });
}

// As Envoy does: many a file relies on it.
bool AddInspectorAsNeeded(const ListenerConfig& config, filter::LoadContext& ctx,
                          ListenerPlan& plan) {
  const FilterChainMatchConfig* match = NeedsInspector(config);
  if (match == nullptr || HasInspector(config)) return true;
  const config::Extension* found =
      ctx.extensions.FindName(filter::kListenerFilters, "envoy.filters.listener.tls_inspector");
  if (found == nullptr) return true;
  ctx.problems.Warn(match->where,
                    "this filter chain is chosen by what envoy.filters.listener.tls_inspector "
                    "finds, which has been added",
                    "add it to listener_filters");
  const config::TypedConfig standard(found, found->schema().New(), match->where);
  auto made = standard.Factory<filter::ListenerFilterExtension>().Make(standard, ctx);
  if (made == nullptr) return false;
  plan.listener_filters.push_back(std::move(made));
  return true;
}

}  // namespace

bool BuildChains(const ListenerConfig& config, filter::LoadContext& ctx, ListenerPlan& plan) {
  bool ok = true;
  for (const FilterChainConfig& one : config.filter_chains) {
    const int index = static_cast<int>(plan.chains.size());
    ok = BuildChain(one, ctx, plan) && ok;
    const auto taken = plan.matcher.Add(ToCriteria(one.filter_chain_match, ctx.problems), index);
    if (taken) {
      ctx.problems.Add(one.where,
                       "another filter chain of this listener has the same matching rules",
                       "give one of them a filter_chain_match");
      ok = false;
    }
  }
  if (config.default_filter_chain) {
    plan.matcher.SetDefault(static_cast<int>(plan.chains.size()));
    ok = BuildChain(*config.default_filter_chain, ctx, plan) && ok;
  }
  return ok;
}

bool BuildListenerFilters(const ListenerConfig& config, filter::LoadContext& ctx,
                          ListenerPlan& plan) {
  bool ok = true;
  for (const ListenerFilterConfig& one : config.listener_filters) {
    if (!one.typed_config) return false;
    auto made =
        one.typed_config.Factory<filter::ListenerFilterExtension>().Make(one.typed_config, ctx);
    ok = ok && made != nullptr;
    plan.listener_filters.push_back(std::move(made));
  }
  return AddInspectorAsNeeded(config, ctx, plan) && ok;
}

}  // namespace sluice::listener

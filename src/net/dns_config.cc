#include "sluice/net/dns_config.h"

#include <string>
#include <utility>

#include "sluice/config/schema.h"

namespace sluice::net {

using config::Field;
using config::Message;
using config::Node;
using config::Unimplemented;

const Message& DnsResolverOptions::Schema() {
  using C = DnsResolverOptions;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.DnsResolverOptions", "Options of name resolution.",
      {Field("use_tcp_for_dns_lookups", &C::use_tcp_for_dns_lookups, "Ask by TCP, not UDP."),
       Field("no_default_search_domain", &C::no_default_search_domain,
             "Do not append the search domains.")});
  return message;
}

const Message& CaresResolverConfig::Schema() {
  using C = CaresResolverConfig;
  static const auto message = Message::Of<C>(
      kCaresResolverType, "Name resolution by c-ares.",
      {Field("resolvers", &C::resolvers, "Servers to ask; those of /etc/resolv.conf unless set."),
       Unimplemented("use_resolvers_as_fallback", "`resolvers` take the place of the system's")
           .Accept({"false"}),
       Field("filter_unroutable_families", &C::filter_unroutable_families,
             "Leave out addresses of an IP version that this machine has no address of."),
       Field("dns_resolver_options", &C::dns_resolver_options, "Options."),
       Unimplemented("udp_max_queries", "a socket is used as long as it works"),
       Field("query_timeout_seconds", &C::query_timeout_seconds,
             "Seconds until a query is repeated.")
           .Min(1),
       Field("query_tries", &C::query_tries, "Attempts with each server.").Min(1),
       Unimplemented("rotate_nameservers", "the servers are asked in order").Accept({"false"}),
       Unimplemented("edns0_max_payload_size", "c-ares picks the size"),
       Unimplemented("max_udp_channel_duration", "use udp_max_queries"),
       Unimplemented("reinit_channel_on_timeout",
                     "the channel follows /etc/resolv.conf by itself")});
  return message;
}

namespace {

// A member named `key` with the content and marks of `from`.
void Copy(const Node& from, std::string_view key, Node& to) {
  Node member = from;
  member.key = key;
  to.items.push_back(std::move(member));
}

Node Resolver(Node config, const Node& like) {
  Copy(Node::Text("type.googleapis.com/" + std::string(kCaresResolverType)), "@type", config);
  config.mark = like.mark;
  Node resolver = Node::Map();
  resolver.mark = like.mark;
  Copy(Node::Text(std::string(kCaresResolverName)), "name", resolver);
  Copy(config, "typed_config", resolver);
  return resolver;
}

}  // namespace

Node ResolverFromResolutionConfig(const Node& dns_resolution_config) {
  Node config = dns_resolution_config;
  config.key.clear();
  return Resolver(std::move(config), dns_resolution_config);
}

Node ResolverFromAddresses(const Node& dns_resolvers) {
  Node config = Node::Map();
  Copy(dns_resolvers, "resolvers", config);
  return Resolver(std::move(config), dns_resolvers);
}

Node ResolverFromUseTcp(const Node& use_tcp_for_dns_lookups) {
  Node options = Node::Map();
  options.mark = use_tcp_for_dns_lookups.mark;
  Copy(use_tcp_for_dns_lookups, "use_tcp_for_dns_lookups", options);
  Node config = Node::Map();
  Copy(options, "dns_resolver_options", config);
  return Resolver(std::move(config), use_tcp_for_dns_lookups);
}

}  // namespace sluice::net

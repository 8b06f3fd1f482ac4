#include <chrono>
#include <utility>

#include "sluice/net/dns.h"
#include "sluice/net/dns_config.h"

namespace sluice::net {

Result<DnsOptions> ToDnsOptions(const CaresResolverConfig& config) {
  DnsOptions options;
  for (const config::Address& one : config.resolvers) {
    if (!one.socket_address) {
      return Fail(ErrorCode::kInvalidConfig, Origin::kConfig,
                  "a DNS server needs a socket_address");
    }
    auto server = Address::FromIp(one.socket_address->address,
                                  static_cast<uint16_t>(one.socket_address->port_value));
    if (!server) {
      return Fail(ErrorCode::kInvalidConfig, Origin::kConfig,
                  "DNS server '" + one.socket_address->address + "' is not an IP address");
    }
    options.servers.push_back(*server);
  }
  if (config.query_timeout_seconds) {
    options.timeout = std::chrono::seconds(*config.query_timeout_seconds);
  }
  if (config.query_tries) options.tries = *config.query_tries;
  options.use_tcp = config.dns_resolver_options.use_tcp_for_dns_lookups;
  options.no_search = config.dns_resolver_options.no_default_search_domain;
  options.filter_unroutable = config.filter_unroutable_families;
  return options;
}

}  // namespace sluice::net

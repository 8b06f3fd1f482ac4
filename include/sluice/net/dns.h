// Names to addresses, with their time to live. Main loop only.
//
// Owned by the server; a query is a ticket whose destruction cancels it. Hard rule: the callback
// never comes from inside Resolve, and comes exactly once unless the ticket is destroyed before.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/error.h"
#include "sluice/event/loop.h"
#include "sluice/net/address.h"

namespace sluice::net {

// Envoy's dns_lookup_family: kAuto asks for IPv6 and falls back to IPv4, kV4Preferred the other way
// round, kAll takes both.
enum class DnsFamily : uint8_t { kAuto, kV4Only, kV6Only, kV4Preferred, kAll };

struct DnsAnswer {
  std::vector<Address> addresses;  // in the resolver's order, port 0; empty: the name has none
  Duration ttl{};                  // the least of the records'; zero when unknown (/etc/hosts)
};

class DnsQuery {
 public:
  virtual ~DnsQuery() = default;
};

using DnsCallback = std::move_only_function<void(Result<DnsAnswer> answer)>;

struct DnsOptions {
  std::vector<Address> servers{};              // port 0 means 53; empty: those of /etc/resolv.conf
  Duration timeout = std::chrono::seconds(5);  // of the first try; later ones wait longer
  uint32_t tries = 4;
  bool use_tcp = false;
  bool no_search = false;          // do not append the domains of /etc/resolv.conf
  bool filter_unroutable = false;  // no addresses of a family that this machine has no route for
};

class DnsResolver {
 public:
  virtual ~DnsResolver() = default;
  virtual std::unique_ptr<DnsQuery> Resolve(std::string_view name, DnsFamily family,
                                            DnsCallback done) = 0;
};

struct CaresResolverConfig;
// As configured by typed_dns_resolver_config; fails on a server whose address is no literal.
Result<DnsOptions> ToDnsOptions(const CaresResolverConfig& config);

// The resolver on c-ares: /etc/hosts first, then the servers. Literal addresses answer themselves.
Result<std::unique_ptr<DnsResolver>> MakeDnsResolver(EventLoop& loop, const DnsOptions& options);

}  // namespace sluice::net

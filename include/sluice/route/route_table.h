// A RouteConfiguration compiled for matching: an immutable snapshot that all workers read. Cost of
// a match does not grow with the number of hosts or routes. Nothing is allocated while matching.
//
// Header edits come in Envoy's order: weighted cluster, route, virtual host, route configuration
// (so the widest level has the last word), or the reverse with most_specific_header_mutations_wins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/value.h"
#include "sluice/http/header_map.h"
#include "sluice/match/runtime.h"
#include "sluice/route/route_entry.h"
#include "sluice/route/virtual_host.h"

namespace sluice::route {

struct TableParts;

// What the client's TLS handshake showed; all false without TLS.
struct TlsFacts {
  bool certificate_presented = false;
  bool certificate_validated = false;
};

struct MatchInput {
  const http::HeaderMap& head;  // :authority and :path as the connection manager left them
  uint64_t random = 0;          // one number a stream: fractions and weighted clusters
  TlsFacts tls{};
  const Value* dynamic_metadata = nullptr;  // a struct with one member a filter; null: none
  const match::RuntimeSnapshot* runtime = nullptr;
};

class RouteTable {
 public:
  explicit RouteTable(std::unique_ptr<TableParts> parts);  // BuildTable makes them
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;
  ~RouteTable();

  // The first route that matches, its weighted cluster chosen; null: 404, no route. A virtual host
  // that requires TLS answers with a redirect entry.
  const RouteEntry* Match(const MatchInput& input) const;
  // The host's half of it; null when no domain matches.
  const VirtualHost* MatchHost(const http::HeaderMap& head) const;

  const std::string& name() const;
  const std::vector<const VirtualHost*>& virtual_hosts() const;
  // Lower-case names to strip from requests of outsiders.
  const std::vector<std::string>& internal_only_headers() const;
  // Clusters that any route names, by the resolver's ids, for those who hold clusters alive.
  const std::vector<uint32_t>& clusters() const;

 private:
  friend class Explainer;

  std::unique_ptr<TableParts> parts_;
};

}  // namespace sluice::route

// What a request was matched to: plain data, compiled at load, immutable, owned by its RouteTable.
// One entry stands for one outcome: each member of weighted_clusters has an entry of its own, so
// whoever holds an entry never chooses again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/value.h"
#include "sluice/match/metadata_criteria.h"
#include "sluice/route/forward_action.h"
#include "sluice/route/header_edits.h"
#include "sluice/route/path_rewrite.h"

namespace sluice::config {
struct Metadata;
}

namespace sluice::route {

struct VirtualHost;
struct TraceRules;

enum class ActionKind : uint8_t { kForward, kRedirect, kDirectResponse, kNonForwarding };

struct RedirectAction {
  uint16_t status = 301;
  std::string scheme;        // empty: as it was
  std::string host;          // empty: as it was
  uint32_t port = 0;         // 0: as it was
  std::string path;          // path_redirect; empty: path_rewrite
  PathRewrite path_rewrite;  // prefix or regex
  bool strip_query = false;
};

struct DirectResponse {
  uint16_t status = 200;
  std::string body;
  std::string content_type = "text/plain";
};

// What a route says to one filter instance of the chain.
struct FilterRouteConfig {
  const void* config = nullptr;  // the filter's own compiled type; null: the filter's default holds
  bool disabled = false;         // the filter is left out of the chain
  bool present = false;          // some level configured it (switches on a filter that is
                                 // `disabled` in http_filters)
};

struct Decorator {
  std::string operation;
  bool propagate = true;
};

struct RouteEntry {
  std::string name;    // of the route; may be empty
  uint32_t index = 0;  // position in its virtual host
  const VirtualHost* virtual_host = nullptr;
  MatchedPath matched_path;

  ActionKind action = ActionKind::kForward;
  const ForwardAction* forward = nullptr;           // kForward
  const RedirectAction* redirect = nullptr;         // kRedirect
  const DirectResponse* direct_response = nullptr;  // kDirectResponse

  ClusterSpec cluster;               // kForward
  std::string host_rewrite_literal;  // of the weighted cluster; before forward's
  // metadata_match, for subsets; the weighted cluster's over the route's. Null: none.
  const match::MetadataCriteria* metadata_match = nullptr;

  // In the order in which they are applied; see RouteTable's notes on precedence.
  std::vector<const HeaderEdits*> request_edits;
  std::vector<const HeaderEdits*> response_edits;

  const std::vector<FilterRouteConfig>* filter_configs = nullptr;  // by filter index; null: none
  const config::Metadata* metadata = nullptr;                      // null: none
  const Value* metadata_values = nullptr;                          // the same, to be matched
  std::optional<Decorator> decorator;
  const TraceRules* tracing = nullptr;                // null: the manager's hold
  std::string stat_prefix;                            // vhost.<virtual host>.route.<stat_prefix>
  std::optional<uint64_t> request_body_buffer_limit;  // beyond the connection's limit
  std::optional<uint32_t> per_request_buffer_limit_bytes;  // deprecated: min() with it
  bool is_tls_redirect = false;  // made by require_tls, not written by anyone

  bool has_filter_configs() const { return filter_configs != nullptr; }
  const FilterRouteConfig& filter_config(size_t filter_index) const {
    static constexpr FilterRouteConfig kNone;
    return filter_configs != nullptr && filter_index < filter_configs->size()
               ? (*filter_configs)[filter_index]
               : kNone;
  }
  const void* route_config(size_t filter_index) const { return filter_config(filter_index).config; }
};

}  // namespace sluice::route

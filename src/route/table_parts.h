// What a RouteTable is made of. Everything that entries point to is here, at addresses that do not
// change.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "host_index.h"
#include "path_index.h"
#include "rule.h"
#include "sluice/route/config.h"
#include "sluice/route/route_table.h"

namespace sluice::route {

// A virtual host with its routes.
struct HostRules {
  VirtualHost host;
  std::deque<Rule> rules;
  PathIndex index;
  RouteEntry tls_redirect;
};

struct TableParts {
  std::shared_ptr<const RouteConfiguration> config;
  std::vector<std::unique_ptr<HostRules>> hosts;
  std::vector<const VirtualHost*> virtual_hosts;
  HostIndex host_index;
  std::string vhost_header;  // lower case; empty: :authority
  std::vector<std::string> internal_only_headers;
  std::vector<uint32_t> clusters;

  HeaderEdits request_edits;
  HeaderEdits response_edits;
  RedirectAction tls_redirect;
  std::deque<ForwardAction> forwards;
  std::deque<RedirectAction> redirects;
  std::deque<DirectResponse> direct_responses;
  std::deque<HeaderEdits> edits;  // of routes and weighted clusters
  std::deque<std::vector<FilterRouteConfig>> filter_configs;
  std::deque<match::MetadataCriteria> criteria;             // of routes and weighted clusters
  std::deque<Value> metadata_values;                        // of routes
  std::deque<TraceRules> traces;                            // of routes
  std::vector<std::shared_ptr<const void>> filter_objects;  // what those point to

  // The value that virtual hosts are found by, its port cut off if that is configured.
  std::string_view HostOf(const http::HeaderMap& head) const;
  const HostRules* FindHost(const http::HeaderMap& head, const char** why) const;
  // Whether require_tls turns this request away.
  static bool NeedsTls(const VirtualHost& host, const http::HeaderMap& head);
};

}  // namespace sluice::route

// Why a request takes the route it takes, step by step, in words: for `--explain` and /explain.
// Slow and thorough where matching is fast: it looks at every route. A pure function; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sluice/buffer/arena.h"
#include "sluice/config/node.h"
#include "sluice/route/header_edits.h"
#include "sluice/route/route_table.h"

namespace sluice::route {

struct ExplainedRoute {
  uint32_t index = 0;
  std::string name;  // may be empty
  std::string rule;  // prefix `/api`
  std::string why;   // of a route that was passed over: "path does not match"
};

struct ExplainedChange {
  std::string what;    // "path", "host", "header x-user"
  std::string before;  // empty: it was not there
  std::string after;   // empty: it is removed
};

struct Explanation {
  std::string route_config;
  std::string virtual_host;  // empty: none
  std::string host_why;      // "exact domain", "longest suffix wildcard", "no domain matches"
  std::vector<ExplainedRoute>
      passed_over;  // at most kMaxPassedOver, those nearest to a match first
  size_t passed_over_total = 0;
  const RouteEntry* entry = nullptr;  // null: 404, no route
  ExplainedRoute route;
  std::string action;   // "forward", "redirect", "direct_response", "non_forwarding"
  std::string outcome;  // "cluster `a`", "301 to https://...", "403 with 6 bytes", "404, no route"
  std::vector<ExplainedChange> changes;  // of the request on its way upstream

  static constexpr size_t kMaxPassedOver = 100;

  std::string ToText() const;   // a few lines, indented by two
  config::Node ToNode() const;  // for JSON
};

// `format` is what header values with command operators may look at; its request head is replaced.
Explanation Explain(const RouteTable& table, const MatchInput& input, const FormatInput& format,
                    Arena& arena);

}  // namespace sluice::route

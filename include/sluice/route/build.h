// From a parsed RouteConfiguration to a RouteTable. Main thread, at load; all problems of a
// configuration are reported in one run.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "sluice/config/extension.h"
#include "sluice/config/problems.h"
#include "sluice/route/cluster_directory.h"
#include "sluice/route/header_edits.h"
#include "sluice/route/route_table.h"

namespace sluice::route {

struct RouteConfiguration;  // route/config.h

// One entry of http_filters, in its order: its position is the filter index of
// RouteEntry::route_config().
struct FilterSlot {
  std::string name;  // as configured; the key of typed_per_filter_config
  const config::Extension* extension = nullptr;
};

struct BuildInput {
  std::shared_ptr<const RouteConfiguration> config;
  const ClusterDirectory* clusters = nullptr;   // null: names stay unresolved and unchecked
  const TextFormatCompiler* formats = nullptr;  // null: command operators are refused
  std::span<const FilterSlot> filters;
  bool validate_clusters = true;  // where the configuration does not say
};

// Null when something was added to `problems`.
std::shared_ptr<const RouteTable> BuildTable(const BuildInput& input, config::Problems& problems);

}  // namespace sluice::route

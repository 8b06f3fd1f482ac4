// What envoy.filters.http.lua takes from the configuration. Immutable once parsed.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sluice/config/common.h"
#include "sluice/config/node.h"
#include "sluice/config/types.h"

namespace sluice::filters::lua {

struct LuaConfig {
  config::Located<std::string> inline_code;  // deprecated
  std::map<std::string, config::DataSource> source_codes;
  std::optional<config::DataSource> default_source_code;
  std::string stat_prefix;
  bool clear_route_cache = true;
  static const config::Message& Schema();
};

// At most one of the first three is set.
struct LuaPerRouteConfig {
  std::optional<bool> disabled;
  std::optional<std::string> name;
  std::optional<config::DataSource> source_code;
  std::optional<config::Node> filter_context;
  static const config::Message& Schema();
};

}  // namespace sluice::filters::lua

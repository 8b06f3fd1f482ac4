// typed_per_filter_config: what a virtual host, route or weighted cluster says to a filter. A
// filter that takes such a config adds a FilterRouteExtension to the server's list of extensions
// beside its own; the table compiles it once and hands it to the filter's streams by index.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/config/extension.h"
#include "sluice/config/problems.h"

namespace sluice::route {

// A category of its own: many filters take the same type in both places.
inline constexpr std::string_view kFilterRouteConfigs = "envoy.filters.http.per_route";

class ClusterDirectory;
class TextFormatCompiler;

// What the making of a route's config may use.
struct FilterRouteContext {
  config::Problems& problems;
  const ClusterDirectory* clusters = nullptr;   // null: names stay unchecked
  const TextFormatCompiler* formats = nullptr;  // null: command operators are refused
};

struct FilterRouteExtension : config::Extension {
  std::string_view filter_type;  // the filter's own type: "envoy.extensions...cors.v3.Cors"

  FilterRouteExtension(std::string_view filter_type_name, std::string_view config_type,
                       const config::Message& (*schema_function)())
      : config::Extension(kFilterRouteConfigs, config_type, schema_function),
        filter_type(filter_type_name) {}

  // What the filter's streams get from route_config(): by default the parsed struct itself. A
  // filter with things to compile (matchers, formats) makes its own type here; null after adding to
  // `problems`.
  virtual std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                              config::Problems& /*problems*/) const {
    return config.value();
  }
  // The same for a filter whose routes name clusters or hold operators.
  virtual std::shared_ptr<const void> CompileIn(const config::TypedConfig& config,
                                                const FilterRouteContext& context) const {
    return Compile(config, context.problems);
  }
  // What holds when an outer level (the virtual host, say) and an inner one (the route) both have a
  // config: by default the inner one. Both were made by Compile.
  virtual std::shared_ptr<const void> Merge(const std::shared_ptr<const void>& /*outer*/,
                                            const std::shared_ptr<const void>& inner) const {
    return inner;
  }
};

}  // namespace sluice::route

// typed_per_filter_config of one level (configuration, virtual host, route, weighted cluster),
// compiled and laid over the level outside of it. Used while a table is built.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sluice/config/problems.h"
#include "sluice/route/build.h"
#include "sluice/route/config.h"
#include "sluice/route/filter_config.h"
#include "table_parts.h"

namespace sluice::route {

class FilterLevels {
 public:
  FilterLevels(const BuildInput& input, config::Problems& problems)
      : slots_(input.filters),
        problems_(problems),
        context_{problems, input.clusters, input.formats} {}

  // One value a slot.
  struct Value {
    std::shared_ptr<const void> config;
    const FilterRouteExtension* extension = nullptr;
    bool disabled = false;
    bool present = false;
  };
  using Level = std::vector<Value>;

  // `outer` with what this level says laid over it. `where` is the level's message.
  Level Add(const Level& outer, const FilterConfigs& configs, const CorsPolicyConfig* cors,
            const config::Where& where);
  // Puts the level's values where entries can point to them; null when nothing is configured.
  static const std::vector<FilterRouteConfig>* Store(const Level& level, TableParts& parts);

 private:
  void AddOne(Level& level, const std::string& name, const config::TypedConfig& config,
              const config::Where& where);
  void AddCors(Level& level, const FilterConfigs& configs, const CorsPolicyConfig& cors,
               const config::Where& where);
  std::vector<size_t> SlotsOf(const std::string& name) const;

  std::span<const FilterSlot> slots_;
  config::Problems& problems_;
  const FilterRouteContext context_;
};

}  // namespace sluice::route

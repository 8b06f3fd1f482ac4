#include "filter_levels.h"

#include <algorithm>

#include "sluice/route/extensions.h"

namespace sluice::route {

// By the configured name; else by the well-known names of the filter's type.
std::vector<size_t> FilterLevels::SlotsOf(const std::string& name) const {
  std::vector<size_t> found;
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].name == name) found.push_back(i);
  }
  if (!found.empty()) return found;
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].extension == nullptr) continue;
    const auto& names = slots_[i].extension->names;
    if (std::find(names.begin(), names.end(), name) != names.end()) found.push_back(i);
  }
  return found;
}

void FilterLevels::AddOne(Level& level, const std::string& name, const config::TypedConfig& config,
                          const config::Where& where) {
  const auto* wrapper = config.As<FilterConfigWrapper>();
  const config::TypedConfig& inner = wrapper != nullptr ? wrapper->config : config;
  const config::Where& at = config.where().mark.known() ? config.where() : where;
  const std::vector<size_t> slots = SlotsOf(name);
  if (slots.empty()) {
    if (wrapper != nullptr && wrapper->is_optional) return;
    std::vector<std::string_view> names;
    for (const FilterSlot& slot : slots_) names.push_back(slot.name);
    problems_.Add(at, "no filter in http_filters has the name `" + name + "`",
                  config::DidYouMean(name, names));
    return;
  }
  const FilterRouteExtension* extension = inner ? &inner.Factory<FilterRouteExtension>() : nullptr;
  if (extension == nullptr && wrapper == nullptr) return;  // refused or left out while parsing
  std::shared_ptr<const void> object;
  if (extension != nullptr && (wrapper == nullptr || !wrapper->disabled)) {
    object = extension->CompileIn(inner, context_);
    if (object == nullptr) return;
  }
  for (const size_t slot : slots) {
    if (object != nullptr && slots_[slot].extension->type != extension->filter_type) {
      problems_.Add(at, "`" + name + "` is a filter of type " +
                            std::string(slots_[slot].extension->type) + ", this is a config for " +
                            std::string(extension->filter_type));
      continue;
    }
    Value& value = level[slot];
    if (object != nullptr) {
      value.config = value.config != nullptr ? extension->Merge(value.config, object) : object;
      value.extension = extension;
    }
    value.disabled = wrapper != nullptr && wrapper->disabled;
    value.present = true;
  }
}

// The old `cors:` field is the policy of every cors filter that has no typed one on this level.
void FilterLevels::AddCors(Level& level, const FilterConfigs& configs, const CorsPolicyConfig& cors,
                           const config::Where& where) {
  std::shared_ptr<const void> policy;
  bool any = false;
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].extension == nullptr || slots_[i].extension->type != kCorsFilterType) continue;
    any = true;
    if (configs.contains(slots_[i].name)) continue;
    if (policy == nullptr) policy = std::make_shared<const CorsPolicy>(cors);
    level[i].config = policy;
    level[i].present = true;
    level[i].disabled = false;
  }
  if (!any) {
    problems_.Warn(where,
                   "the cors policy has no effect: no filter in http_filters is a cors filter",
                   "add envoy.filters.http.cors");
  }
}

FilterLevels::Level FilterLevels::Add(const Level& outer, const FilterConfigs& configs,
                                      const CorsPolicyConfig* cors, const config::Where& where) {
  Level level = outer;
  level.resize(slots_.size());
  if (cors != nullptr) AddCors(level, configs, *cors, where);
  for (const auto& [name, config] : configs) AddOne(level, name, config, where);
  return level;
}

const std::vector<FilterRouteConfig>* FilterLevels::Store(const Level& level, TableParts& parts) {
  if (std::none_of(level.begin(), level.end(), [](const Value& value) { return value.present; })) {
    return nullptr;
  }
  std::vector<FilterRouteConfig>& out = parts.filter_configs.emplace_back();
  for (const Value& value : level) {
    out.push_back({value.config.get(), value.disabled, value.present});
    if (value.config != nullptr) parts.filter_objects.push_back(value.config);
  }
  return &out;
}

}  // namespace sluice::route

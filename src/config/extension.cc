#include "sluice/config/extension.h"

#include "sluice/base/check.h"

namespace sluice::config {
namespace {

const Extension* Lookup(
    const std::map<std::pair<std::string_view, std::string_view>, const Extension*>& map,
    std::string_view category, std::string_view key) {
  auto found = map.find({category, key});
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

void ExtensionRegistry::Add(std::unique_ptr<const Extension> extension) {
  const Extension* added = extensions_.emplace_back(std::move(extension)).get();
  const bool fresh = by_type_.emplace(std::pair(added->category, added->type), added).second;
  SLUICE_CHECK(fresh && added->schema != nullptr);
  for (std::string_view name : added->names) {
    SLUICE_CHECK(by_name_.emplace(std::pair(added->category, name), added).second);
  }
}

const Extension* ExtensionRegistry::FindType(std::string_view category,
                                             std::string_view type) const {
  return Lookup(by_type_, category, type);
}

const Extension* ExtensionRegistry::FindName(std::string_view category,
                                             std::string_view name) const {
  return Lookup(by_name_, category, name);
}

const Extension* ExtensionRegistry::FindTypeAnywhere(std::string_view type) const {
  for (const auto& extension : extensions_) {
    if (extension->type == type) return extension.get();
  }
  return nullptr;
}

std::vector<std::string_view> ExtensionRegistry::Types(std::string_view category) const {
  std::vector<std::string_view> types;
  for (const auto& extension : extensions_) {
    if (extension->category == category) types.push_back(extension->type);
  }
  return types;
}

std::vector<std::string_view> ExtensionRegistry::Names(std::string_view category) const {
  std::vector<std::string_view> names;
  for (const auto& extension : extensions_) {
    if (extension->category != category) continue;
    names.insert(names.end(), extension->names.begin(), extension->names.end());
  }
  return names;
}

std::vector<const Extension*> ExtensionRegistry::All() const {
  std::vector<const Extension*> all;
  for (const auto& extension : extensions_) all.push_back(extension.get());
  return all;
}

}  // namespace sluice::config

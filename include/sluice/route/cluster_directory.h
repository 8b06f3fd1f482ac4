// The clusters of the configuration being loaded, by name. Main thread, at load.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::upstream {
struct DnsCacheConfig;
}

namespace sluice::route {

class ClusterDirectory {
 public:
  virtual ~ClusterDirectory() = default;
  virtual std::optional<uint32_t> FindId(std::string_view name) const = 0;
  // A number for a cluster that may come later; until then it leads to none. Nothing where clusters
  // do not come later.
  virtual std::optional<uint32_t> Reserve(std::string_view /*name*/) const { return std::nullopt; }
  // The nearest known name, for errors; empty when none is near.
  virtual std::string_view NearestName(std::string_view name) const = 0;
  // What the names of its stats begin with: "cluster.web". Empty in tests that have no stats.
  virtual std::string StatPrefix(uint32_t /*id*/) const { return {}; }
  // The settings of the DNS cache of that name, if some cluster has it; null: none.
  virtual const upstream::DnsCacheConfig* FindDnsCache(std::string_view /*name*/) const {
    return nullptr;
  }
};

}  // namespace sluice::route

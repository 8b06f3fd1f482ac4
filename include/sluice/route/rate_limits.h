// What a request is called for rate limits: descriptors, lists of keys and values, made from it by
// the actions of a route or virtual host. Compiled at load, immutable, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/value.h"
#include "sluice/buffer/arena.h"
#include "sluice/http/header_map.h"
#include "sluice/match/runtime.h"
#include "sluice/route/rate_limit_config.h"

namespace sluice::route {

// What actions may look at. Views; they outlive the descriptors.
struct RateLimitInput {
  const http::HeaderMap& head;
  Arena& arena;
  std::string_view source_cluster;       // the proxy's own
  std::string_view destination_cluster;  // empty: none
  std::string_view remote_ip;            // as text; empty: none
  std::string_view remote_ip_bytes;      // as 4 or 16 bytes
  const Value* dynamic_metadata = nullptr;
  const Value* route_metadata = nullptr;
  const match::RuntimeSnapshot* runtime = nullptr;
};

struct DescriptorEntry {
  std::string_view key;
  std::string_view value;
};
// What a service is told to limit a descriptor to.
struct LimitOverride {
  uint32_t requests_per_unit = 0;
  RateLimitUnit unit = RateLimitUnit::kUnknown;
  bool operator==(const LimitOverride&) const = default;
};
struct Descriptor {
  std::span<const DescriptorEntry> entries;  // in the input's arena
  std::optional<uint32_t> hits{};            // what a request counts; unset: 1
  std::optional<LimitOverride> limit{};
};

class RateLimitAction {
 public:
  enum class Made : uint8_t { kEntry, kNothing, kNoDescriptor };
  virtual ~RateLimitAction() = default;
  virtual Made Make(const RateLimitInput& input, DescriptorEntry& out) const = 0;
};

class RateLimits {
 public:
  RateLimits() = default;
  explicit RateLimits(const std::vector<RateLimitConfig>& configs);

  bool empty() const { return rules_.empty(); }
  // Adds the request's descriptors for a stage. `kAnyStage` is for lists that know no stages.
  static constexpr uint32_t kAnyStage = UINT32_MAX;
  void Describe(uint32_t stage, const RateLimitInput& input, std::vector<Descriptor>& out) const;

 private:
  struct Rule {
    uint32_t stage = 0;
    std::optional<uint32_t> hits;
    std::string limit_filter;  // metadata with a LimitOverride; empty: none
    std::vector<std::string> limit_path;
    std::string disable_key;  // "ratelimit.<key>.http_filter_enabled"; empty: none
    std::vector<std::unique_ptr<const RateLimitAction>> actions;
  };
  static std::span<const DescriptorEntry> DescribeOne(const Rule& rule,
                                                      const RateLimitInput& input);
  static std::optional<LimitOverride> FindLimit(const Rule& rule, const RateLimitInput& input);
  std::vector<Rule> rules_;
};

}  // namespace sluice::route

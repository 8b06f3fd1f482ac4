#include "downstream_clusters.h"

#include <algorithm>

namespace sluice::filters::fault {
namespace {

constexpr size_t kLongestName = 128;

// Names go into those of stats, which everything reads.
bool IsName(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  };
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, fits);
}

}  // namespace

DownstreamCluster::DownstreamCluster(const stats::Scope& scope, std::string_view name)
    : delays_injected(scope.MakeCounter("delays_injected")),
      aborts_injected(scope.MakeCounter("aborts_injected")) {
  const std::string prefix = "fault.http." + std::string(name);
  delay_percent = prefix + ".delay.fixed_delay_percent";
  delay_ms = prefix + ".delay.fixed_duration_ms";
  abort_percent = prefix + ".abort.abort_percent";
  abort_status = prefix + ".abort.http_status";
}

DownstreamCluster* DownstreamClusters::For(std::string_view name) {
  if (const auto found = known_.find(name); found != known_.end()) return &found->second;
  if (!IsName(name)) return nullptr;
  if (known_.size() >= kMost) {
    overflow_.Inc();
    return nullptr;
  }
  return &known_.try_emplace(std::string(name), scope_.Sub(name), name).first->second;
}

}  // namespace sluice::filters::fault

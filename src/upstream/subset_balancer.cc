#include "subset_balancer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sluice/base/hash.h"
#include "sluice/config/common.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {
namespace {

// More keys than this are refused at load.
constexpr size_t kMaxKeys = 32;
// Lists in list_as_any multiply.
constexpr size_t kMaxChoices = 1024;

uint64_t Combine(uint64_t hash, uint64_t value) {
  return XxHash64({reinterpret_cast<const char*>(&value), sizeof(value)}, hash);
}

uint64_t HashOf(const std::vector<Value>& values) {
  uint64_t hash = 0;
  for (const Value& value : values) hash = Combine(hash, match::HashOfValue(value));
  return hash;
}

const config::Node* LbMetadata(const Host& host) {
  const config::Metadata* metadata = host.entry().metadata.get();
  if (metadata == nullptr) return nullptr;
  const auto found = metadata->filter_metadata.find("envoy.lb");
  return found == metadata->filter_metadata.end() ? nullptr : &found->second;
}

LbOptions Inner(const LbOptions& options) {
  LbOptions inner = options;
  inner.subsets = nullptr;
  if (options.subsets->locality_weight_aware) return inner;
  inner.locality = LocalityMode::kNone;
  return inner;
}

}  // namespace

struct SubsetBalancer::Subset {
  struct Level {
    std::vector<Host*> all, healthy, degraded, excluded;
    std::vector<LocalityEntry> localities;
  };
  Subset(Cluster& cluster, const LbOptions& options, uint64_t seed, Values given)
      : values(std::move(given)), balancer(cluster, options, seed) {}

  void Add(size_t priority, size_t priorities, Host& host) {
    levels.resize(priorities);
    Level& level = levels[priority];
    level.all.push_back(&host);
    ++size;
    if (host.excluded()) return level.excluded.push_back(&host);
    if (host.health() == HostHealth::kHealthy) level.healthy.push_back(&host);
    if (host.health() == HostHealth::kDegraded) level.degraded.push_back(&host);
  }

  Values values;
  LevelBalancer balancer;
  std::vector<Level> levels;
  size_t size = 0;
};

SubsetBalancer::SubsetBalancer(Cluster& cluster, const LbOptions& options, uint64_t seed)
    : cluster_(cluster),
      inner_(Inner(options)),
      options_(options.subsets),
      seed_(seed),
      any_(cluster, inner_, seed) {
  for (const SubsetSelectorOptions& each : options_->selectors) selectors_.push_back({&each, {}});
}

SubsetBalancer::~SubsetBalancer() = default;

std::unique_ptr<SubsetBalancer::Subset> SubsetBalancer::Make(Values values) {
  seed_ += 101;
  return std::make_unique<Subset>(cluster_, inner_, seed_, std::move(values));
}

// --- Sorting the hosts.

void SubsetBalancer::Update(std::span<const HostView> priorities) {
  any_.Update(priorities);
  if (options_->fallback == SubsetFallback::kDefaultSubset ||
      std::ranges::any_of(options_->selectors, [](const SubsetSelectorOptions& each) {
        return each.fallback == SelectorFallback::kDefaultSubset;
      })) {
    UpdateDefault(priorities);
  }
  for (Selector& selector : selectors_) Sort(selector, priorities);
}

void SubsetBalancer::Sort(Selector& selector, std::span<const HostView> priorities) {
  ClusterStats& stats = cluster_.stats();
  for (auto& [hash, subset] : selector.subsets) {
    subset->levels.clear();
    subset->size = 0;
  }
  std::vector<Values> choices;
  for (size_t priority = 0; priority < priorities.size(); ++priority) {
    for (Host* host : priorities[priority].all) {
      if (!ChoicesOf(selector, *host, choices)) continue;
      AddTo(selector, priority, priorities.size(), *host, choices);
    }
  }
  for (auto it = selector.subsets.begin(); it != selector.subsets.end();) {
    if (it->second->size != 0) {
      Balance(*it->second, priorities);
      ++it;
      continue;
    }
    it = selector.subsets.erase(it);
    stats.lb_subsets_removed.Inc();
    stats.lb_subsets_active.Dec();
  }
}

// The values that the host has for the selector's keys: one set of them, or with list_as_any one
// for each way to choose from its lists. False: it lacks a key.
bool SubsetBalancer::ChoicesOf(const Selector& selector, const Host& host,
                               std::vector<Values>& out) const {
  out.assign(1, {});
  const config::Node* metadata = LbMetadata(host);
  if (metadata == nullptr) return false;
  for (const std::string& key : selector.options->keys) {
    const config::Node* found = metadata->Find(key);
    if (found == nullptr) return false;
    const Value value = config::ToValue(*found);
    const ValueList* list = options_->list_as_any ? value.AsList() : nullptr;
    std::vector<Values> next;
    for (const Values& before : out) {
      const size_t ways = list != nullptr ? list->size() : 1;
      for (size_t i = 0; i < ways && next.size() < kMaxChoices; ++i) {
        next.push_back(before);
        next.back().push_back(list != nullptr ? (*list)[i] : value);
      }
    }
    out = std::move(next);
  }
  return true;
}

void SubsetBalancer::AddTo(Selector& selector, size_t priority, size_t priorities, Host& host,
                           const std::vector<Values>& choices) {
  for (const Values& values : choices) {
    std::unique_ptr<Subset>& subset = selector.subsets[HashOf(values)];
    if (subset == nullptr) {
      subset = Make(values);
      cluster_.stats().lb_subsets_created.Inc();
      cluster_.stats().lb_subsets_active.Inc();
    }
    if (selector.options->single_host && subset->size != 0) continue;
    subset->Add(priority, priorities, host);
  }
}

void SubsetBalancer::UpdateDefault(std::span<const HostView> priorities) {
  if (default_ == nullptr) default_ = Make({});
  default_->levels.clear();
  default_->size = 0;
  for (size_t priority = 0; priority < priorities.size(); ++priority) {
    for (Host* host : priorities[priority].all) {
      const config::Node* metadata = LbMetadata(*host);
      const bool fits = std::ranges::all_of(options_->default_subset, [&](const auto& wanted) {
        const config::Node* found = metadata != nullptr ? metadata->Find(wanted.first) : nullptr;
        return found != nullptr && config::ToValue(*found) == wanted.second;
      });
      if (fits) default_->Add(priority, priorities.size(), *host);
    }
  }
  Balance(*default_, priorities);
}

void SubsetBalancer::Balance(Subset& subset, std::span<const HostView> priorities) {
  std::vector<HostView> views;
  subset.levels.resize(priorities.size());
  for (size_t i = 0; i < priorities.size(); ++i) {
    Subset::Level& level = subset.levels[i];
    const HostView& whole = priorities[i];
    level.localities.assign(whole.localities.begin(), whole.localities.end());
    if (options_->scale_locality_weight) {
      std::vector<uint64_t> total(level.localities.size());
      std::vector<uint64_t> here(level.localities.size());
      for (const Host* host : whole.all) ++total[host->entry().locality];
      for (const Host* host : level.all) ++here[host->entry().locality];
      for (size_t at = 0; at < total.size(); ++at) {
        if (total[at] == 0 || here[at] == 0) continue;
        uint32_t& weight = level.localities[at].weight;
        // Finer than whole numbers: only the ratio of the weights counts.
        weight = static_cast<uint32_t>(
            std::min<uint64_t>(UINT32_MAX, uint64_t{weight} * 1000 * here[at] / total[at]));
      }
    }
    views.push_back(
        {level.all, level.healthy, level.degraded, level.excluded, level.localities, whole.zones});
  }
  subset.balancer.Update(views);
}

// --- Picking.

Host* SubsetBalancer::Pick(const LbContext& context) {
  std::array<const match::MetadataCriterion*, kMaxKeys> criteria;
  size_t count = 0;
  if (context.metadata != nullptr) {
    for (const match::MetadataCriterion& each : *context.metadata) {
      if (count < kMaxKeys) criteria[count++] = &each;
    }
  }
  Host* host = PickFrom(context, criteria.data(), count, 0);
  if (host != nullptr || !options_->panic_mode_any) return host;
  host = any_.Pick(context);
  if (host != nullptr) cluster_.stats().lb_subsets_fallback_panic.Inc();
  return host;
}

Host* SubsetBalancer::PickFrom(const LbContext& context,
                               const match::MetadataCriterion* const* criteria, size_t count,
                               int depth) {
  const std::span<const match::MetadataCriterion* const> asked(criteria, count);
  const auto same_key = [](const match::MetadataCriterion* one, const std::string& key) {
    return one->key == key;
  };
  const auto selector = std::ranges::find_if(selectors_, [&](const Selector& each) {
    return count != 0 && std::ranges::equal(asked, each.options->keys, same_key);
  });
  if (selector == selectors_.end()) return FallBack(options_->fallback, context);
  uint64_t hash = 0;
  for (const match::MetadataCriterion* each : asked) hash = Combine(hash, each->hash);
  const auto found = selector->subsets.find(hash);
  if (found != selector->subsets.end() &&
      std::ranges::equal(asked, found->second->values,
                         [](const auto* a, const Value& b) { return a->value == b; })) {
    if (Host* host = found->second->balancer.Pick(context)) {
      cluster_.stats().lb_subsets_selected.Inc();
      return host;
    }
  }
  switch (selector->options->fallback) {
    case SelectorFallback::kNotDefined: return FallBack(options_->fallback, context);
    case SelectorFallback::kNoFallback: return nullptr;
    case SelectorFallback::kAnyEndpoint: return FallBack(SubsetFallback::kAnyEndpoint, context);
    case SelectorFallback::kDefaultSubset: return FallBack(SubsetFallback::kDefaultSubset, context);
    case SelectorFallback::kKeysSubset: break;
  }
  if (depth > static_cast<int>(kMaxKeys)) return nullptr;  // each step has fewer keys
  std::array<const match::MetadataCriterion*, kMaxKeys> fewer;
  size_t left = 0;
  for (const match::MetadataCriterion* each : asked) {
    const auto& keys = selector->options->fallback_keys;
    if (std::ranges::find(keys, each->key) != keys.end()) fewer[left++] = each;
  }
  return PickFrom(context, fewer.data(), left, depth + 1);
}

Host* SubsetBalancer::FallBack(SubsetFallback policy, const LbContext& context) {
  Host* host = nullptr;
  if (policy == SubsetFallback::kAnyEndpoint) host = any_.Pick(context);
  if (policy == SubsetFallback::kDefaultSubset && default_ != nullptr) {
    host = default_->balancer.Pick(context);
  }
  if (host != nullptr) cluster_.stats().lb_subsets_fallback.Inc();
  return host;
}

}  // namespace sluice::upstream

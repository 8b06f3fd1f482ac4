// Balancing within subsets: hosts that agree in the metadata keys of a selector are a subset; a
// request that asks for values of just these keys goes to it. Each subset is balanced like a
// cluster of its own. Subsets are made from the hosts' metadata at each update. One worker.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "level_balancer.h"
#include "sluice/match/metadata_criteria.h"
#include "sluice/upstream/load_balancer.h"

namespace sluice::upstream {

class SubsetBalancer final : public LoadBalancer {
 public:
  SubsetBalancer(Cluster& cluster, const LbOptions& options, uint64_t seed);
  ~SubsetBalancer() override;

  // LoadBalancer
  void Update(std::span<const HostView> priorities) override;
  Host* Pick(const LbContext& context) override;

 private:
  struct Subset;
  struct Selector {
    const SubsetSelectorOptions* options;
    std::unordered_map<uint64_t, std::unique_ptr<Subset>> subsets;  // by the values' hash
  };
  using Values = std::vector<Value>;

  void Sort(Selector& selector, std::span<const HostView> priorities);
  void AddTo(Selector& selector, size_t priority, size_t priorities, Host& host,
             const std::vector<Values>& choices);
  bool ChoicesOf(const Selector& selector, const Host& host, std::vector<Values>& out) const;
  std::unique_ptr<Subset> Make(Values values);
  void UpdateDefault(std::span<const HostView> priorities);
  void Balance(Subset& subset, std::span<const HostView> priorities);

  Host* PickFrom(const LbContext& context, const match::MetadataCriterion* const* criteria,
                 size_t count, int depth);
  Host* FallBack(SubsetFallback policy, const LbContext& context);

  Cluster& cluster_;
  LbOptions inner_;  // of each subset
  std::shared_ptr<const SubsetOptions> options_;
  uint64_t seed_;
  LevelBalancer any_;
  std::unique_ptr<Subset> default_;
  std::vector<Selector> selectors_;
};

}  // namespace sluice::upstream

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <utility>

#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"
#include "sluice/upstream/cluster_stats.h"

namespace sluice::upstream {

// Looked up with a view, without making a string of it.
struct ClusterSet::NameIndex {
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  std::unordered_map<std::string, ClusterId, Hash, std::equal_to<>> ids;
};

ClusterSet::ClusterSet(EventLoop& loop, stats::Store& store, uint32_t slot)
    : loop_(loop), store_(store), slot_(slot), names_(std::make_unique<NameIndex>()) {}

ClusterSet::~ClusterSet() = default;

Cluster* ClusterSet::Find(std::string_view name) const {
  const auto found = names_->ids.find(name);
  return found == names_->ids.end() ? nullptr : Get(found->second);
}

void ClusterSet::Drain() {
  for (const std::unique_ptr<Cluster>& cluster : clusters_) {
    if (cluster == nullptr) continue;
    for (const std::unique_ptr<Host>& host : cluster->hosts()) {
      const HostPin pin(*host);
      host->DrainPools();
    }
  }
}

void ClusterSet::Install(std::shared_ptr<const ClusterOptions> options,
                         std::shared_ptr<const HostSetSnapshot> hosts) {
  const ClusterId id = options->id;
  Remove(id);
  if (clusters_.size() <= id.value) clusters_.resize(id.value + 1);
  names_->ids[options->name] = id;
  clusters_[id.value] = std::make_unique<Cluster>(*this, std::move(options));
  clusters_[id.value]->Apply(std::move(hosts));
}

void ClusterSet::Apply(ClusterId id, std::shared_ptr<const HostSetSnapshot> hosts) {
  Cluster* cluster = Get(id);
  if (cluster == nullptr) return;
  cluster->Apply(std::move(hosts));
  if (cluster->name() != local_zone_.cluster) return;
  for (const std::unique_ptr<Cluster>& other : clusters_) {
    if (other != nullptr && other.get() != cluster) other->OnZonesChanged();
  }
}

void ClusterSet::OnRuntimeChanged() {
  for (const std::unique_ptr<Cluster>& cluster : clusters_) {
    if (cluster != nullptr) cluster->OnRuntimeChanged();
  }
}

void ClusterSet::Remove(ClusterId id) {
  Cluster* cluster = Get(id);
  if (cluster == nullptr) return;
  names_->ids.erase(cluster->name());
  removed_.push_back(std::move(clusters_[id.value]));
  cluster->Drain();  // may bury it
}

void ClusterSet::Bury(Cluster& cluster) {
  const auto found = std::ranges::find(removed_, &cluster, &std::unique_ptr<Cluster>::get);
  if (found == removed_.end()) return;
  std::unique_ptr<Cluster> gone = std::move(*found);
  removed_.erase(found);
  loop_.DeferDelete(std::move(gone));
}

}  // namespace sluice::upstream

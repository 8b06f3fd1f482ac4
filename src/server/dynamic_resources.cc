#include "dynamic_resources.h"

#include <algorithm>
#include <utility>

#include "config_loader.h"

namespace sluice::server {
namespace {

using discovery::FileSubscription;
using discovery::Kind;

// What is static stays as it is, and is not shown as dynamic.
template <typename T>
typename discovery::InUse<T>::List Shown(const DynamicResources::List<T>& all,
                                         const std::vector<T>& fixed) {
  typename discovery::InUse<T>::List shown;
  for (const std::shared_ptr<const T>& one : all) {
    const bool is_fixed = std::ranges::find(fixed, one->name, &T::name) != fixed.end();
    if (!is_fixed) shown.emplace_back(one->name, one);
  }
  return shown;
}

}  // namespace

DynamicResources::DynamicResources(discovery::Host& host, const BootstrapConfig& bootstrap,
                                   Owners owners)
    : host_(host), bootstrap_(bootstrap), owners_(std::move(owners)) {
  const DynamicResourcesConfig& config = bootstrap.dynamic_resources;
  using Visit = std::function<void(const discovery::ResourceView&)>;
  if (config.cds_config) {
    cds_ = std::make_unique<FileSubscription>(
        host, *config.cds_config,
        FileSubscription::Wish{Kind::kClusters, upstream::ClusterConfig::Schema(),
                               "cluster_manager.cds"},
        [this](const auto& resources, auto& problems) { return TakeClusters(resources, problems); },
        [this](const auto& from, const Visit& visit) { clusters_.Visit(from, visit); });
  }
  if (config.lds_config) {
    lds_ = std::make_unique<FileSubscription>(
        host, *config.lds_config,
        FileSubscription::Wish{Kind::kListeners, listener::ListenerConfig::Schema(),
                               "listener_manager.lds"},
        [this](const auto& resources, auto& problems) {
          return TakeListeners(resources, problems);
        },
        [this](const auto& from, const Visit& visit) { listeners_.Visit(from, visit); });
  }
}

bool DynamicResources::LoadClusters(config::Problems& problems) {
  return cds_ == nullptr || cds_->Load(problems);
}

bool DynamicResources::LoadListeners(config::Problems& problems) {
  return lds_ == nullptr || lds_->Load(problems);
}

void DynamicResources::Start() {
  if (cds_ != nullptr) cds_->Start();
  if (lds_ != nullptr) lds_->Start();
}

bool DynamicResources::TakeClusters(const config::Resources& resources,
                                    config::Problems& problems) {
  for (const auto& one : resources.list) {
    ShareBindConfig(bootstrap_, *static_cast<upstream::ClusterConfig*>(one.get()));
  }
  const auto clusters = resources.As<upstream::ClusterConfig>();
  if (!owners_.clusters(clusters, problems)) return false;
  clusters_.Take(Shown(clusters, bootstrap_.static_resources.clusters), resources.version,
                 host_.loop().clock().Wall());
  return true;
}

bool DynamicResources::TakeListeners(const config::Resources& resources,
                                     config::Problems& problems) {
  const auto listeners = resources.As<listener::ListenerConfig>();
  if (!owners_.listeners(listeners, problems)) return false;
  listeners_.Take(Shown(listeners, bootstrap_.static_resources.listeners), resources.version,
                  host_.loop().clock().Wall());
  return true;
}

}  // namespace sluice::server

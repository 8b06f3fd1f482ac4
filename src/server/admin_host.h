// The server as the admin endpoints see it: views copied from its parts, orders passed on to it.
// Owned by the server; main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "listener_manager.h"
#include "runtime.h"
#include "sluice/admin/host.h"
#include "sluice/event/loop.h"
#include "sluice/server/bootstrap_config.h"
#include "sluice/server/options.h"
#include "sluice/upstream/cluster_manager.h"
#include "stats_tags.h"

namespace sluice::server {

// Of every TLS context of listeners and clusters.
std::vector<net::CertificateSet> AllCertificates(const upstream::ClusterManager& clusters,
                                                 const ListenerManager& listeners);

class ServerAdminHost final : public admin::AdminHost {
 public:
  struct Parts {
    const Options& options;
    uint32_t worker_count;
    const BootstrapConfig& bootstrap;
    EventLoop& loop;
    stats::Store& store;
    const stats::Tagging& tagging;
    const server::HistogramBounds& bounds;
    upstream::ClusterManager& clusters;
    discovery::Host& discovery;
    ListenerManager& listeners;
    server::Runtime& runtime;
    std::function<admin::ServerState()> state;
    std::function<void()> refresh_stats;  // gauges that are computed when read
    std::function<void(bool)> fail_health_check;
    std::function<void(const admin::DrainOrder&)> drain_listeners;
    std::function<void()> reopen_logs;
    std::function<void()> quit;
    // Keeps something until every worker has finished the turn that it is in.
    std::function<void(const std::shared_ptr<const void>&)> runtime_changed;
  };
  explicit ServerAdminHost(Parts parts);

  // admin::AdminHost
  admin::ServerState State() const override { return parts_.state(); }
  std::string Version() const override;
  WallTime Now() const override { return parts_.loop.clock().Wall(); }
  WallTime StartTime() const override { return started_; }
  config::Node CommandLineOptions() const override;
  config::Node NodeInfo() const override;
  config::Node Bootstrap() const override;
  WallTime ConfigTime() const override { return started_; }
  std::vector<admin::ClusterView> Clusters() const override;
  std::vector<admin::ListenerView> Listeners() const override;
  std::vector<admin::CertificateSetView> Certificates() const override {
    return AllCertificates(parts_.clusters, parts_.listeners);
  }
  std::vector<discovery::ResourceView> DynamicResources() const override;
  admin::RuntimeView Runtime() const override { return parts_.runtime.View(); }
  stats::Store& FreshStats() override;
  const stats::Tagging& StatTags() const override { return parts_.tagging; }
  std::span<const double> HistogramBounds(std::string_view name) const override {
    return parts_.bounds.Find(name);
  }
  void FailHealthCheck(bool fail) override { parts_.fail_health_check(fail); }
  void DrainListeners(const admin::DrainOrder& order) override { parts_.drain_listeners(order); }
  void ReopenLogs() override { parts_.reopen_logs(); }
  void Quit() override { parts_.quit(); }
  bool ModifyRuntime(const std::vector<std::pair<std::string, std::string>>& values) override;

 private:
  Parts parts_;
  WallTime started_;
};

}  // namespace sluice::server

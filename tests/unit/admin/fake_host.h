// A server of fixed facts for tests of the admin endpoints.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "sluice/admin/host.h"
#include "sluice/config/problems.h"
#include "sluice/config/reader.h"

namespace sluice::admin {

class FakeHost final : public AdminHost {
 public:
  // AdminHost
  ServerState State() const override { return state; }
  std::string Version() const override { return "abc/1.0/Clean/RELEASE/OpenSSL"; }
  WallTime Now() const override { return StartTime() + std::chrono::seconds(12); }
  WallTime StartTime() const override { return WallTime(std::chrono::seconds(1'700'000'000)); }
  config::Node CommandLineOptions() const override {
    config::Node node = config::Node::Map();
    config::Node two = config::Node::Plain("2");
    two.key = "concurrency";
    node.items.push_back(two);
    return node;
  }
  config::Node NodeInfo() const override { return config::Node::Map(); }
  config::Node Bootstrap() const override {
    config::Problems problems;
    return *config::ReadText("bootstrap", bootstrap, config::Format::kYaml, {}, problems);
  }
  WallTime ConfigTime() const override { return StartTime() + std::chrono::milliseconds(250); }
  std::vector<ClusterView> Clusters() const override { return clusters; }
  std::vector<ListenerView> Listeners() const override {
    return {{"front", {net::Address::V4(0, 10000), net::Address::V4(0x7f000001, 10001)}}};
  }
  std::vector<CertificateSetView> Certificates() const override { return certificates; }
  std::vector<discovery::ResourceView> DynamicResources() const override { return dynamic; }
  RuntimeView Runtime() const override {
    return {{"base", "admin"}, {{"health_check.min_interval", "5", {"5", ""}}}};
  }
  stats::Store& FreshStats() override { return store; }
  const stats::Tagging& StatTags() const override { return tagging; }
  std::span<const double> HistogramBounds(std::string_view) const override {
    return stats::kBucketBounds;
  }
  void FailHealthCheck(bool fail) override { done.push_back(fail ? "fail" : "ok"); }
  void DrainListeners(const DrainOrder& order) override {
    done.push_back(std::string("drain") + (order.graceful ? " graceful" : "") +
                   (order.skip_exit ? " skip_exit" : "") + (order.inbound_only ? " inbound" : ""));
  }
  void ReopenLogs() override { done.emplace_back("reopen"); }
  void Quit() override { done.emplace_back("quit"); }
  bool ModifyRuntime(const std::vector<std::pair<std::string, std::string>>& values) override {
    if (!has_admin_layer) return false;
    for (const auto& [key, value] : values) done.push_back(key + "=" + value);
    return true;
  }

  ServerState state = ServerState::kLive;
  bool has_admin_layer = true;
  std::vector<ClusterView> clusters;
  std::vector<CertificateSetView> certificates;
  std::vector<discovery::ResourceView> dynamic;
  std::vector<std::string> done;
  stats::Store store{1};
  stats::Tagging tagging;
  std::string bootstrap =
      "admin: {profile_path: /x}\n"
      "static_resources:\n"
      "  listeners:\n"
      "  - name: front\n"
      "    filter_chains:\n"
      "    - filters:\n"
      "      - name: hcm\n"
      "        typed_config: {route_config: {name: local, virtual_hosts: []}}\n"
      "  clusters:\n"
      "  - name: a\n"
      "    load_assignment: {cluster_name: a}\n"
      "  - name: b\n";
};

}  // namespace sluice::admin

// The configured tcp_proxy: the immutable plan made on main, and each worker's half of it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "sluice/filter/registry.h"
#include "sluice/log/access_log.h"
#include "sluice/match/metadata_criteria.h"
#include "sluice/upstream/cluster.h"
#include "tcp_proxy_config.h"
#include "tcp_proxy_stats.h"

namespace sluice::filters::tcp_proxy {

class TunnelUpstream;
struct TunnelPlan;

struct TcpProxyPlan {
  struct Choice {
    upstream::ClusterId cluster;
    uint64_t weight_up_to = 0;  // running sum
    match::MetadataCriteria metadata;
  };
  std::string stat_prefix;
  std::vector<Choice> choices;
  Duration idle_timeout = std::chrono::hours(1);
  Duration max_duration{};
  uint32_t max_connect_attempts = 1;
  bool hash_source_ip = false;
  std::string hash_state;  // the name of the filter state that is hashed; empty: none
  std::shared_ptr<const TunnelPlan> tunnel;  // null: plain TCP
  AccessLogOptions log_options;
  std::shared_ptr<const log::AccessLogSet> access_logs;
  log::AccessLogManager* access_log_manager = nullptr;
};

class LingeringServer;

class TcpProxyWorker final : public filter::NetworkFilterWorker {
 public:
  TcpProxyWorker(const TcpProxyPlan& plan, filter::WorkerContext& worker);
  ~TcpProxyWorker() override;

  // filter::NetworkFilterWorker
  std::unique_ptr<filter::NetworkFilter> Create() override;

  const TcpProxyPlan& plan() const { return plan_; }
  filter::WorkerContext& context() { return context_; }
  TcpProxyStats& stats() { return stats_; }
  // The cluster of a new connection: what a filter before us has named, else as configured; null
  // when it is not there. `metadata`: what its host must say of itself; null: nothing.
  upstream::Cluster* PickCluster(const stream::StreamInfo& info,
                                 const match::MetadataCriteria*& metadata);
  std::optional<uint64_t> Hash(const net::Address& client, const stream::StreamInfo& info) const;
  // Keeps a server's connection until what is buffered for it has been sent.
  void Linger(std::unique_ptr<upstream::UpstreamConnection> server);
  void Linger(std::unique_ptr<TunnelUpstream> tunnel);
  void CountAttemptsExceeded(upstream::Cluster& cluster);
  void WriteLogs(const stream::StreamInfo& info, log::EntryType type);

 private:
  friend class LingeringServer;
  void Bury(LingeringServer& server);
  void Bury(TunnelUpstream& tunnel);

  const TcpProxyPlan& plan_;
  filter::WorkerContext& context_;
  TcpProxyStats stats_;
  std::minstd_rand random_;
  std::vector<std::unique_ptr<LingeringServer>> lingering_;
  std::vector<std::unique_ptr<TunnelUpstream>> lingering_tunnels_;
};

class TcpProxyFactory final : public filter::NetworkFilterFactory {
 public:
  static std::unique_ptr<filter::NetworkFilterFactory> Make(
      const std::shared_ptr<const TcpProxyConfig>& config, const config::Where& where,
      filter::LoadContext& ctx);

  explicit TcpProxyFactory(TcpProxyPlan plan) : plan_(std::move(plan)) {}

  // filter::NetworkFilterFactory
  bool terminal() const override { return true; }
  std::unique_ptr<filter::NetworkFilterWorker> MakeWorker(
      filter::WorkerContext& worker) const override;

 private:
  TcpProxyPlan plan_;
};

}  // namespace sluice::filters::tcp_proxy

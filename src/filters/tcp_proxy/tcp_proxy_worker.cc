#include "tcp_proxy_worker.h"

#include <algorithm>
#include <utility>

#include "sluice/base/hash.h"
#include "sluice/filters/extensions.h"
#include "sluice/log/header_formats.h"
#include "sluice/net/address.h"
#include "sluice/route/header_config.h"
#include "sluice/upstream/cluster_stats.h"
#include "tcp_proxy_filter.h"
#include "tunnel_filter.h"

namespace sluice::filters::tcp_proxy {
namespace {

// Adds a choice, or a problem that points at the name.
void AddChoice(const config::Located<std::string>& name, uint64_t weight,
               match::MetadataCriteria metadata, filter::LoadContext& ctx, TcpProxyPlan& plan) {
  const auto id = ctx.clusters.FindId(*name);
  if (!id) {
    const std::string_view nearest = ctx.clusters.NearestName(*name);
    ctx.problems.Add(name.where, "there is no cluster '" + *name + "'",
                     nearest.empty() ? "" : "did you mean `" + std::string(nearest) + "`?");
    return;
  }
  const uint64_t before = plan.choices.empty() ? 0 : plan.choices.back().weight_up_to;
  plan.choices.push_back({upstream::ClusterId{*id}, before + weight, std::move(metadata)});
}

match::MetadataCriteria Criteria(const std::optional<config::Metadata>& metadata) {
  return metadata ? match::CompileCriteria(*metadata) : match::MetadataCriteria();
}

std::shared_ptr<const TunnelPlan> CompileTunnel(const TunnelingConfig& config,
                                                const config::Where& where,
                                                config::Problems& problems) {
  const log::HeaderFormats formats;
  auto plan = std::make_shared<TunnelPlan>();
  plan->format = route::CompileText(config.hostname, where, &formats, problems);
  if (plan->format == nullptr) plan->hostname = route::UnescapePercent(config.hostname);
  plan->headers = route::CompileEdits(config.headers_to_add, {}, where, &formats, problems);
  if (config.use_post) plan->post_path = config.post_path.empty() ? "/" : config.post_path;
  plan->keep_response_headers = config.propagate_response_headers;
  plan->keep_response_trailers = config.propagate_response_trailers;
  return plan;
}

// How long a server may take to read what its client has sent before it left.
constexpr Duration kLinger = std::chrono::seconds(30);

}  // namespace

// A server's connection whose client has gone: it is only written to. Owned by the worker's list.
class LingeringServer final : public DeferredDeletable, private net::ConnectionEvents {
 public:
  LingeringServer(TcpProxyWorker& worker, std::unique_ptr<upstream::UpstreamConnection> server)
      : worker_(worker), server_(std::move(server)) {
    worker_.stats_.upstream_flush_total.Inc();
    worker_.stats_.upstream_flush_active.Inc();
    server_->connection().SetEvents(this);
  }
  ~LingeringServer() override { worker_.stats_.upstream_flush_active.Dec(); }

  void Begin() { server_->connection().CloseAfterFlush(kLinger); }

 private:
  // net::ConnectionEvents
  void OnBytes(ByteChain& in, bool /*end*/) override { in.Clear(); }
  void OnClosed(const net::CloseInfo& info) override {
    server_->NoteClosed(info, false);
    worker_.Bury(*this);
  }

  TcpProxyWorker& worker_;
  std::unique_ptr<upstream::UpstreamConnection> server_;
};

std::unique_ptr<filter::NetworkFilterFactory> TcpProxyFactory::Make(
    const std::shared_ptr<const TcpProxyConfig>& config, const config::Where& where,
    filter::LoadContext& ctx) {
  TcpProxyPlan plan;
  plan.stat_prefix = config->stat_prefix;
  const match::MetadataCriteria metadata = Criteria(config->metadata_match);
  if (config->weighted_clusters) {
    for (const ClusterWeight& one : config->weighted_clusters->clusters) {
      AddChoice(one.name, one.weight, match::MergeCriteria(&metadata, Criteria(one.metadata_match)),
                ctx, plan);
    }
  } else {
    AddChoice(config->cluster, 1, metadata, ctx, plan);
  }
  plan.idle_timeout = config->idle_timeout.value_or(std::chrono::hours(1));
  plan.max_duration = config->max_downstream_connection_duration.value_or(Duration::zero());
  plan.max_connect_attempts = config->max_connect_attempts;
  if (!config->hash_policy.empty()) {
    const TcpHashPolicy& policy = config->hash_policy.front();
    plan.hash_source_ip = policy.source_ip.has_value();
    if (policy.filter_state) plan.hash_state = policy.filter_state->key;
  }
  if (config->tunneling_config) {
    plan.tunnel = CompileTunnel(*config->tunneling_config, where, ctx.problems);
  }
  plan.log_options = config->access_log_options;
  plan.access_logs = ctx.access_logs.Make(config->access_log, ctx.problems);
  plan.access_log_manager = &ctx.access_logs;
  return std::make_unique<TcpProxyFactory>(std::move(plan));
}

std::unique_ptr<filter::NetworkFilterWorker> TcpProxyFactory::MakeWorker(
    filter::WorkerContext& worker) const {
  return std::make_unique<TcpProxyWorker>(plan_, worker);
}

TcpProxyWorker::TcpProxyWorker(const TcpProxyPlan& plan, filter::WorkerContext& worker)
    : plan_(plan),
      context_(worker),
      stats_(stats::Make<TcpProxyStats>(
          stats::Scope(worker.stats, worker.slot, "tcp." + plan.stat_prefix))),
      random_(worker.slot + 1) {}

TcpProxyWorker::~TcpProxyWorker() = default;

void TcpProxyWorker::Linger(std::unique_ptr<upstream::UpstreamConnection> server) {
  lingering_.push_back(std::make_unique<LingeringServer>(*this, std::move(server)));
  lingering_.back()->Begin();
}

void TcpProxyWorker::Bury(LingeringServer& server) {
  const auto at = std::find_if(lingering_.begin(), lingering_.end(),
                               [&](const auto& one) { return one.get() == &server; });
  context_.loop.DeferDelete(std::move(*at));
  lingering_.erase(at);
}

void TcpProxyWorker::Linger(std::unique_ptr<TunnelUpstream> tunnel) {
  if (tunnel == nullptr) return;
  stats_.upstream_flush_total.Inc();
  stats_.upstream_flush_active.Inc();
  TunnelUpstream& one = *tunnel;
  lingering_tunnels_.push_back(std::move(tunnel));
  one.Linger(kLinger, [this, &one] { Bury(one); });
}

void TcpProxyWorker::Bury(TunnelUpstream& tunnel) {
  stats_.upstream_flush_active.Dec();
  const auto at =
      std::ranges::find(lingering_tunnels_, &tunnel, &std::unique_ptr<TunnelUpstream>::get);
  std::swap(*at, lingering_tunnels_.back());
  context_.loop.DeferDelete(std::move(lingering_tunnels_.back()));
  lingering_tunnels_.pop_back();
}

void TcpProxyWorker::WriteLogs(const stream::StreamInfo& info, log::EntryType type) {
  if (plan_.access_logs == nullptr || plan_.access_logs->empty()) return;
  log::FormatContext context{.info = info, .type = type, .runtime = context_.runtime};
  context.now = context_.loop.Now();
  plan_.access_logs->Write(context, plan_.access_log_manager->queue(context_.slot));
}

void TcpProxyWorker::CountAttemptsExceeded(upstream::Cluster& cluster) {
  cluster.stats().upstream_cx_connect_attempts_exceeded.Inc();
}

std::unique_ptr<filter::NetworkFilter> TcpProxyWorker::Create() {
  if (plan_.tunnel != nullptr) return std::make_unique<TunnelFilter>(*this);
  return std::make_unique<TcpProxyFilter>(*this);
}

std::optional<uint64_t> TcpProxyWorker::Hash(const net::Address& client,
                                             const stream::StreamInfo& info) const {
  if (plan_.hash_source_ip && client.is_ip()) return XxHash64(client.IpBytes());
  if (plan_.hash_state.empty()) return std::nullopt;
  const stream::FilterStateObject* object = info.FindState(plan_.hash_state);
  const auto text = object != nullptr ? object->Text() : std::nullopt;
  return text ? std::optional(XxHash64(*text)) : std::nullopt;
}

upstream::Cluster* TcpProxyWorker::PickCluster(const stream::StreamInfo& info,
                                               const match::MetadataCriteria*& metadata) {
  if (const stream::FilterStateObject* named = info.FindState("envoy.tcp_proxy.cluster")) {
    if (auto name = named->Text()) return context_.clusters.Find(*name);
  }
  const auto& choices = plan_.choices;
  size_t at = 0;
  if (choices.size() > 1) {
    std::uniform_int_distribution<uint64_t> roll(0, choices.back().weight_up_to - 1);
    const uint64_t drawn = roll(random_);
    while (drawn >= choices[at].weight_up_to) ++at;
  }
  if (!choices[at].metadata.empty()) metadata = &choices[at].metadata;
  return context_.clusters.Get(choices[at].cluster);
}

filters::ExtensionPtr MakeExtension() {
  using Extension =
      filter::SimpleExtension<filter::NetworkFilterExtension, filter::NetworkFilterFactory,
                              TcpProxyConfig, TcpProxyFactory>;
  return std::make_unique<Extension>(
      filter::kNetworkFilters, "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
      &TcpProxyConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.network.tcp_proxy", "envoy.tcp_proxy"});
}

}  // namespace sluice::filters::tcp_proxy

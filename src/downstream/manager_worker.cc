#include "manager_worker.h"

#include <algorithm>
#include <utility>

#include "http_connection.h"
#include "http_stream.h"
#include "sluice/codec/http1/server_codec.h"

namespace sluice::downstream {

namespace {

tracing::Driver* TracerOf(const ManagerOptions& options, const filter::WorkerContext& worker) {
  if (options.tracing == nullptr || options.tracing->tracer == nullptr) return nullptr;
  return options.tracing->tracer->ForWorker(worker.slot);
}

}  // namespace

struct ManagerWorker::StreamMemory {
  alignas(HttpStream) std::byte bytes[sizeof(HttpStream)];
};

ManagerWorker::ManagerWorker(std::shared_ptr<const ManagerPlan> plan, filter::WorkerContext& worker)
    : plan_(std::move(plan)),
      worker_(worker),
      user_agents_(stats::Scope(worker.stats, worker.slot, "http." + plan_->options.stat_prefix)),
      tracer_(TracerOf(plan_->options, worker)) {
  const stats::Scope scope(worker.stats, worker.slot, "http." + plan_->options.stat_prefix);
  stats_ = stats::Make<ManagerStats>(scope);
  tracing_stats_ = stats::Make<TracingStats>(scope.Sub("tracing"));
  if (!plan_->options.listener_stat_prefix.empty()) {
    listener_stats_ = stats::Make<ListenerResponseStats>(
        stats::Scope(worker.stats, worker.slot,
                     plan_->options.listener_stat_prefix + ".http." + plan_->options.stat_prefix));
  }
  http1_counters_ = http1::MakeCounters(scope);
  http2_counters_ = http2::MakeCounters(scope);
  for (const ManagerPlan::Chain& planned : plan_->chains) {
    Chain& chain = chains_.emplace_back();
    chain.config_base = planned.config_base;
    for (const FilterPlan& filter : planned.filters) {
      chain.filters.push_back({filter.factory->MakeWorker(worker, scope), filter.disabled});
      const auto index = static_cast<uint32_t>(chain.filters.size() - 1);
      if (filter.disabled) continue;
      chain.usual.push_back({chain.filters.back().worker.get(), chain.config_base + index});
    }
  }
  SetRoutes(plan_->routes);
  if (plan_->route_file == nullptr) return;
  reader_ = plan_->route_file->tables().Subscribe(
      worker.loop, [this](RouteFile::Tables::Snapshot table) { SetRoutes(std::move(table)); });
}

ManagerWorker::~ManagerWorker() = default;

void ManagerWorker::SetRoutes(std::shared_ptr<const route::RouteTable> table) {
  auto before = std::exchange(routes_, std::make_unique<UsedRoutes>(*this, std::move(table)));
  if (before != nullptr && before->pinned()) old_routes_.push_back(std::move(before));
}

void ManagerWorker::Bury(UsedRoutes& routes) {
  const auto found = std::ranges::find(old_routes_, &routes, &std::unique_ptr<UsedRoutes>::get);
  if (found == old_routes_.end()) return;
  worker_.loop.DeferDelete(std::move(*found));
  old_routes_.erase(found);
}

void UsedRoutes::DropPin() {
  if (--pins_ == 0) owner_.Bury(*this);
}

std::unique_ptr<filter::NetworkFilter> ManagerWorker::Create() {
  return std::make_unique<HttpConnection>(*this);
}

HttpStream* ManagerWorker::TakeStream(HttpConnection& connection, http::CodecStream& codec_stream) {
  std::unique_ptr<StreamMemory> memory;
  if (free_streams_.empty()) {
    memory = std::make_unique<StreamMemory>();
  } else {
    memory = std::move(free_streams_.back());
    free_streams_.pop_back();
  }
  // The memory is owned by the stream in it until GiveStream.
  auto* bytes = memory.release()->bytes;
  return std::construct_at(reinterpret_cast<HttpStream*>(bytes), connection, codec_stream);
}

void ManagerWorker::GiveStream(HttpStream* stream) {
  std::destroy_at(stream);
  std::unique_ptr<StreamMemory> memory(reinterpret_cast<StreamMemory*>(stream));
  if (free_streams_.size() < kMaxFreeStreams) free_streams_.push_back(std::move(memory));
}

std::unique_ptr<http::ServerCodec> ManagerWorker::TakeCodec(http::ServerCodecHost& host) {
  if (free_codecs_.empty()) return http1::MakeServerCodec(host, options().http1, http1_counters_);
  std::unique_ptr<http::ServerCodec> codec = std::move(free_codecs_.back());
  free_codecs_.pop_back();
  codec->Serve(host);
  return codec;
}

void ManagerWorker::GiveCodec(std::unique_ptr<http::ServerCodec> codec) {
  if (free_codecs_.size() < kMaxFreeCodecs) free_codecs_.push_back(std::move(codec));
}

std::span<const filter::HttpChainEntry> ManagerWorker::Entries(uint32_t index,
                                                               const route::RouteEntry* route,
                                                               Arena& arena) const {
  const Chain& chain = chains_[index];
  if (route == nullptr || !route->has_filter_configs()) return chain.usual;
  auto* entries = static_cast<filter::HttpChainEntry*>(
      arena.Allocate(sizeof(filter::HttpChainEntry) * (chain.filters.size() + 1)));
  size_t count = 0;
  for (uint32_t i = 0; i < chain.filters.size(); ++i) {
    const uint32_t config_index = chain.config_base + i;
    const route::FilterRouteConfig& config = route->filter_config(config_index);
    const bool off = config.present ? config.disabled : chain.filters[i].disabled;
    if (!off) entries[count++] = {chain.filters[i].worker.get(), config_index};
  }
  return {entries, count};
}

}  // namespace sluice::downstream

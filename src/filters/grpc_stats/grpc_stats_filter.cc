#include "grpc_stats_filter.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "sluice/config/schema.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/log/grpc_status.h"
#include "sluice/stream/filter_state.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::grpc_stats {

using filter::FilterStatus;
using http::HeaderId;
using stream::Moment;

namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig";
constexpr std::string_view kStateName = "envoy.filters.http.grpc_stats";

// "/service/method".
struct Call {
  std::string_view service;
  std::string_view method;
};

Call CallOf(std::string_view path) {
  path = path.substr(0, path.find('?'));
  const size_t slash = path.rfind('/');
  if (!path.starts_with('/') || slash == 0 || slash + 1 == path.size()) return {};
  return {path.substr(1, slash - 1), path.substr(slash + 1)};
}

class MessageCounts final : public stream::FilterStateObject {
 public:
  MessageCounts(uint64_t requests, uint64_t responses)
      : requests_(requests), responses_(responses) {}
  // stream::FilterStateObject
  std::optional<std::string> Text() const override {
    return std::to_string(requests_) + "," + std::to_string(responses_);
  }
  std::optional<std::string> Field(std::string_view name) const override {
    if (name == "request_message_count") return std::to_string(requests_);
    if (name == "response_message_count") return std::to_string(responses_);
    return std::nullopt;
  }

 private:
  uint64_t requests_;
  uint64_t responses_;
};

}  // namespace

class GrpcStatsWorker final : public filter::HttpFilterWorker {
 public:
  GrpcStatsWorker(const GrpcStatsConfig& config, filter::WorkerContext& worker)
      : config_(config), loop_(worker.loop), table_(worker.stats, worker.slot) {}

  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override { return arena.New<GrpcStatsFilter>(*this); }

  const GrpcStatsConfig& config() const { return config_; }
  EventLoop& loop() { return loop_; }
  CallStats& StatsOf(std::string_view cluster, std::string_view path) {
    Call call = CallOf(path);
    if (!config_.CountsByMethod(call.service, call.method)) call = {};
    return table_.For(cluster, call.service, call.method,
                      config_.replace_dots_in_grpc_service_name);
  }

 private:
  const GrpcStatsConfig& config_;
  EventLoop& loop_;
  CallStatsTable table_;
};

namespace {

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(std::shared_ptr<const GrpcStatsConfig> config) : config_(std::move(config)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const GrpcStatsConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& /*ctx*/) {
    return std::make_unique<Factory>(config);
  }
  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(
      filter::WorkerContext& worker, const stats::Scope& /*manager*/) const override {
    return std::make_unique<GrpcStatsWorker>(*config_, worker);
  }

 private:
  std::shared_ptr<const GrpcStatsConfig> config_;
};

}  // namespace

const config::Message& ServiceConfig::Schema() {
  static const auto message = config::Message::Of<ServiceConfig>(
      "envoy.config.core.v3.GrpcMethodList.Service", "Methods of one service.",
      {config::Field("name", &ServiceConfig::name, "Its full name.").Required().NonEmpty(),
       config::Field("method_names", &ServiceConfig::method_names, "The methods.").NonEmpty()});
  return message;
}

const config::Message& MethodListConfig::Schema() {
  static const auto message = config::Message::Of<MethodListConfig>(
      "envoy.config.core.v3.GrpcMethodList", "gRPC methods.",
      {config::Field("services", &MethodListConfig::services, "By service.")});
  return message;
}

const config::Message& GrpcStatsConfig::Schema() {
  using C = GrpcStatsConfig;
  static const auto message = config::Message::Of<C>(
      kType, "Counts gRPC calls.",
      {config::Field("emit_filter_state", &C::emit_filter_state,
                     "Whether the numbers of messages are left as filter state."),
       config::Field("individual_method_stats_allowlist", &C::individual_method_stats_allowlist,
                     "Methods that are counted by themselves.")
           .Oneof("per_method_stat_specifier"),
       config::Field("stats_for_all_methods", &C::stats_for_all_methods,
                     "Whether every method is counted by itself; at most 4096 of them are.")
           .Oneof("per_method_stat_specifier"),
       config::Field("enable_upstream_stats", &C::enable_upstream_stats,
                     "Whether the upstream's time is recorded."),
       config::Field("replace_dots_in_grpc_service_name", &C::replace_dots_in_grpc_service_name,
                     "Whether the dots of a service's name become underscores.")});
  return message;
}

bool GrpcStatsConfig::CountsByMethod(std::string_view service, std::string_view method) const {
  if (service.empty()) return false;
  if (stats_for_all_methods) return *stats_for_all_methods;
  if (!individual_method_stats_allowlist) return false;
  return std::ranges::any_of(
      individual_method_stats_allowlist->services, [&](const ServiceConfig& one) {
        return one.name == service && std::ranges::count(one.method_names, method) != 0;
      });
}

FilterStatus GrpcStatsFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  grpc_ = log::IsGrpc(head);
  // Filters behind this one may rewrite it, and it is what the client has called that counts.
  if (grpc_) path_ = head.Get(HeaderId::kPath).value_or("");
  return FilterStatus::kContinue;
}

FilterStatus GrpcStatsFilter::OnRequestData(ByteChain& data, bool /*end*/) {
  if (grpc_) requests_.Count(data);
  return FilterStatus::kContinue;
}

FilterStatus GrpcStatsFilter::OnResponseHead(http::HeaderMap& head, bool end) {
  if (grpc_ && end) NoteStatus(head);
  return FilterStatus::kContinue;
}

FilterStatus GrpcStatsFilter::OnResponseData(ByteChain& data, bool /*end*/) {
  if (grpc_) responses_.Count(data);
  return FilterStatus::kContinue;
}

FilterStatus GrpcStatsFilter::OnResponseTrailers(http::HeaderMap& trailers) {
  if (grpc_) NoteStatus(trailers);
  return FilterStatus::kContinue;
}

void GrpcStatsFilter::NoteStatus(const http::HeaderMap& fields) {
  // Filters in front of this one may take it out again (grpc_web): the text has to stay.
  if (const auto status = fields.Get(HeaderId::kGrpcStatus)) {
    status_ = host().arena().Copy(*status);
  }
}

void GrpcStatsFilter::OnStreamComplete() {
  if (!grpc_) return;
  EmitState();
  const stream::StreamInfo& info = host().info();
  if (info.cluster_name.empty()) return;
  CallStats& stats = worker_.StatsOf(info.cluster_name, path_);
  stats.CountMessages(requests_.messages(), responses_.messages());
  if (status_) stats.CountStatus(*status_);
  const auto sent = info.At(Moment::kUpstreamSendEnd);
  if (!worker_.config().enable_upstream_stats || !sent) return;
  const Duration taken = info.At(Moment::kUpstreamEnd).value_or(worker_.loop().Now()) - *sent;
  stats.RecordTime(
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(taken).count()));
}

void GrpcStatsFilter::EmitState() {
  if (!worker_.config().emit_filter_state) return;
  host().info().filter_state().Set(
      kStateName, std::make_unique<MessageCounts>(requests_.messages(), responses_.messages()));
}

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            GrpcStatsConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &GrpcStatsConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.grpc_stats"});
}

}  // namespace sluice::filters::grpc_stats

// envoy.filters.http.grpc_stats: counts gRPC calls, their outcome and their messages below
// cluster.<name>.grpc., on request by service and method. Per stream; one worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "call_stats.h"
#include "frame_counter.h"
#include "sluice/config/types.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::grpc_stats {

struct ServiceConfig {
  std::string name;
  std::vector<std::string> method_names;
  static const config::Message& Schema();
};

struct MethodListConfig {
  std::vector<ServiceConfig> services;
  static const config::Message& Schema();
};

struct GrpcStatsConfig {
  bool emit_filter_state = false;
  std::optional<MethodListConfig> individual_method_stats_allowlist;
  std::optional<bool> stats_for_all_methods;
  bool enable_upstream_stats = false;
  bool replace_dots_in_grpc_service_name = false;
  static const config::Message& Schema();

  // Whether calls of this path ("/service/method") are counted by themselves.
  bool CountsByMethod(std::string_view service, std::string_view method) const;
};

class GrpcStatsWorker;

class GrpcStatsFilter final : public filter::HttpFilter {
 public:
  explicit GrpcStatsFilter(GrpcStatsWorker& worker) : worker_(worker) {}

  // filter::HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnRequestData(ByteChain& data, bool end) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseData(ByteChain& data, bool end) override;
  filter::FilterStatus OnResponseTrailers(http::HeaderMap& trailers) override;
  void OnStreamComplete() override;

 private:
  void NoteStatus(const http::HeaderMap& fields);
  void EmitState();

  GrpcStatsWorker& worker_;
  FrameCounter requests_;
  FrameCounter responses_;
  std::optional<std::string_view> status_;
  std::string_view path_;
  bool grpc_ = false;
};

}  // namespace sluice::filters::grpc_stats

// One http_connection_manager on one worker: its filters' worker halves, its numbers, and the
// streams that wait to be used again. Made once per worker; outlives its connections.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "options.h"
#include "route_file.h"
#include "sluice/codec/http2/counters.h"
#include "sluice/filter/http_chain.h"
#include "sluice/filter/network_filter.h"
#include "sluice/http/codec.h"
#include "sluice/route/route_table.h"
#include "stats.h"
#include "used_routes.h"
#include "user_agents.h"

namespace sluice::downstream {

class HttpConnection;
class HttpStream;

// One configured HTTP filter.
struct FilterPlan {
  std::unique_ptr<const filter::HttpFilterFactory> factory;
  bool disabled = false;  // until a route enables it
};

// What a manager is made of; immutable, shared by all workers. Chain 0 is http_filters; the others
// are those of upgrade_configs. `config_base` is the filter index of a chain's first filter.
struct ManagerPlan {
  struct Chain {
    std::vector<FilterPlan> filters;
    uint32_t config_base = 0;
  };
  ManagerOptions options;
  std::vector<Chain> chains;
  std::shared_ptr<const route::RouteTable> routes;  // null: those of the file
  std::unique_ptr<RouteFile> route_file;            // null: none

  // Of now. Main.
  const route::RouteTable* Routes() const {
    return route_file != nullptr ? route_file->table().get() : routes.get();
  }
};

class ManagerWorker final : public filter::NetworkFilterWorker {
 public:
  ManagerWorker(std::shared_ptr<const ManagerPlan> plan, filter::WorkerContext& worker);
  ~ManagerWorker() override;

  // NetworkFilterWorker
  std::unique_ptr<filter::NetworkFilter> Create() override;

  // Made in memory of a stream that has ended, if there is one.
  HttpStream* TakeStream(HttpConnection& connection, http::CodecStream& codec_stream);
  void GiveStream(HttpStream* stream);  // ends its life
  // A codec of HTTP/1, which a connection has only while it has something to do.
  std::unique_ptr<http::ServerCodec> TakeCodec(http::ServerCodecHost& host);
  void GiveCodec(std::unique_ptr<http::ServerCodec> codec);  // as_new()

  // The filters that take part in a stream on this route.
  std::span<const filter::HttpChainEntry> Entries(uint32_t chain, const route::RouteEntry* route,
                                                  Arena& arena) const;

  const ManagerOptions& options() const { return plan_->options; }
  // The newest table. Streams keep the one that they begin with.
  UsedRoutes& routes() { return *routes_; }
  // For UsedRoutes only: its last pin has gone.
  void Bury(UsedRoutes& routes);
  filter::WorkerContext& worker() { return worker_; }
  ManagerStats& stats() { return stats_; }
  // A final response: by class, for the manager and for its listener.
  void CountResponse(uint32_t status) {
    stats_.downstream_rq_completed.Inc();
    stats_.ForClass(status).Inc();
    listener_stats_.Count(status);
  }
  UserAgents& user_agents() { return user_agents_; }
  TracingStats& tracing_stats() { return tracing_stats_; }
  tracing::Driver* tracer() { return tracer_; }  // null: no spans are made
  http1::Counters& http1_counters() { return http1_counters_; }
  http2::Counters& http2_counters() { return http2_counters_; }

 private:
  struct Filter {
    std::unique_ptr<filter::HttpFilterWorker> worker;
    bool disabled = false;
  };
  struct Chain {
    std::vector<Filter> filters;
    std::vector<filter::HttpChainEntry> usual;  // without those that are disabled
    uint32_t config_base = 0;
  };
  struct StreamMemory;

  void SetRoutes(std::shared_ptr<const route::RouteTable> table);

  static constexpr size_t kMaxFreeStreams = 256;
  static constexpr size_t kMaxFreeCodecs = 256;

  const std::shared_ptr<const ManagerPlan> plan_;
  filter::WorkerContext& worker_;
  ManagerStats stats_;
  ListenerResponseStats listener_stats_;
  UserAgents user_agents_;
  TracingStats tracing_stats_;
  tracing::Driver* const tracer_;
  http1::Counters http1_counters_;
  http2::Counters http2_counters_;
  std::vector<Chain> chains_;
  std::unique_ptr<UsedRoutes> routes_;
  std::vector<std::unique_ptr<UsedRoutes>> old_routes_;  // of streams that go on
  std::vector<std::unique_ptr<StreamMemory>> free_streams_;
  std::vector<std::unique_ptr<http::ServerCodec>> free_codecs_;
  RouteFile::Tables::Reader reader_;  // last: it sets the routes
};

}  // namespace sluice::downstream

// A worker's half of envoy.filters.http.ext_proc: its counters. One worker's thread.
#pragma once

#include <memory>

#include "plan.h"
#include "sluice/filter/http_filter.h"
#include "sluice/stats/table.h"

namespace sluice::filters::ext_proc {

// http.<stat_prefix>.ext_proc.*
struct ExtProcStats {
  stats::Counter streams_started;
  stats::Counter stream_msgs_sent;
  stats::Counter stream_msgs_received;
  stats::Counter spurious_msgs_received;
  stats::Counter streams_closed;
  stats::Counter streams_failed;
  stats::Counter failure_mode_allowed;
  stats::Counter message_timeouts;
  stats::Counter rejected_header_mutations;
  stats::Counter override_message_timeout_received;
  stats::Counter override_message_timeout_ignored;
  stats::Counter clear_route_cache_ignored;
  stats::Counter clear_route_cache_disabled;
  static constexpr stats::Field<ExtProcStats> kFields[] = {
      {&ExtProcStats::streams_started, "streams_started", "Streams to the processor"},
      {&ExtProcStats::stream_msgs_sent, "stream_msgs_sent", "Messages to it"},
      {&ExtProcStats::stream_msgs_received, "stream_msgs_received", "Messages from it"},
      {&ExtProcStats::spurious_msgs_received, "spurious_msgs_received",
       "Messages from it that answer nothing"},
      {&ExtProcStats::streams_closed, "streams_closed", "Streams that ended in good order"},
      {&ExtProcStats::streams_failed, "streams_failed", "Streams that failed"},
      {&ExtProcStats::failure_mode_allowed, "failure_mode_allowed",
       "Failures after which messages went on"},
      {&ExtProcStats::message_timeouts, "message_timeouts", "Answers that came too late"},
      {&ExtProcStats::rejected_header_mutations, "rejected_header_mutations",
       "Changes of fields that may not be done"},
      {&ExtProcStats::override_message_timeout_received, "override_message_timeout_received",
       "Answers that asked for time and got it"},
      {&ExtProcStats::override_message_timeout_ignored, "override_message_timeout_ignored",
       "Answers that asked for time and did not get it"},
      {&ExtProcStats::clear_route_cache_ignored, "clear_route_cache_ignored",
       "Routes that stayed because the request did not change"},
      {&ExtProcStats::clear_route_cache_disabled, "clear_route_cache_disabled",
       "Routes that stayed because of the config"},
  };
};

class ExtProcWorker final : public filter::HttpFilterWorker {
 public:
  ExtProcWorker(std::shared_ptr<const Plan> plan, filter::WorkerContext& worker,
                const stats::Scope& manager);

  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override;

  const Plan& plan() const { return *plan_; }
  ExtProcStats& stats() { return stats_; }

 private:
  const std::shared_ptr<const Plan> plan_;
  filter::WorkerContext& worker_;
  ExtProcStats stats_;
};

}  // namespace sluice::filters::ext_proc

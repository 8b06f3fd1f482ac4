#include "reporter.h"

#include <chrono>
#include <utility>

namespace sluice::tracing {
namespace {

Duration Milliseconds(double ms) {
  constexpr double kDay = 24 * 3600 * 1000.0;
  return std::chrono::microseconds(static_cast<int64_t>(std::min(ms, kDay) * 1000));
}

}  // namespace

#define SLUICE_STAT(name, help) \
  stats::Field<ReportStats> { &ReportStats::name, #name, help }

constexpr stats::Field<ReportStats> ReportStats::kFields[] = {
    SLUICE_STAT(spans_sent, "Spans in reports"),
    SLUICE_STAT(timer_flushed, "Reports made because of flush_interval_ms"),
    SLUICE_STAT(reports_sent, "Reports that the collector took"),
    SLUICE_STAT(reports_dropped, "Reports that the collector refused"),
    SLUICE_STAT(reports_skipped_no_cluster, "Reports not sent: their cluster is not there"),
    SLUICE_STAT(reports_failed, "Reports that did not reach the collector, or without an answer"),
    SLUICE_STAT(spans_dropped, "Spans dropped: too many wait for the collector"),
};
#undef SLUICE_STAT

struct Reporter::Call final : filter::AsyncEvents {
  explicit Call(Reporter& reporter) : owner(reporter) {}

  // filter::AsyncEvents
  void OnResponse(filter::AsyncResponse&& response) override {
    (owner.format_.Accepted(response) ? owner.stats_.reports_sent : owner.stats_.reports_dropped)
        .Inc();
    owner.Ended(*this);
  }
  void OnFailure(const Error& /*error*/) override {
    owner.stats_.reports_failed.Inc();
    owner.Ended(*this);
  }

  Reporter& owner;
  std::unique_ptr<filter::AsyncTicket> ticket;
};

Reporter::Reporter(const ReportOptions& options, const ReportFormat& format,
                   filter::WorkerContext& worker, std::string_view stat_prefix)
    : options_(options),
      format_(format),
      worker_(worker),
      stats_(stats::Make<ReportStats>(
          stats::Scope(worker.stats, worker.slot, std::string(stat_prefix)))),
      timer_(worker.loop, [this] { OnTimer(); }) {}

Reporter::~Reporter() = default;

void Reporter::Added() {
  if (++count_ == 1) timer_.Arm(Milliseconds(Now(options_.flush_interval_ms)));
  if (static_cast<double>(count_) >= Now(options_.min_flush_spans)) Flush();
}

void Reporter::OnTimer() {
  stats_.timer_flushed.Inc();
  Flush();
  if (count_ != 0) timer_.Arm(Milliseconds(Now(options_.flush_interval_ms)));
}

void Reporter::Flush() {
  if (count_ == 0 || calls_.size() >= kMaxUnderWay) return;
  timer_.Disarm();
  stats_.spans_sent.Add(std::exchange(count_, 0));
  std::string spans = std::exchange(spans_, {});
  if (!worker_.async_client.HasCluster(options_.cluster)) {
    return stats_.reports_skipped_no_cluster.Inc();
  }
  filter::AsyncRequest request;
  request.cluster = options_.cluster;
  request.head = options_.head;
  request.body = format_.MakeBody(std::move(spans));
  request.max_response_bytes = options_.max_answer_bytes;
  request.timeout = Milliseconds(Now(options_.request_timeout_ms));
  Call& call = *calls_.emplace_back(std::make_unique<Call>(*this));
  call.ticket = worker_.async_client.Send(std::move(request), call);
}

// Called from the call itself, which goes now.
void Reporter::Ended(const Call& call) {
  std::erase_if(calls_, [&](const auto& one) { return one.get() == &call; });
  if (static_cast<double>(count_) >= Now(options_.min_flush_spans)) Flush();
}

}  // namespace sluice::tracing

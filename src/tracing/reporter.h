// Finished spans of one worker on their way to a collector: encoded at once, kept until there are
// enough or the oldest has waited long enough, sent as one request. Never waits for anybody: what
// is too much is dropped and counted.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/event/loop.h"
#include "sluice/filter/async_client.h"
#include "sluice/filter/worker_context.h"
#include "sluice/match/runtime.h"
#include "sluice/stats/table.h"

namespace sluice::tracing {

// tracing.zipkin.* and tracing.opentelemetry.*
struct ReportStats {
  stats::Counter spans_sent;
  stats::Counter timer_flushed;
  stats::Counter reports_sent;
  stats::Counter reports_dropped;
  stats::Counter reports_skipped_no_cluster;
  stats::Counter reports_failed;
  stats::Counter spans_dropped;
  static const stats::Field<ReportStats> kFields[7];
};

// What the two protocols do differently. Outlives the reporter.
class ReportFormat {
 public:
  virtual ~ReportFormat() = default;
  virtual std::string MakeBody(std::string spans) const = 0;
  // Appends to what MakeBody gets.
  virtual bool Accepted(const filter::AsyncResponse& response) const = 0;
};

struct ReportOptions {
  std::string cluster;
  filter::AsyncFields head;
  match::RuntimeNumber flush_interval_ms;
  match::RuntimeNumber min_flush_spans;
  match::RuntimeNumber request_timeout_ms;
  size_t max_spans = 1024;  // that wait
  size_t max_answer_bytes = size_t{1024} * 1024;
};

class Reporter {
 public:
  // Reports at a time; spans wait for the ones before.
  static constexpr size_t kMaxUnderWay = 16;
  static constexpr size_t kMaxBytes = size_t{4} << 20;

  Reporter(const ReportOptions& options, const ReportFormat& format, filter::WorkerContext& worker,
           std::string_view stat_prefix);
  ~Reporter();

  // `encode(std::string& out)` appends one span.
  template <typename F>
  void Add(F&& encode) {
    if (!HasRoom()) return stats_.spans_dropped.Inc();
    encode(spans_);
    Added();
  }
  void Flush();
  size_t under_way() const { return calls_.size(); }

 private:
  struct Call;

  bool HasRoom() const { return count_ < options_.max_spans && spans_.size() < kMaxBytes; }
  void Added();
  void OnTimer();
  void Ended(const Call& call);
  double Now(const match::RuntimeNumber& number) const { return number.Now(worker_.runtime, 1); }

  const ReportOptions& options_;
  const ReportFormat& format_;
  filter::WorkerContext& worker_;
  ReportStats stats_;
  std::string spans_;
  size_t count_ = 0;
  std::vector<std::unique_ptr<Call>> calls_;
  Timer timer_;
};

}  // namespace sluice::tracing

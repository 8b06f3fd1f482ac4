#include "call_stats.h"

#include <algorithm>

#include <fmt/format.h>

#include "sluice/http/number.h"

namespace sluice::filters::grpc_stats {

CallStats::CallStats(const stats::Scope& scope)
    : scope_(scope),
      success_(scope.MakeCounter("success")),
      failure_(scope.MakeCounter("failure")),
      total_(scope.MakeCounter("total")),
      requests_(scope.MakeCounter("request_message_count")),
      responses_(scope.MakeCounter("response_message_count")) {}

void CallStats::CountStatus(std::string_view status) {
  const auto code = http::ParseDecimal(status);
  total_.Inc();
  (code == 0U ? success_ : failure_).Inc();
  if (!code || *code >= kStatuses) return;
  if (!status_known_[*code]) [[unlikely]] {
    statuses_[*code] = scope_.MakeCounter(fmt::format("{}", *code));
    status_known_[*code] = true;
  }
  statuses_[*code].Inc();
}

void CallStats::RecordTime(uint64_t ms) {
  if (time_ == nullptr) {
    time_ = std::make_unique<stats::Histogram>(scope_.MakeHistogram("upstream_rq_time"));
  }
  time_->Record(ms);
}

CallStats& CallStatsTable::For(std::string_view cluster, std::string_view service,
                               std::string_view method, bool replace_dots) {
  key_.assign("cluster.").append(cluster).append(".grpc");
  if (!service.empty()) {
    const size_t at = key_.size();
    key_.append(".").append(service);
    if (replace_dots)
      std::replace(key_.begin() + static_cast<ptrdiff_t>(at) + 1, key_.end(), '.', '_');
    key_.append(".").append(method);
  }
  const auto found = known_.find(std::string_view(key_));
  if (found != known_.end()) return *found->second;
  if (!service.empty() && known_.size() >= kMost) return For(cluster, {}, {}, false);
  auto made = std::make_unique<CallStats>(stats::Scope(store_, slot_, key_));
  return *known_.emplace(key_, std::move(made)).first->second;
}

}  // namespace sluice::filters::grpc_stats

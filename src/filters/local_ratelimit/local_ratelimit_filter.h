// envoy.filters.http.local_ratelimit: requests take tokens from a bucket that all workers share
// without a lock; over the limit they are answered 429, or only counted while that is not enforced.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "local_ratelimit_config.h"
#include "sluice/base/token_bucket.h"
#include "sluice/config/problems.h"
#include "sluice/filter/http_filter.h"
#include "sluice/filter/process_state.h"
#include "sluice/match/runtime.h"
#include "sluice/route/header_edits.h"
#include "sluice/stats/table.h"

namespace sluice::filters::local_ratelimit {

struct LimitStats {
  stats::Counter enabled;
  stats::Counter enforced;
  stats::Counter rate_limited;
  stats::Counter ok;
  static constexpr stats::Field<LimitStats> kFields[] = {
      {&LimitStats::enabled, "enabled", "Requests that were counted"},
      {&LimitStats::enforced, "enforced", "Requests that were refused"},
      {&LimitStats::rate_limited, "rate_limited", "Requests over the limit, refused or not"},
      {&LimitStats::ok, "ok", "Requests within the limit"},
  };
};

// One limit, of the manager or of a route. The bucket is shared by all threads, the rest immutable.
struct Limit {
  std::string stat_prefix;
  uint32_t status = 429;
  std::unique_ptr<TokenBucket> bucket;                   // null: no limit
  std::unique_ptr<const DescriptorBuckets> descriptors;  // null: none
  route::RateLimits own_rules;  // in place of the route's, if there are any
  uint32_t stage = 0;
  VirtualHostLimits virtual_host = VirtualHostLimits::kOverride;
  bool always_default = true;
  bool tell_client = false;  // x-ratelimit-*
  match::RuntimeFraction enabled{{0, 100}, {}};
  match::RuntimeFraction enforced{{0, 100}, {}};
  route::HeaderEdits request_edits;
  route::HeaderEdits response_edits;
  std::optional<uint32_t> grpc_status;
};
std::shared_ptr<const Limit> CompileLimit(const LocalRateLimitConfig& config,
                                          const config::Where& where, config::Problems& problems);

struct Charge {
  TokenBucket* bucket;
  uint32_t tokens;
};

class LimitWorker final : public filter::HttpFilterWorker {
 public:
  LimitWorker(const Limit& limit, filter::WorkerContext& worker,
              const filter::ProcessState& process);

  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override;

  const Limit& limit() const { return limit_; }
  // Those of a route's own limit are bound when it is first met.
  LimitStats& StatsOf(const Limit& limit);
  const filter::ProcessState& process() const { return process_; }
  // For the length of a call; kept, so that requests allocate nothing.
  std::vector<route::Descriptor>& descriptors() { return descriptors_; }
  std::vector<Charge>& charges() { return charges_; }

 private:
  struct Bound {
    const Limit* limit;
    LimitStats stats;
  };
  const Limit& limit_;  // the factory's
  filter::WorkerContext& worker_;
  const filter::ProcessState& process_;
  std::vector<std::unique_ptr<Bound>> bound_;  // few
  std::vector<route::Descriptor> descriptors_;
  std::vector<Charge> charges_;
};

class LimitFilter final : public filter::HttpFilter {
 public:
  explicit LimitFilter(LimitWorker& worker) : worker_(worker) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return false; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;

 private:
  // What the bucket that decided had left.
  struct Told {
    uint32_t limit = 0;
    uint32_t remaining = 0;
    uint64_t reset_s = 0;
  };

  bool Admit(const Limit& limit, http::HeaderMap& head);
  void FindBuckets(const Limit& limit, http::HeaderMap& head);
  void Note(const Limit& limit, const TokenBucket& bucket, MonoTime now);
  void Refuse(const Limit& limit);

  LimitWorker& worker_;
  std::optional<Told> told_;
};

}  // namespace sluice::filters::local_ratelimit

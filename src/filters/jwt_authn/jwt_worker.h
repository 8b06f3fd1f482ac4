// A worker's half of envoy.filters.http.jwt_authn: the newest keys of each provider, tokens that
// were found good, and the requests that wait for keys. One worker's thread.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plan.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/event/loop.h"
#include "sluice/filter/http_filter.h"
#include "sluice/stats/table.h"

namespace sluice::filters::jwt_authn {

class JwtFilter;

// http.<stat_prefix>.jwt_authn.*
struct JwtStats {
  stats::Counter allowed;
  stats::Counter cors_preflight_bypassed;
  stats::Counter denied;
  stats::Counter jwt_cache_hit;
  stats::Counter jwt_cache_miss;
  stats::Counter jwks_taken;
  stats::Gauge rq_waiting;
  static constexpr stats::Field<JwtStats> kFields[] = {
      {&JwtStats::allowed, "allowed", "Requests that have what they must have"},
      {&JwtStats::cors_preflight_bypassed, "cors_preflight_bypassed",
       "Preflights that passed without a token"},
      {&JwtStats::denied, "denied", "Requests that were refused"},
      {&JwtStats::jwt_cache_hit, "jwt_cache_hit", "Tokens that were known to be good"},
      {&JwtStats::jwt_cache_miss, "jwt_cache_miss", "Tokens that had to be verified"},
      {&JwtStats::jwks_taken, "jwks_taken", "Times that a worker went over to new keys"},
      {&JwtStats::rq_waiting, "rq_waiting", "Requests that wait for keys now"},
  };
};

using TokenPtr = std::shared_ptr<const Token>;

// Tokens whose signatures were good, the last used first.
class TokenCache {
 public:
  void SetSize(uint32_t tokens) { most_ = tokens; }
  bool enabled() const { return most_ != 0; }
  TokenPtr Find(std::string_view text);
  void Add(TokenPtr token);
  void Clear();

 private:
  std::list<TokenPtr> tokens_;
  std::unordered_map<std::string_view, std::list<TokenPtr>::iterator> by_text_;  // theirs
  size_t most_ = 0;
};

class JwtWorker final : public filter::HttpFilterWorker, private RunItem {
 public:
  JwtWorker(std::shared_ptr<const Plan> plan, filter::WorkerContext& worker,
            const stats::Scope& manager);
  ~JwtWorker() override;

  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override;

  const Plan& plan() const { return *plan_; }
  JwtStats& stats() { return stats_; }
  // Keys that are good now; null: none.
  const Jwks* KeysOf(size_t provider, bool waited = false);
  bool IsRemote(size_t provider) const { return plan_->providers[provider].source != nullptr; }
  TokenCache& CacheOf(size_t provider) { return states_[provider]->cache; }
  // Its Resume comes when there is news of the provider's keys, unless it is unlinked before.
  void Wait(JwtFilter& filter, size_t provider);
  uint64_t now_s() const;

 private:
  struct ProviderState {
    std::shared_ptr<const JwksNews> news;
    std::shared_ptr<const Jwks> keys;
    MonoTime expires = MonoTime::max();
    TokenCache cache;
    IntrusiveList<JwtFilter> waiting;
    filter::Feed<JwksNews>::Reader reader;
  };

  // RunItem: goes on with requests that have waited.
  void Run() override;
  void Take(ProviderState& state, std::shared_ptr<const JwksNews> news);

  const std::shared_ptr<const Plan> plan_;
  filter::WorkerContext& worker_;
  JwtStats stats_;
  IntrusiveList<JwtFilter> ready_;
  std::vector<std::unique_ptr<ProviderState>> states_;  // last: their readers call into the rest
};

}  // namespace sluice::filters::jwt_authn

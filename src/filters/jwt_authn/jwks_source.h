// Fetches the keys of one provider from a server, and tells the workers. Main thread, but for Ask,
// CountUnder and feed().Subscribe. Owned by the server.
//
// Hard rule: whoever has asked gets news, be it that the fetch failed: requests wait for it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "jwks.h"
#include "jwt_config.h"
#include "sluice/event/loop.h"
#include "sluice/filter/async_client.h"
#include "sluice/filter/feed.h"
#include "sluice/filter/main_service.h"
#include "sluice/stats/table.h"

namespace sluice::filters::jwt_authn {

// What the last fetch came to.
struct JwksNews {
  uint64_t serial = 0;
  std::shared_ptr<const Jwks> keys;  // null: it failed
  MonoTime expires = MonoTime::max();
};

struct FetchStats {
  stats::Counter jwks_fetch_success;
  stats::Counter jwks_fetch_failed;
  static constexpr stats::Field<FetchStats> kFields[] = {
      {&FetchStats::jwks_fetch_success, "jwks_fetch_success", "Times that keys were fetched"},
      {&FetchStats::jwks_fetch_failed, "jwks_fetch_failed",
       "Times that a server did not give keys, after all retries"},
  };
};

class JwksSource final : public filter::MainService, private filter::AsyncEvents {
 public:
  JwksSource(std::string provider, const RemoteJwksConfig& config, EventLoop& main_loop,
             stats::Store& store);

  filter::Feed<JwksNews>& feed() { return feed_; }
  // A request waits, and its worker knows of no later news than `serial`. Any thread.
  void Ask(uint64_t serial);
  // Where fetches are counted: the first prefix holds. Any thread.
  void CountUnder(const std::string& prefix);

  // filter::MainService
  void Start(filter::WorkerContext& main) override;
  void Stop() override;

 private:
  // filter::AsyncEvents
  void OnResponse(filter::AsyncResponse&& response) override;
  void OnFailure(const Error& error) override;

  void AskNow(uint64_t serial);
  void Fetch();
  void Send();
  void Failed(std::string_view why);
  void Publish(std::shared_ptr<const Jwks> keys);
  void Count(stats::Counter FetchStats::* counter);
  Duration Backoff() const;

  const std::string provider_;
  const RemoteJwksConfig config_;
  EventLoop& loop_;
  stats::Store& store_;
  filter::AsyncFields head_;
  filter::AsyncClient* client_ = nullptr;  // from Start to Stop
  filter::Feed<JwksNews> feed_;
  uint64_t serial_ = 0;
  uint32_t attempts_ = 0;  // of the fetch under way; 0: none is
  bool asked_early_ = false;
  std::unique_ptr<filter::AsyncTicket> call_;
  Timer retry_timer_;
  Timer refetch_timer_;
  std::mutex stats_mutex_;  // taken once a fetch and once a worker
  bool counting_ = false;
  FetchStats stats_;
};

}  // namespace sluice::filters::jwt_authn

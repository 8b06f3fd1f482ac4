// Asks the control plane which hosts are scaled to zero, tells the workers, and has hosts woken for
// which requests wait. Main thread, but for Wake and feed().Subscribe. Owned by the server.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "hold_config.h"
#include "host_list.h"
#include "sluice/event/loop.h"
#include "sluice/filter/async_client.h"
#include "sluice/filter/feed.h"
#include "sluice/filter/main_service.h"
#include "sluice/stats/table.h"

namespace sluice::filters::hold {

struct ControlPlaneStats {
  stats::Counter polls;
  stats::Counter poll_failures;
  stats::Counter list_changes;
  stats::Counter list_expired;
  stats::Gauge hosts;
  stats::Counter pokes;
  stats::Counter poke_failures;
  static constexpr stats::Field<ControlPlaneStats> kFields[] = {
      {&ControlPlaneStats::polls, "polls", "Times that the list of hosts was asked for"},
      {&ControlPlaneStats::poll_failures, "poll_failures",
       "Of those, times without an answer that is a list"},
      {&ControlPlaneStats::list_changes, "list_changes", "Times that the list had changed"},
      {&ControlPlaneStats::list_expired, "list_expired",
       "Times that the list was dropped: max_staleness"},
      {&ControlPlaneStats::hosts, "hosts", "Hosts that are scaled to zero now"},
      {&ControlPlaneStats::pokes, "pokes", "Times that a host was asked to be woken"},
      {&ControlPlaneStats::poke_failures, "poke_failures", "Of those, times without a 2xx"},
  };
};

class ControlPlane final : public filter::MainService, private filter::AsyncEvents {
 public:
  // `config` lives in what it came with.
  ControlPlane(std::shared_ptr<const HoldConfig> config, EventLoop& main_loop,
               const stats::Scope& scope);
  ~ControlPlane() override;

  filter::Feed<HostList>& feed() { return feed_; }
  // Requests wait for this host. Any thread.
  void Wake(std::string host);

  // filter::MainService
  void Start(filter::WorkerContext& main) override;
  void Stop() override;

 private:
  class Poke;

  // filter::AsyncEvents: the poll
  void OnResponse(filter::AsyncResponse&& response) override;
  void OnFailure(const Error& error) override;

  void Poll();
  void Take(std::shared_ptr<const HostList> hosts);
  void PollFailed(std::string_view why);
  void WakeNow(const std::string& host);
  filter::AsyncRequest MakeRequest(std::string_view method, std::string path) const;

  const std::shared_ptr<const HoldConfig> config_;
  const ControlPlaneConfig& plane_;
  EventLoop& loop_;
  ControlPlaneStats stats_;
  filter::AsyncClient* client_ = nullptr;  // from Start to Stop
  filter::Feed<HostList> feed_;
  std::shared_ptr<const HostList> hosts_;
  MonoTime renewed_{};
  Timer poll_timer_;
  std::unique_ptr<filter::AsyncTicket> poll_;
  std::map<std::string, std::unique_ptr<Poke>, std::less<>> pokes_;  // of hosts in the list only
};

}  // namespace sluice::filters::hold

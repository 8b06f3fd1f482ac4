// A listener's half on one worker: it takes accepted sockets, runs them, and keeps their list.
// Owned by the worker; its sockets belong to the process and outlive it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "active_connection.h"
#include "sluice/listener/listener.h"
#include "sluice/listener/listener_stats.h"
#include "sluice/listener/plan.h"
#include "sluice/net/acceptor.h"

namespace sluice::listener {

// One filter chain with this worker's half of its filters.
struct ChainWorker {
  std::string_view name;
  const config::Metadata* metadata = nullptr;
  const net::TransportFactory* transport = nullptr;
  Duration transport_connect_timeout{};
  std::vector<std::unique_ptr<filter::NetworkFilterWorker>> filters;
};

class WorkerListener final : public Listener, private net::AcceptorEvents {
 public:
  WorkerListener(std::shared_ptr<const ListenerPlan> plan, filter::WorkerContext& worker,
                 SharedBudget* global_limit);
  ~WorkerListener() override;

  // Listener
  Result<> Listen(const net::ListenSocket& socket) override;
  void Take(net::AcceptedSocket socket) override;
  void SetBalancer(Balancer* balancer) override { balancer_ = balancer; }
  void StopAccepting() override;
  void PauseAccepting() override;
  void ResumeAccepting() override;
  void Drain(bool hard) override;
  void Retire() override;
  void CloseAll() override;
  size_t connection_count() const override { return count_; }
  const ListenerPlan& plan() const override { return *plan_; }

  // For ActiveConnection.
  filter::WorkerContext& worker() { return worker_; }
  ListenerStats& stats() { return stats_; }
  void MakeListenerFilters(std::vector<std::unique_ptr<filter::ListenerFilter>>& out);
  ChainWorker* FindChain(const net::Connection& connection, const filter::AcceptedInfo& accepted);
  void OnConnectionClosed(ActiveConnection& connection, MonoTime created);

 private:
  // net::AcceptorEvents
  void OnAccepted(net::AcceptedSocket socket) override;

  bool Admit(BudgetToken& own, BudgetToken& global);

  std::shared_ptr<const ListenerPlan> plan_;
  filter::WorkerContext& worker_;
  SharedBudget* global_limit_;  // null: none
  Balancer* balancer_ = nullptr;
  ListenerStats stats_;
  WorkerConnectionStats worker_stats_;
  std::vector<std::unique_ptr<filter::ListenerFilterWorker>> listener_filters_;
  std::vector<ChainWorker> chains_;
  std::vector<std::unique_ptr<net::Acceptor>> acceptors_;
  IntrusiveList<ActiveConnection, ActiveConnectionTag> connections_;  // owned: see Take
  size_t count_ = 0;
};

}  // namespace sluice::listener

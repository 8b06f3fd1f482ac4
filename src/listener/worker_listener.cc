#include "worker_listener.h"

#include <chrono>
#include <utility>

#include "sluice/base/log.h"
#include "sluice/base/random.h"
#include "sluice/log/access_log.h"

namespace sluice::listener {
namespace {

stats::Scope ListenerScope(const ListenerPlan& plan, filter::WorkerContext& worker) {
  return {worker.stats, worker.slot, "listener." + plan.stat_name};
}

}  // namespace

WorkerListener::WorkerListener(std::shared_ptr<const ListenerPlan> plan,
                               filter::WorkerContext& worker, SharedBudget* global_limit)
    : plan_(std::move(plan)), worker_(worker), global_limit_(global_limit) {
  const stats::Scope scope = ListenerScope(*plan_, worker);
  stats_ = stats::Make<ListenerStats>(scope);
  worker_stats_ = stats::Make<WorkerConnectionStats>(
      scope.Sub("worker_" + std::to_string(worker.slot - 1)));  // slot 0 is main's
  for (const auto& factory : plan_->listener_filters) {
    listener_filters_.push_back(factory->MakeWorker(worker, scope));
  }
  for (const ChainPlan& chain : plan_->chains) {
    ChainWorker& made = chains_.emplace_back();
    made.name = chain.name;
    made.metadata = &chain.metadata;
    made.transport = chain.transport.get();
    made.transport_connect_timeout = chain.transport_connect_timeout;
    for (const auto& factory : chain.filters) made.filters.push_back(factory->MakeWorker(worker));
  }
}

WorkerListener::~WorkerListener() { CloseAll(); }

Result<> WorkerListener::Listen(const net::ListenSocket& socket) {
  net::AcceptorEvents& events = *this;
  acceptors_.push_back(std::make_unique<net::Acceptor>(worker_.loop, socket, worker_.slot - 1,
                                                       events, stats_.accept_paused));
  if (plan_->accepts_per_turn) acceptors_.back()->SetMaxBatch(*plan_->accepts_per_turn);
  return acceptors_.back()->Start();
}

void WorkerListener::OnAccepted(net::AcceptedSocket socket) {
  if (balancer_ != nullptr && balancer_->PassOn(worker_.slot, socket)) return;
  Take(std::move(socket));
}

// Takes the tokens that the limits want, or counts which limit was in the way.
bool WorkerListener::Admit(BudgetToken& own, BudgetToken& global) {
  constexpr auto kReject = filter::OverloadAction::kRejectIncomingConnections;
  if (plan_->overload != nullptr && !plan_->overload->idle(kReject) &&
      plan_->overload->Hits(kReject, FastRandom())) {
    stats_.downstream_cx_overload_reject.Inc();
    return false;
  }
  if (plan_->connection_limit != nullptr) {
    own = BudgetToken::Take(*plan_->connection_limit, worker_.slot);
    if (!own) {
      stats_.downstream_cx_overflow.Inc();
      return false;
    }
  }
  if (global_limit_ != nullptr && !plan_->ignore_global_limit) {
    global = BudgetToken::Take(*global_limit_, worker_.slot);
    if (!global) {
      stats_.downstream_global_cx_overflow.Inc();
      return false;
    }
  }
  return true;
}

void WorkerListener::Take(net::AcceptedSocket socket) {
  BudgetToken own;
  BudgetToken global;
  if (!Admit(own, global)) {
    if (balancer_ != nullptr) balancer_->Gone(worker_.slot);
    return;
  }
  stats_.downstream_cx_total.Inc();
  stats_.downstream_cx_active.Inc();
  worker_stats_.downstream_cx_total.Inc();
  worker_stats_.downstream_cx_active.Inc();
  ++count_;
  // The list owns its elements: OnConnectionClosed takes each one back into a unique_ptr.
  auto* made = std::make_unique<ActiveConnection>(*this, std::move(socket)).release();
  made->HoldTokens(std::move(own), std::move(global));
  connections_.PushBack(*made);
  made->Start();
}

void WorkerListener::MakeListenerFilters(
    std::vector<std::unique_ptr<filter::ListenerFilter>>& out) {
  for (auto& factory : listener_filters_) {
    if (auto made = factory->Create()) out.push_back(std::move(made));
  }
}

ChainWorker* WorkerListener::FindChain(const net::Connection& connection,
                                       const filter::AcceptedInfo& accepted) {
  // Where there is nothing to choose from, nobody asks the kernel for the local address.
  int index = plan_->matcher.only();
  if (index == ChainMatcher::kNone) {
    index = plan_->matcher.Find({connection.local(), connection.remote(), accepted});
  }
  return index == ChainMatcher::kNone ? nullptr : &chains_[static_cast<size_t>(index)];
}

void WorkerListener::OnConnectionClosed(ActiveConnection& connection, MonoTime created) {
  stats_.downstream_cx_destroy.Inc();
  stats_.downstream_cx_active.Dec();
  worker_stats_.downstream_cx_active.Dec();
  const auto length =
      std::chrono::duration_cast<std::chrono::milliseconds>(worker_.loop.Now() - created);
  stats_.downstream_cx_length_ms.Record(static_cast<uint64_t>(length.count()));
  if (plan_->access_logs != nullptr && !plan_->access_logs->empty()) {
    log::FormatContext context{.info = connection.StreamOfBytes(),
                               .type = log::EntryType::kTcpConnectionEnd,
                               .runtime = worker_.runtime};
    context.now = worker_.loop.Now();
    plan_->access_logs->Write(context, plan_->access_log_manager->queue(worker_.slot));
  }
  --count_;
  if (balancer_ != nullptr) balancer_->Gone(worker_.slot);
  connection.Unlink();
  worker_.loop.DeferDelete(std::unique_ptr<ActiveConnection>(&connection));
}

void WorkerListener::StopAccepting() {
  for (auto& acceptor : acceptors_) acceptor->Drain();
  acceptors_.clear();
}

void WorkerListener::PauseAccepting() {
  for (auto& acceptor : acceptors_) acceptor->Pause();
}

void WorkerListener::ResumeAccepting() {
  for (auto& acceptor : acceptors_) acceptor->Resume();
}

void WorkerListener::Drain(bool hard) {
  connections_.ForEach([hard](ActiveConnection& connection) { connection.OnDrain(hard); });
}

void WorkerListener::Retire() {
  connections_.ForEach([](ActiveConnection& connection) { connection.OnRetire(); });
}

void WorkerListener::CloseAll() {
  acceptors_.clear();
  while (!connections_.empty()) {
    connections_.front().CloseNow(net::CloseKind::kOrderly, "listener_closed");
  }
}

std::unique_ptr<Listener> MakeListener(std::shared_ptr<const ListenerPlan> plan,
                                       filter::WorkerContext& worker, SharedBudget* global_limit) {
  return std::make_unique<WorkerListener>(std::move(plan), worker, global_limit);
}

}  // namespace sluice::listener

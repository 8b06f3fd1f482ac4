#include "worker.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <utility>

#include <pthread.h>

#include "sluice/net/pipe_pool.h"
#include "sluice/upstream/async_client.h"

namespace sluice::server {
namespace {

// How old the published number of connections may be: for server.total_connections, and for the
// drain, which waits for it.
constexpr Duration kCountInterval = std::chrono::seconds(1);
constexpr Duration kDrainCountInterval = std::chrono::milliseconds(20);

// Signals are main's; a worker that took one would run its handler on the wrong thread.
void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  for (int fatal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) sigdelset(&all, fatal);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

Worker::Worker(uint32_t index, uint32_t count, stats::Store& store,
               upstream::ClusterManager& clusters, const match::RuntimeSnapshot& runtime)
    : clusters_(clusters.MakeSet(loop_, index + 1)),
      async_client_(upstream::MakeAsyncClient(*clusters_)),
      context_{loop_, store, index + 1, count, *clusters_, *async_client_, &runtime},
      count_timer_(loop_, [this] { Count(); }) {}

Worker::~Worker() { Stop(); }

void Worker::Start() {
  thread_ = std::thread([this] {
    const std::string name = "wrk:worker_" + std::to_string(context_.slot - 1);
    pthread_setname_np(pthread_self(), name.c_str());
    BlockSignals();
    Count();
    loop_.Run();
    CloseEverything();
  });
}

void Worker::Post(std::move_only_function<void(Worker&)> work) {
  loop_.Post([this, work = std::move(work)]() mutable { work(*this); });
}

void Worker::Stop(MonoTime last_words_until) {
  if (!thread_.joinable()) return;
  last_words_until_ = last_words_until;
  loop_.Stop();
  thread_.join();
}

// On the worker's thread, after its last turn: connections go before what they refer to.
void Worker::CloseEverything() {
  count_timer_.Disarm();
  for (auto& one : listeners_) one->CloseAll();
  loop_.RunOnce(Duration::zero());
  listeners_.clear();
  EndServices();
  services_.clear();
  retiring_.clear();
  async_client_.reset();
  clusters_.reset();
  loop_.RunOnce(Duration::zero());
}

void Worker::EndServices() {
  for (Service& one : services_) one.service->OnWorkerEnd();
  const auto busy = [this] {
    return std::ranges::any_of(services_, [](const Service& one) { return one.service->Busy(); });
  };
  if (busy()) loop_.RunOnce(Duration::zero());
  while (busy() && loop_.Now() < last_words_until_) loop_.RunOnce(last_words_until_ - loop_.Now());
}

void Worker::AddListener(std::shared_ptr<const listener::ListenerPlan> plan,
                         SharedBudget* global_limit, listener::Balancer* balancer) {
  listeners_.push_back(listener::MakeListener(std::move(plan), context_, global_limit));
  listeners_.back()->SetBalancer(balancer);
}

void Worker::AddServices(const filter::WorkerServices& services, const listener::ListenerPlan* of) {
  for (auto& made : services.Make(context_)) services_.push_back({std::move(made), of});
}

void Worker::Retire(const listener::ListenerPlan& plan, Duration drain_time,
                    std::function<void()> gone) {
  listener::Listener* listener = Find(plan);
  if (listener == nullptr) return gone();
  listener->StopAccepting();
  listener->Retire();
  const MonoTime now = loop_.Now();
  retiring_.push_back({listener, now + kCountInterval, now + drain_time, std::move(gone), {}});
}

void Worker::LookAtRetiring() {
  const MonoTime now = loop_.Now();
  for (size_t i = retiring_.size(); i-- > 0;) {
    if (!IsGone(retiring_[i], now)) continue;
    const std::function<void()> gone = std::move(retiring_[i].gone);
    retiring_.erase(retiring_.begin() + static_cast<ptrdiff_t>(i));
    gone();
  }
}

bool Worker::IsGone(Retiring& one, MonoTime now) {
  if (now < one.not_before) return false;
  if (one.listener != nullptr) {
    if (one.listener->connection_count() != 0) {
      if (now >= one.deadline) one.listener->CloseAll();
      return false;  // next time, when those have been buried
    }
    Remove(one);
  }
  const auto busy = [](const auto& service) { return service->Busy(); };
  return now >= one.deadline || std::ranges::none_of(one.services, busy);
}

void Worker::Remove(Retiring& one) {
  const listener::ListenerPlan* plan = &one.listener->plan();
  for (Service& service : services_) {
    if (service.of == plan) one.services.push_back(std::move(service.service));
  }
  std::erase_if(services_, [](const Service& service) { return service.service == nullptr; });
  std::erase_if(listeners_, [&one](const auto& known) { return known.get() == one.listener; });
  one.listener = nullptr;
  for (auto& service : one.services) service->OnWorkerEnd();
}

void Worker::JoinPause(const listener::ListenerPlan& plan) {
  if (paused_) Find(plan)->PauseAccepting();
}

listener::Listener* Worker::Find(const listener::ListenerPlan& plan) {
  for (auto& one : listeners_) {
    if (&one->plan() == &plan) return one.get();
  }
  return nullptr;
}

Result<> Worker::Listen(const listener::ListenerPlan& plan, const net::ListenSocket& socket) {
  return Find(plan)->Listen(socket);
}

void Worker::Take(const listener::ListenerPlan& plan, net::AcceptedSocket socket) {
  if (listener::Listener* one = Find(plan)) one->Take(std::move(socket));
}

void Worker::StopAccepting(bool inbound_only) {
  for (auto& one : listeners_) {
    if (inbound_only && one->plan().direction != stream::TrafficDirection::kInbound) continue;
    one->StopAccepting();
  }
  ending_ = true;
  Count();
}

void Worker::PauseAccepting(bool pause) {
  paused_ = pause;
  for (auto& one : listeners_) pause ? one->PauseAccepting() : one->ResumeAccepting();
}

void Worker::Drain(bool hard) {
  for (auto& one : listeners_) one->Drain(hard);
  ending_ = true;
  Count();
}

void Worker::Count() {
  LookAtRetiring();
  size_t open = 0;
  for (auto& one : listeners_) open += one->connection_count();
  open_connections_.store(open, std::memory_order_release);
  if (ending_) counted_at_the_end_.store(true, std::memory_order_release);
  count_timer_.Arm(ending_ ? kDrainCountInterval : kCountInterval);
}

}  // namespace sluice::server

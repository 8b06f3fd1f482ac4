// A worker thread: its loop, its half of clusters and listeners. Made and joined by main;
// everything inside is touched by the worker's own thread once Start has been called.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "sluice/event/loop.h"
#include "sluice/filter/async_client.h"
#include "sluice/filter/worker_context.h"
#include "sluice/filter/worker_service.h"
#include "sluice/listener/listener.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_manager.h"

namespace sluice::server {

class Worker {
 public:
  Worker(uint32_t index, uint32_t count, stats::Store& store, upstream::ClusterManager& clusters,
         const match::RuntimeSnapshot& runtime);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Main thread.
  void Start();
  void Post(std::move_only_function<void(Worker&)> work);  // any thread
  // Closes everything, ends the loop and joins. Until then its services may send what they have.
  void Stop(MonoTime last_words_until = {});

  // Worker thread (or before Start).
  void AddListener(std::shared_ptr<const listener::ListenerPlan> plan, SharedBudget* global_limit,
                   listener::Balancer* balancer);
  // `of`: the listener that they belong to and go with; null: the process.
  void AddServices(const filter::WorkerServices& services,
                   const listener::ListenerPlan* of = nullptr);
  // Accepts no more for it. When its last connection has ended, or after `drain_time`, it goes, and
  // its services with it; then `gone` is called.
  void Retire(const listener::ListenerPlan& plan, Duration drain_time, std::function<void()> gone);
  // A listener that begins while the others pause does the same.
  void JoinPause(const listener::ListenerPlan& plan);
  // An error that names the listener when it cannot be listened on.
  Result<> Listen(const listener::ListenerPlan& plan, const net::ListenSocket& socket);
  void Take(const listener::ListenerPlan& plan, net::AcceptedSocket socket);
  void StopAccepting(bool inbound_only);
  void PauseAccepting(bool pause);  // what comes meanwhile waits in the kernel
  void Drain(bool hard);

  // Any thread: at most a second old, and 20 ms once the listeners end.
  size_t open_connections() const { return open_connections_.load(std::memory_order_acquire); }
  // Has counted since it was told to drain: what was on its way then is among them.
  bool counted_at_the_end() const { return counted_at_the_end_.load(std::memory_order_acquire); }
  uint32_t slot() const { return context_.slot; }
  EventLoop& loop() { return loop_; }

 private:
  struct Service {
    std::unique_ptr<filter::WorkerService> service;
    const listener::ListenerPlan* of;
  };
  struct Retiring {
    listener::Listener* listener;  // null: only its services are left
    MonoTime not_before;           // what was accepted elsewhere may still come
    MonoTime deadline;
    std::function<void()> gone;
    std::vector<std::unique_ptr<filter::WorkerService>> services;  // with their last words
  };

  // Publishes the number of connections for main, again and again.
  void Count();
  void LookAtRetiring();
  bool IsGone(Retiring& one, MonoTime now);
  void Remove(Retiring& one);
  void CloseEverything();
  void EndServices();
  listener::Listener* Find(const listener::ListenerPlan& plan);

  EventLoop loop_;
  std::unique_ptr<upstream::ClusterSet> clusters_;
  std::unique_ptr<filter::AsyncClient> async_client_;
  filter::WorkerContext context_;
  std::vector<Service> services_;
  std::vector<std::unique_ptr<listener::Listener>> listeners_;
  std::vector<Retiring> retiring_;
  Timer count_timer_;
  bool ending_ = false;
  bool paused_ = false;
  MonoTime last_words_until_{};
  std::atomic<size_t> open_connections_{0};
  std::atomic<bool> counted_at_the_end_{false};
  std::thread thread_;
};

}  // namespace sluice::server

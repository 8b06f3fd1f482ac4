// One accepted connection: listener filters first, then the chosen chain's transport and network
// filters. Owned by its WorkerListener's list; one worker. Hard rule: it leaves the list and goes
// to DeferDelete when the socket closes, and nowhere else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "network_chain.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/base/shared_budget.h"
#include "sluice/event/loop.h"
#include "sluice/filter/listener_filter.h"
#include "sluice/filter/network_filter.h"
#include "sluice/net/acceptor.h"
#include "sluice/net/connection.h"
#include "sluice/stream/stream_info.h"

namespace sluice::listener {

class WorkerListener;
struct ChainWorker;

class ActiveConnection final : public DeferredDeletable,
                               public ListNode<struct ActiveConnectionTag>,
                               private net::ConnectionEvents,
                               private filter::NetworkFilterHost,
                               private filter::ListenerFilterHost {
 public:
  ActiveConnection(WorkerListener& listener, net::AcceptedSocket socket);
  ~ActiveConnection() override;

  void HoldTokens(BudgetToken own, BudgetToken global) {
    own_token_ = std::move(own);
    global_token_ = std::move(global);
  }
  // Runs the listener filters and what follows, as far as it goes without waiting.
  void Start();
  void OnDrain(bool hard);
  void OnRetire();
  stream::StreamInfo& StreamOfBytes() { return info(); }
  void CloseNow(net::CloseKind kind, std::string_view details);

 private:
  // kListenerFilters: waiting for bytes with the listener filters (counted as downstream_pre_cx).
  enum class Phase : uint8_t { kAccepted, kListenerFilters, kHandshake, kChain, kClosed };

  // net::ConnectionEvents
  void OnConnected() override;
  void OnBytes(ByteChain& in, bool end) override;
  void OnOutputHigh() override { chain_.OnOutputHigh(); }
  void OnOutputLow() override { chain_.OnOutputLow(); }
  void OnFlushed() override { chain_.OnFlushed(); }
  void OnSpliced(uint64_t bytes, bool done) override { chain_.OnSpliced(bytes, done); }
  void OnQuiet() override { chain_.OnQuiet(); }
  void OnClosed(const net::CloseInfo& info) override;

  // filter::NetworkFilterHost
  net::Connection& connection() override { return connection_; }
  stream::StreamInfo& info() override;
  const stream::ConnectionInfo& connection_info() override { return connection_info_; }
  filter::WorkerContext& worker() override;
  void Continue() override;
  void ContinueOutput(const filter::NetworkFilter& filter) override;
  void Close(net::CloseKind kind, std::string_view details) override;
  bool bytes_may_bypass() const override { return chain_.transparent(); }

  // filter::ListenerFilterHost
  filter::AcceptedInfo& accepted() override { return arrival_->info; }
  void SetMetadata(std::string_view name_space, std::string_view key,
                   std::string_view value) override;

  // What is needed to choose the chain, and seldom afterwards.
  struct Arrival final : DeferredDeletable {
    filter::AcceptedInfo info;
    std::vector<std::unique_ptr<filter::ListenerFilter>> filters;
    size_t next_filter = 0;
    bool filter_waits = false;  // the current filter has said kNeedMore
  };
  // Words about its end that somebody may still ask for.
  struct LastWords {
    std::string details;
    std::string transport_failure;
  };

  void DescribeConnection();
  bool RunListenerFilters(bool have_bytes, bool end);
  void OnListenerFilterTimeout();
  void ChooseChain();
  void StartChain(ChainWorker& chain, bool reading);
  void LeaveArrival();
  LastWords& last_words();
  bool InListenerFilters() const {
    return phase_ == Phase::kAccepted || phase_ == Phase::kListenerFilters;
  }
  void RunChain();

  WorkerListener& listener_;
  net::Connection connection_;
  stream::ConnectionInfo connection_info_;
  std::unique_ptr<stream::StreamInfo> info_;
  std::unique_ptr<Arrival> arrival_;  // gone once the chain is chosen, if there is nothing in it
  std::unique_ptr<Timer> phase_timer_;
  NetworkChain chain_;
  Phase phase_ = Phase::kAccepted;
  std::unique_ptr<LastWords> last_words_;
  BudgetToken own_token_;  // of the limits on connections; empty without one
  BudgetToken global_token_;
};

}  // namespace sluice::listener

// How much the peer of one connection may send before it must wait: what bounds the memory of the
// bodies that we hold, whatever the peer does.
//
// The window begins at 64 KiB, doubles as it is used, up to initial_connection_window_size, and
// what is held counts against it. Beyond the first 64 KiB a connection takes its share of the
// worker's WindowBudget; when that is spent windows stay small. Streams have windows of their own,
// so one that is not read does not use up the connection's before that limit.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sluice/codec/http2/counters.h"

namespace sluice::http2 {

class ReceiveWindow {
 public:
  static constexpr uint32_t kFirstWindow = 65535;  // the protocol's (RFC 9113 section 6.9.2)

  ReceiveWindow(uint32_t limit, Counters& counters) : counters_(counters), limit_(limit) {}
  ~ReceiveWindow();
  ReceiveWindow(const ReceiveWindow&) = delete;
  ReceiveWindow& operator=(const ReceiveWindow&) = delete;

  void OnReceived(size_t bytes);
  void OnConsumed(size_t bytes);
  // The credit to grant now, where `open` is what the peer may still send; 0: none.
  uint32_t Credit(int32_t open);
  // Nothing is held and no stream is there: gives back what the window of `open` does not need.
  void OnIdle(int32_t open);
  size_t held() const { return held_; }

 private:
  // Room for `bytes` in all; answers how much there is.
  uint64_t Reserve(uint64_t bytes);

  Counters& counters_;
  uint64_t held_ = 0;
  uint64_t reserved_ = 0;  // of the worker's budget
  uint64_t seen_ = 0;      // bytes received since the window grew
  uint32_t limit_;
  uint32_t window_ = kFirstWindow;
};

// The stream window to announce to a new connection: the configured one, or the smallest while
// memory for bodies is scarce.
uint32_t StreamWindow(uint32_t configured);

}  // namespace sluice::http2

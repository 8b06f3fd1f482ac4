// Runs the network filters of one connection in order. Owned by the ActiveConnection, which is
// their host; one worker. Hard rule: a filter is never called after OnClosed.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "output_chain.h"
#include "sluice/filter/network_filter.h"

namespace sluice::listener {

class NetworkChain {
 public:
  explicit NetworkChain(filter::NetworkFilterHost& host) : host_(host) {}

  void Add(std::unique_ptr<filter::NetworkFilter> filter);
  // Tells the filters of the new connection, as far as they let it through.
  void Start();
  // Offers the connection's input to the filters, as far as they let it through.
  void OnData(ByteChain& in, bool end);
  // Goes on behind the filter that stopped.
  void Continue(ByteChain& in, bool end);
  // Null unless a filter looks at what the client is sent.
  OutputChain* output() { return output_.get(); }

  void OnOutputHigh();
  void OnOutputLow();
  void OnFlushed();
  void OnSpliced(uint64_t bytes, bool done);
  void OnQuiet();
  void OnClosed(const net::CloseInfo& info);
  void OnDrain(bool hard);
  void OnRetire();
  // True when all but the last filter have lost interest in the bytes.
  bool transparent() const;

 private:
  void Run(size_t from, ByteChain& in, bool end);

  filter::NetworkFilterHost& host_;
  std::vector<std::unique_ptr<filter::NetworkFilter>> filters_;
  std::unique_ptr<OutputChain> output_;
  size_t started_ = 0;     // filters that have seen OnNewConnection
  size_t stopped_at_ = 0;  // index + 1 of the filter that said kStop; 0: none
  bool closed_ = false;
};

}  // namespace sluice::listener

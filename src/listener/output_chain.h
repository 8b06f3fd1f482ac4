// What a client is sent, on its way past the network filters that look at it: last filter first.
// Owned by the NetworkChain, made when the first such filter has started; one worker.
//
// Hard rule: a filter's wish to close or to go on reading, said while it looks at output, is
// carried out from the loop, because the connection is in the middle of writing.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/event/loop.h"
#include "sluice/filter/network_filter.h"
#include "sluice/net/output_filter.h"

namespace sluice::listener {

class OutputChain final : public net::OutputFilter {
 public:
  explicit OutputChain(filter::NetworkFilterHost& host);

  // In the order of the chain.
  void Add(filter::NetworkFilter& filter) { stages_.push_back({&filter}); }
  // What the filter has held back passes it.
  void Continue(const filter::NetworkFilter& filter);
  bool running() const { return running_; }
  void ContinueLater();
  void CloseLater(net::CloseKind kind, std::string_view details);

  // net::OutputFilter
  Verdict OnOutput(ByteChain& waiting, bool end) override;

 private:
  // The bytes that wait in front of a filter: held back by it, or let go by the one behind it.
  struct Stage {
    filter::NetworkFilter* filter;
    size_t waiting = 0;
    bool unseen = false;    // some of them are news to it
    bool end_here = false;  // the end waits here as well
  };
  void DoLater();

  filter::NetworkFilterHost& host_;
  std::vector<Stage> stages_;
  size_t released_ = 0;  // bytes that have passed the first filter, and have not gone yet
  bool end_released_ = false;
  bool end_begun_ = false;  // the end is somewhere between the last filter and the wire
  bool running_ = false;
  bool continue_later_ = false;
  std::optional<net::CloseKind> close_later_;
  std::string close_details_;
  Timer later_;
};

}  // namespace sluice::listener

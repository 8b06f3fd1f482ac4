// Lets a response's body through at a rate, in slices of 50 ms; what does not fit into one waits at
// the filter, and above its limit with the upstream. Owned by the FaultFilter, one stream.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sluice/event/loop.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::fault {

class ResponseThrottle {
 public:
  ResponseThrottle(filter::HttpFilterHost& host, uint64_t kib_a_second);

  // For HttpFilter::OnResponseData.
  filter::FilterStatus OnData(ByteChain& data);

 private:
  // Passes on as much as is due. False: some is left.
  bool Pass(ByteChain& from);
  void OnSlice();

  filter::HttpFilterHost& host_;
  const double bytes_a_second_;
  double due_;  // bytes that may go now
  MonoTime since_;
  Timer timer_;
};

}  // namespace sluice::filters::fault

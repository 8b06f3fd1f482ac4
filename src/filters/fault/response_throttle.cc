#include "response_throttle.h"

#include <algorithm>
#include <chrono>

namespace sluice::filters::fault {
namespace {

constexpr std::chrono::milliseconds kSlice(50);
constexpr uint64_t kMostKib = uint64_t{1} << 30;  // a tebibyte a second is no limit

}  // namespace

// Begins with one slice, so that a short body is not delayed and a long one does not begin with a
// burst.
ResponseThrottle::ResponseThrottle(filter::HttpFilterHost& host, uint64_t kib_a_second)
    : host_(host),
      bytes_a_second_(1024.0 * static_cast<double>(std::min(kib_a_second, kMostKib))),
      due_(bytes_a_second_ * std::chrono::duration<double>(kSlice).count()),
      since_(host.worker().loop.Now()),
      timer_(host.worker().loop, [this] { OnSlice(); }) {}

bool ResponseThrottle::Pass(ByteChain& from) {
  const MonoTime now = host_.worker().loop.Now();
  due_ += bytes_a_second_ * std::chrono::duration<double>(now - since_).count();
  due_ = std::min(due_, bytes_a_second_);  // no more than a second's worth collects
  since_ = now;
  const size_t bytes = std::min(from.size(), static_cast<size_t>(due_));
  due_ -= static_cast<double>(bytes);
  if (bytes == from.size()) return true;
  if (bytes != 0) {
    ByteChain part;
    from.MoveTo(part, bytes);
    host_.InjectResponseData(part, false);
  }
  return false;
}

filter::FilterStatus ResponseThrottle::OnData(ByteChain& data) {
  if (Pass(data)) return filter::FilterStatus::kContinue;
  timer_.Arm(kSlice);
  return filter::FilterStatus::kStopAllWatermark;
}

void ResponseThrottle::OnSlice() {
  ByteChain& held = host_.held_response_body();
  if (!Pass(held)) return timer_.Arm(kSlice);
  // The last of what has been given already goes by itself; what came meanwhile is given to OnData.
  if (!held.empty()) {
    ByteChain rest;
    rest.Append(std::move(held));
    host_.InjectResponseData(rest, false);
  }
  host_.ContinueResponse();
}

}  // namespace sluice::filters::fault

#include "sluice/base/clock.h"

namespace sluice {
namespace {

class RealClock final : public Clock {
 public:
  // Clock
  MonoTime Mono() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  }
  WallTime Wall() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
};

}  // namespace

const Clock& Clock::Real() {
  static const RealClock clock;
  return clock;
}

}  // namespace sluice

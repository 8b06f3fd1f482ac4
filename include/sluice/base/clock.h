// Time as the proxy sees it. The data path never asks the kernel: it reads the loop's cached value,
// refreshed once per turn, and tests step a ManualClock.
#pragma once

#include <chrono>

namespace sluice {

using Duration = std::chrono::nanoseconds;
using MonoTime = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonoTime Mono() const = 0;
  virtual WallTime Wall() const = 0;

  static const Clock& Real();
};

class ManualClock final : public Clock {
 public:
  // Clock
  MonoTime Mono() const override { return mono_; }
  WallTime Wall() const override { return wall_; }

  void Advance(Duration by) {
    mono_ += by;
    wall_ += by;
  }

 private:
  MonoTime mono_{std::chrono::seconds(1000)};
  WallTime wall_{std::chrono::seconds(1'700'000'000)};
};

}  // namespace sluice

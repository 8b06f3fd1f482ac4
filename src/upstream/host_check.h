// The checks of one host: when the next one is, and what the answers so far add up to. Main thread.
#pragma once

#include <memory>
#include <string_view>

#include "health_checker.h"
#include "health_probe.h"
#include "sluice/upstream/host.h"

namespace sluice::upstream {

class HostCheck final : private ProbeEvents {
 public:
  HostCheck(HealthChecker& owner, const HostEntry& host);
  ~HostCheck() override;

  void Start();
  void Update(const HostEntry& host) { host_ = host; }
  void FailNow();
  uint32_t flags() const { return flags_; }
  const HostEntry& host() const { return host_; }
  bool checked() const { return !first_; }

 private:
  enum class Failure : uint8_t { kActive, kPassive, kNetwork, kTimeout };
  enum class Change : uint8_t { kNone, kChanged };

  // ProbeEvents
  void OnProbeDone(ProbeOutcome outcome) override;

  void Ask();
  void OnTimeout();
  void Succeeded(bool degraded);
  void Failed(Failure failure, bool at_once);
  void SetFlags(uint32_t flags);
  void AskAgain(bool healthy, Change change);
  Duration Wait(bool healthy, Change change) const;
  ProbeTarget Target() const;
  void Tell(std::string_view event);

  HealthChecker& owner_;
  HostEntry host_;
  Timer interval_;
  Timer timeout_;
  std::unique_ptr<Probe> probe_;
  uint32_t flags_;
  uint32_t successes_ = 0;
  uint32_t failures_ = 0;
  bool first_ = true;  // has not been answered yet
};

}  // namespace sluice::upstream

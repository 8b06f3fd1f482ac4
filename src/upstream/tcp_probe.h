// A TCP check: connecting is enough, or bytes are sent and others must come back. Main thread.
#pragma once

#include <string>

#include "health_probe.h"
#include "probe_connection.h"

namespace sluice::upstream {

class TcpProbe final : public Probe, private net::ConnectionEvents {
 public:
  TcpProbe(const ProbeContext& context, ProbeEvents& events)
      : context_(context), events_(events), connection_(context) {}

  // Probe
  void Begin(const ProbeTarget& target) override;
  void GiveUp() override;

 private:
  // More than this without what is looked for is no answer.
  static constexpr size_t kMaxBytes = size_t{64} * 1024;

  // net::ConnectionEvents
  void OnConnected() override;
  void OnBytes(ByteChain& in, bool end) override;
  void OnClosed(const net::CloseInfo& info) override;
  void Send();
  void Finish(ProbeOutcome outcome, bool keep);

  ProbeContext context_;
  ProbeEvents& events_;
  ProbeConnection connection_;
  std::string received_;
  bool asking_ = false;
};

}  // namespace sluice::upstream

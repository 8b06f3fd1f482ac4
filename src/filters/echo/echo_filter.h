// envoy.filters.network.echo: sends every byte back to where it came from. Per connection; one
// worker. Terminal.
#pragma once

#include <memory>

#include "sluice/config/types.h"
#include "sluice/filter/registry.h"

namespace sluice::filters::echo {

struct EchoConfig {
  static const config::Message& Schema();
};

class EchoFilter final : public filter::NetworkFilter {
 public:
  // filter::NetworkFilter
  filter::NetworkStatus OnData(ByteChain& data, bool end) override;
  void OnOutputHigh() override { host().connection().PauseReading(); }
  void OnOutputLow() override { host().connection().ResumeReading(); }
  void OnDrain(bool hard) override;
};

}  // namespace sluice::filters::echo

// The upstream transport socket raw_buffer as an extension.
#pragma once

#include <memory>

#include "sluice/config/types.h"
#include "sluice/net/transport_extension.h"

namespace sluice::upstream {

struct RawBufferConfig {
  static const config::Message& Schema();
};

struct RawBufferExtension final : net::TransportExtension {
  RawBufferExtension();
  std::shared_ptr<const net::TransportFactory> Make(const config::TypedConfig& config,
                                                    net::TransportLoadContext& ctx) const override;
};

}  // namespace sluice::upstream

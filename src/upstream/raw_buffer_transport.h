// The transport socket raw_buffer as an extension, the same for either side.
#pragma once

#include <memory>
#include <string_view>

#include "sluice/config/types.h"
#include "sluice/net/transport_extension.h"

namespace sluice::upstream {

struct RawBufferConfig {
  static const config::Message& Schema();
};

struct RawBufferExtension final : net::TransportExtension {
  explicit RawBufferExtension(std::string_view category);
  std::shared_ptr<const net::TransportFactory> Make(const config::TypedConfig& config,
                                                    net::TransportLoadContext& ctx) const override;
};

}  // namespace sluice::upstream

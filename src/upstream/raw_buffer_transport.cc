#include "raw_buffer_transport.h"

#include "sluice/config/categories.h"
#include "sluice/config/schema.h"

namespace sluice::upstream {

const config::Message& RawBufferConfig::Schema() {
  static const auto message = config::Message::Of<RawBufferConfig>(
      "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer", "Bytes as they are.", {});
  return message;
}

RawBufferExtension::RawBufferExtension(std::string_view category)
    : TransportExtension(category, "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
                         &RawBufferConfig::Schema, {"envoy.transport_sockets.raw_buffer"}) {}

std::shared_ptr<const net::TransportFactory> RawBufferExtension::Make(
    const config::TypedConfig& /*config*/, net::TransportLoadContext& /*ctx*/) const {
  return {std::shared_ptr<const void>(), &net::RawTransportFactory()};
}

}  // namespace sluice::upstream

// The transport sockets envoy.transport_sockets.tls for either side. Listed by the server.
#pragma once

namespace sluice::config {
class ExtensionRegistry;
}

namespace sluice::tls {

void AddExtensions(config::ExtensionRegistry& registry);

}  // namespace sluice::tls

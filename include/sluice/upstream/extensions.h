// The extensions that upstream brings along, for the server's list of built-in ones.
#pragma once

#include "sluice/config/extension.h"

namespace sluice::upstream {

// Upstream transport sockets raw_buffer and proxy_protocol, and HttpProtocolOptions.
void AddExtensions(config::ExtensionRegistry& registry);

}  // namespace sluice::upstream

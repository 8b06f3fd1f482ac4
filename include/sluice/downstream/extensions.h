// The extensions that downstream brings along, for the server's list of built-in ones:
// http_connection_manager and the small ones inside it.
#pragma once

#include "sluice/config/extension.h"

namespace sluice::downstream {

void AddExtensions(config::ExtensionRegistry& registry);

}  // namespace sluice::downstream

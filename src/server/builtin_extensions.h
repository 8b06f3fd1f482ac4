// The one list of what a configuration may name. Adding a filter is one line in the .cc.
#pragma once

#include "sluice/config/extension.h"

namespace sluice::server {

void AddBuiltinExtensions(config::ExtensionRegistry& registry);

}  // namespace sluice::server

// References to clusters that do not exist, in a configuration that has other problems as well: its
// structs are not whole, so routes cannot be made of them, and the text itself is looked at. Main
// thread, at load.
#pragma once

#include "sluice/config/node.h"
#include "sluice/config/problems.h"

namespace sluice::server {

void CheckClusterReferences(const config::Node& root, config::Problems& problems);

}  // namespace sluice::server

// From the command line to a checked configuration: read, merged, parsed, with every problem in one
// run. Main thread.
#pragma once

#include <memory>
#include <optional>

#include "sluice/config/extension.h"
#include "sluice/config/problems.h"
#include "sluice/server/bootstrap_config.h"
#include "sluice/server/options.h"

namespace sluice::server {

// Nothing when there were errors.
std::shared_ptr<const BootstrapConfig> LoadBootstrap(const Options& options,
                                                     const config::ExtensionRegistry& extensions,
                                                     config::Problems& problems);

// What holds for all clusters that do not say otherwise.
void ShareBindConfig(const BootstrapConfig& bootstrap, upstream::ClusterConfig& cluster);

}  // namespace sluice::server

// The parts of BuildPlan. Private to the folder.
#pragma once

#include "sluice/listener/build.h"

namespace sluice::listener {

// False when there were problems; `plan` is then of no use.
bool BuildChains(const ListenerConfig& config, filter::LoadContext& ctx, ListenerPlan& plan);
bool BuildListenerFilters(const ListenerConfig& config, filter::LoadContext& ctx,
                          ListenerPlan& plan);

}  // namespace sluice::listener

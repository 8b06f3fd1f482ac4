// Finds the engine's plugin and loads it, once for the process. Main thread, at load.
#pragma once

#include "sluice/base/error.h"
#include "sluice/wasm/engine.h"

namespace sluice::wasm {

// Beside the binary, or in ../lib/sluice and the system's library folders' sluice/. The engine's
// library takes a signal for its collector; it is told another one than SIGUSR1, which is ours.
Result<Engine*> LoadEngine();

}  // namespace sluice::wasm

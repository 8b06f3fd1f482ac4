// A module made safe to run: its code counts its own steps, and its memory has an upper bound. No
// engine that we use stops a loop inside Wasm, so the module stops itself.
//
// Every function and every round of a loop takes one from a global that the module cannot reach,
// and traps when nothing is left. The exports that the host calls are replaced by wrappers that
// fill it up, but only for the outermost call. Immutable once made; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/wasm/engine.h"

namespace sluice::wasm {

struct ModuleLimits {
  uint32_t max_steps = 100'000'000;  // of one call: functions entered and rounds of loops
  uint32_t max_pages = 4096;         // of 64 KiB: 256 MiB
  uint32_t max_table = 1'000'000;
};

struct Module {
  std::string code;
  std::vector<HostFunction> imports;
  std::vector<std::string> exports;  // functions
};

// Names that the wrappers are for: what the host calls from outside of any other call.
bool IsEntryPoint(std::string_view export_name);
// An export that is added: the steps that are left.
inline constexpr std::string_view kStepsLeft = "sluice_steps_left";

Result<Module> MakeModule(std::string_view code, const ModuleLimits& limits);

}  // namespace sluice::wasm

// A module's words in our log.
#pragma once

#include <cstddef>
#include <string_view>

#include "sluice/base/log.h"
#include "sluice/wasm/vm.h"

namespace sluice::wasm {

inline constexpr size_t kMaxLogLine = 16 * 1024;

void LogLine(Vm& vm, log::Level level, std::string_view text);

}  // namespace sluice::wasm

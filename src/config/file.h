// Reading whole files at load, with a bound.
#pragma once

#include <cstddef>
#include <string>

#include "sluice/base/error.h"

namespace sluice::config {

// 0 or an errno; EFBIG when the file is larger than `limit` (seen before it is read, if regular).
int ReadAll(const std::string& path, size_t limit, std::string& text);
Result<std::string> ReadFileText(const std::string& path, size_t limit);

}  // namespace sluice::config

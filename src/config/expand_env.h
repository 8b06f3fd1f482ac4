// ${VAR} and ${VAR:-default} in the text of a config (--expand-env).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/config/problems.h"

namespace sluice::config {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Expands outside of comment lines; `$${` stands for `${`. Every variable that is neither set nor
// given a default is a problem with its line. What is substituted is not expanded again.
bool ExpandEnv(std::string& text, uint32_t source, const Environment& environment,
               Problems& problems);

std::optional<std::string> ProcessEnvironment(const std::string& name);

}  // namespace sluice::config

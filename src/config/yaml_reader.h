// YAML text to Node through yaml-cpp's events. Throws Stop.
#pragma once

#include <string_view>

#include "tree_builder.h"

namespace sluice::config {

Node ReadYaml(const std::string& text, uint32_t source, const ReadOptions& options,
              Problems& problems);

}  // namespace sluice::config

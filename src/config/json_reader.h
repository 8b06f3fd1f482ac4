// JSON text (RFC 8259) to Node, with exact marks. Throws Stop.
#pragma once

#include <string_view>

#include "tree_builder.h"

namespace sluice::config {

Node ReadJson(std::string_view text, uint32_t source, const ReadOptions& options,
              Problems& problems);

}  // namespace sluice::config

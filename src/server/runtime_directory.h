// A disk layer of runtime values: a directory tree whose files are values, with their paths as
// keys. Main thread, at load and when the layer has been swapped.
#pragma once

#include <string>

#include "sluice/base/error.h"
#include "sluice/config/node.h"

namespace sluice::server {

// A map from dotted keys to values: text, or what a file's YAML map says (a fraction). Fails when
// something cannot be read, or is larger or deeper than such trees are.
Result<config::Node> ReadRuntimeDirectory(const std::string& path);

}  // namespace sluice::server

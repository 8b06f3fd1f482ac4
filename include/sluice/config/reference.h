// The manual and the editors' schema, generated from the same tables that parse. Offline use only.
#pragma once

#include <string>

#include "sluice/config/extension.h"
#include "sluice/config/message.h"

namespace sluice::config {

// `sluice --config-reference`: Markdown, one section a message, reached from `root` and extensions.
std::string ReferenceMarkdown(const Message& root, const ExtensionRegistry& extensions);
// `sluice --config-schema`: JSON Schema (draft 2020-12).
std::string JsonSchema(const Message& root, const ExtensionRegistry& extensions);

}  // namespace sluice::config

// All messages that can occur in a configuration, each once, in reading order.
#pragma once

#include <string>
#include <vector>

#include "sluice/config/extension.h"
#include "sluice/config/field.h"
#include "sluice/config/message.h"

namespace sluice::config {

// Reached from `root` through fields, then from each extension.
std::vector<const Message*> AllMessages(const Message& root, const ExtensionRegistry& extensions);

// The default of a field as compact JSON; empty when it has none worth showing.
std::string DefaultText(const Message& message, const Field& field);

}  // namespace sluice::config

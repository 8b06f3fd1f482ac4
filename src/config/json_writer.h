// The one place that escapes JSON strings.
#pragma once

#include <string>
#include <string_view>

namespace sluice::config {

void AppendJsonString(std::string_view text, std::string& out);

}  // namespace sluice::config

// What is looked for in the raw text before (and, to explain a syntax error, after) a YAML or JSON
// parser sees it: things that editors hide and parsers misname.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sluice/config/mark.h"
#include "sluice/config/problems.h"

namespace sluice::config {

// An invisible or odd space at `offset`; its name, or empty. `length` is its bytes.
std::string_view OddSpaceAt(std::string_view text, size_t offset, size_t& length);
// Offset of the first odd space of the text, if any.
std::optional<size_t> FindOddSpace(std::string_view text);

// Strips a byte-order mark; refuses other encodings, NUL and control characters, and text that is
// not UTF-8. False if there was a problem.
bool CheckText(std::string& text, uint32_t source, Problems& problems);

// Line and column (from 1, in characters) of a byte offset.
Mark MarkOfOffset(std::string_view text, size_t offset, uint32_t source);
std::string_view LineOf(std::string_view text, uint32_t line);

}  // namespace sluice::config

// A cheap look over the flow collections ([..] and {..}) of a YAML text before yaml-cpp reads it.
// yaml-cpp queues all tokens of a flow collection that may turn out to be a key, about 270 bytes
// each, so their number must be bounded first; and it has no word for a bracket left open.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace sluice::config {

struct FlowScan {
  size_t most_tokens = 0;                // in one outermost collection
  size_t most_tokens_at = 0;             // offset of its opening bracket
  std::optional<size_t> unclosed_at;     // the innermost bracket open at the end of the text
  std::optional<size_t> unclosed_quote;  // the first quote that may begin a value and has no end
};

// Approximate where YAML is subtle (text in block scalars counts as if it were flow), so good for
// limits and for explaining an error that was found otherwise, not for finding errors. Stops when a
// collection has more than `enough` tokens.
FlowScan ScanFlow(std::string_view text, size_t enough);

}  // namespace sluice::config

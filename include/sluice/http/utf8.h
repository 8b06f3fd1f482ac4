// Which bytes are UTF-8 (RFC 3629 section 4): what may stand in JSON and in a protobuf string.
#pragma once

#include <string_view>

#include "sluice/buffer/arena.h"

namespace sluice::http {

// Bytes that are no UTF-8 become '!'; the text itself when there are none, else a copy.
std::string_view SanitizeUtf8(std::string_view text, Arena& arena);

}  // namespace sluice::http

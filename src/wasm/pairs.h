// Lists of pairs as the ABI writes them: a count, the sizes of each key and value, then keys and
// values with a NUL behind each; all numbers 32 bits, little-endian.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/http/header_map.h"
#include "sluice/wasm/context.h"

namespace sluice::wasm {

std::string WritePairs(const Pairs& pairs);
std::string WritePairs(const http::HeaderMap& map);
std::optional<Pairs> ReadPairs(std::string_view bytes);

}  // namespace sluice::wasm

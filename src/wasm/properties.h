// What proxy_get_property and proxy_set_property know: the attributes that Envoy documents, and
// what modules have set themselves (in the stream's filter state, as "wasm.<path>").
//
// Texts are bytes; numbers, times and durations (nanoseconds) are 64 bits, little-endian; booleans
// one byte; maps and metadata are lists of pairs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/wasm/context.h"

namespace sluice::wasm {

// `path`: parts with a NUL between them.
std::optional<std::string> ReadProperty(Context& context, std::string_view path);
// Under which name in filter state what a module sets itself is kept.
std::string StateName(std::string_view path);
// The state of that name and span, on a stream that is writable; kBadArgument if there is no room.
Status Keep(const StreamView& stream, Span span, std::string_view name, std::string_view value);
Status WriteProperty(Context& context, std::string_view path, std::string_view value);

}  // namespace sluice::wasm

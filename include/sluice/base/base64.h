// Base64 (RFC 4648) as strangers send it: strict, so that each value has one spelling only: nothing
// but the alphabet, and no bits that no byte has. Pure functions, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice {

// The usual alphabet; the padding at the end may be left out.
std::optional<std::string> DecodeBase64(std::string_view text);
std::string EncodeBase64(std::string_view bytes);  // with padding

// The alphabet of URLs and file names, without padding.
std::optional<std::string> DecodeBase64Url(std::string_view text);
std::string EncodeBase64Url(std::string_view bytes);

// As protobuf reads it in JSON, for what the operator wrote: either alphabet, with or without
// padding, folded over lines.
std::optional<std::string> DecodeBase64OfFiles(std::string_view text);

}  // namespace sluice

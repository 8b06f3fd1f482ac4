// The words in Error::detail when a message was refused: Envoy's response code details. An Error
// for OnDecodeError has one of these as its whole detail, and Origin::kDownstream.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/error.h"

namespace sluice::http1 {

namespace details {
inline constexpr std::string_view kCodecError = "http1.codec_error";
inline constexpr std::string_view kHeadersTooLarge = "http1.headers_too_large";
inline constexpr std::string_view kTooManyHeaders = "http1.too_many_headers";
inline constexpr std::string_view kInvalidCharacters = "http1.invalid_characters";
inline constexpr std::string_view kInvalidUrl = "http1.invalid_url";
inline constexpr std::string_view kInvalidScheme = "http1.invalid_scheme";
inline constexpr std::string_view kInvalidTransferEncoding = "http1.invalid_transfer_encoding";
inline constexpr std::string_view kChunkedContentLength =
    "http1.content_length_and_chunked_not_allowed";
inline constexpr std::string_view kBodyDisallowed = "http1.body_disallowed";
inline constexpr std::string_view kUnexpectedUnderscore = "http1.unexpected_underscore";
inline constexpr std::string_view kTransferEncodingNotAllowed =
    "http1.transfer_encoding_not_allowed";
inline constexpr std::string_view kContentLengthNotAllowed = "http1.content_length_not_allowed";
inline constexpr std::string_view kInvalidAuthority = "http.invalid_authority";
inline constexpr std::string_view kMissingHost = "missing_host_header";
inline constexpr std::string_view kLowVersion = "low_version";
}  // namespace details

// The status that answers a refused request: 431 for size and count, 426 for HTTP/1.0, else 400.
uint32_t StatusOf(const Error& error);

}  // namespace sluice::http1

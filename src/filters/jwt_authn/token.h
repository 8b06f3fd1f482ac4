// A JSON Web Token in compact form (RFC 7515, 7519), taken apart. It comes from a stranger and is
// not verified here. Immutable once parsed; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/value.h"
#include "status.h"

namespace sluice::filters::jwt_authn {

struct Token {
  std::string text;
  size_t payload_at = 0;  // in text
  size_t signature_at = 0;
  Value header;  // structs
  Value payload;
  std::string algorithm;
  std::string key_id;  // empty: none
  std::string issuer;
  std::string subject;
  std::vector<std::string> audiences;
  std::optional<uint64_t> not_before;  // seconds since 1970
  std::optional<uint64_t> expires;
  std::string signature;  // bytes

  std::string_view signed_text() const {
    return std::string_view(text).substr(0, signature_at - 1);
  }
  std::string_view payload_text() const {
    return std::string_view(text).substr(payload_at, signature_at - 1 - payload_at);
  }
};

std::expected<Token, Status> ParseToken(std::string_view text);

// kOk, kNotYetValid or kExpired.
Status CheckTime(const Token& token, uint64_t now_s, uint64_t skew_s);

// JSON of a stranger; null when it is none, or deeper or wider than anything sensible.
Value ParseJson(std::string text, size_t max_bytes);

}  // namespace sluice::filters::jwt_authn

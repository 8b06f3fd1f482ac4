// Where requests have tokens: fields, query parameters, cookies. Immutable; used on the workers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/http/header_map.h"

namespace sluice::filters::jwt_authn {

struct Place {
  enum class Kind : uint8_t { kField, kParameter, kCookie };
  Kind kind = Kind::kField;
  std::string name;    // of fields in lower case
  std::string prefix;  // of fields: what stands before the token

  bool operator==(const Place&) const = default;
};

// Empty: there is none. A view into the head, or into its arena.
std::string_view FindToken(const Place& place, const http::HeaderMap& head);
// Takes the token out of the head, that upstream does not see it. Cookies stay.
void RemoveToken(const Place& place, http::HeaderMap& head);

}  // namespace sluice::filters::jwt_authn

// The text of the `date` field (RFC 9110 section 5.6.7), made once per second and thread.
#pragma once

#include <string_view>

#include "sluice/base/clock.h"

namespace sluice::http {

inline constexpr size_t kHttpDateSize = 29;  // "Sun, 06 Nov 1994 08:49:37 GMT"

// Valid until this thread asks for another second: copy it where it goes.
std::string_view HttpDate(WallTime now);

}  // namespace sluice::http

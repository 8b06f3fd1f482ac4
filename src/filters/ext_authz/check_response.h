// envoy.service.auth.v3.CheckResponse, as bytes from a stranger. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "verdict.h"

namespace sluice::filters::ext_authz {

// nullopt: it is none.
std::optional<Verdict> ReadCheckResponse(std::string_view message);

}  // namespace sluice::filters::ext_authz

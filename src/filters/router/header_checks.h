// strict_check_headers: whether the x-envoy-* fields that steer the router are well-formed. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sluice/http/header_map.h"

namespace sluice::filters::router {

bool IsStrictlyCheckable(std::string_view name);

struct BadHeader {
  std::string_view name;
  std::string_view value;
};
// The first of `names` that is there and does not read well.
std::optional<BadHeader> FindBadHeader(std::span<const std::string> names,
                                       const http::HeaderMap& head);

}  // namespace sluice::filters::router

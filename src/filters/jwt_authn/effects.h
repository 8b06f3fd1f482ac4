// What verified tokens do to a request: fields and metadata that others read. One worker.
#pragma once

#include <vector>

#include "checker.h"
#include "sluice/http/header_map.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::jwt_authn {

// Nobody but this filter says what a token claims: a client's fields of these names go.
void RemoveClaims(const Plan& plan, const Requirement& requirement, http::HeaderMap& head);

// True when the route is to be chosen again.
bool Apply(const std::vector<Finding>& findings, http::HeaderMap& head, stream::StreamInfo& info);

}  // namespace sluice::filters::jwt_authn

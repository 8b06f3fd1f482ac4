// What happens to a response's head after the filters, before it goes to the client (contract 2.5).
#pragma once

#include "options.h"
#include "sluice/base/clock.h"
#include "sluice/http/header_map.h"

namespace sluice::downstream {

// A proxy tells of itself in both directions (RFC 9110 section 7.6.3).
void AppendVia(const ManagerOptions& options, http::HeaderMap& head);

void SanitizeResponse(const ManagerOptions& options, const http::HeaderMap& request_head,
                      WallTime now, http::HeaderMap& head);

}  // namespace sluice::downstream

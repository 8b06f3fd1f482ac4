// Doing to a request and its response what a verdict says. What comes from the service goes onto
// wires: all of it is checked first, and nothing is done if any of it could not be written. Pure.
#pragma once

#include <string>
#include <string_view>

#include "sluice/http/header_map.h"
#include "verdict.h"

namespace sluice::filters::ext_authz {

using http::IsFraming;

// Whether everything in it can be written. Fields that frame messages do not count: they are
// passed over.
bool IsSound(const Verdict& verdict);
bool ChangesRequest(const Verdict& verdict);

// Of a sound verdict:
void ChangeRequest(const Verdict& verdict, http::HeaderMap& head);
void ChangeResponse(const std::vector<FieldEdit>& edits, http::HeaderMap& head);
// The head of a reply that the proxy makes itself: what is named replaces, then all are added.
void FillReply(const std::vector<FieldEdit>& edits, http::HeaderMap& head);

// `path` with the query parameters as the verdict wants them.
std::string ChangeQuery(std::string_view path, const Verdict& verdict);

}  // namespace sluice::filters::ext_authz

// Header fields as envoy.config.core.v3 writes them in the answers of services. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/http/field_edits.h"

namespace sluice::filter {

// The name in lower case: HTTP/2 knows no other.
std::string LowerName(std::string_view name);

// core.v3.HeaderValue. False: it is none.
bool ReadHeaderValue(std::string_view bytes, http::FieldEdit& out);

// What an option means where its message leaves that to the place where it stands.
struct OptionRules {
  http::FieldAction unsaid = http::FieldAction::kAdd;  // append_action 0
  http::FieldAction append = http::FieldAction::kAdd;  // the old `append: true`
};
// core.v3.HeaderValueOption, added to `out`.
bool ReadHeaderOption(std::string_view bytes, const OptionRules& rules,
                      std::vector<http::FieldEdit>& out);

}  // namespace sluice::filter

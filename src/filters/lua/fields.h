// Header fields as scripts write them: tables of names to a string or to a list of strings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "side.h"

namespace sluice::filters::lua {

// What may go onto a wire; the name is in lower case.
bool IsGoodField(std::string_view name, std::string_view value);

// The table at `index`, pseudo-headers first; names come in lower case. Nothing, and a reason in
// `why`, if it is none or has something else in it.
std::optional<Fields> FieldsAt(lua_State* state, int index, std::string& why);

}  // namespace sluice::filters::lua

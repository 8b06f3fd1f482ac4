// httpCall(): from arguments to a request, and from an answer to results.
#pragma once

#include "side.h"

namespace sluice::filters::lua {

// Pushes what httpCall() returns: a table of fields, and the body or nil. Two results.
int PushAnswer(lua_State* state, const filter::AsyncResponse& response, bool repeated_as_lists);

}  // namespace sluice::filters::lua

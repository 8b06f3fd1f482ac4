// Metadata objects.
#pragma once

#include "binding.h"
#include "sluice/base/value.h"

namespace sluice::filters::lua {

// An object with a copy of these fields (a struct; null: none) as the result.
int GiveMetadata(Call& call, const Value* fields);

}  // namespace sluice::filters::lua

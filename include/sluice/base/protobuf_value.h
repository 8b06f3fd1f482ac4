// google.protobuf.Struct as Value, and back. What is read comes from a stranger: depth and number
// of values are bounded. Pure.
#pragma once

#include <string_view>

#include "sluice/base/protobuf.h"
#include "sluice/base/value.h"

namespace sluice {

// The fields of a Struct; the caller has opened the message that holds them.
void WriteStruct(ProtoWriter& out, const ValueStruct& fields);

// False: it is none, or is deeper than 32 levels, or has more than 10,000 values. Members are added
// to what `out` has.
bool ReadStruct(std::string_view bytes, ValueStruct& out);

}  // namespace sluice

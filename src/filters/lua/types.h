// The methods of each type of object, a table each in a file of its own. Gathered in types.cc.
#pragma once

#include "binding.h"

namespace sluice::filters::lua {

TypeTable HandleType();
TypeTable HeadersType();
TypeTable BodyType();
TypeTable MetadataType();
TypeTable DynamicMetadataType();
TypeTable FilterStateType();
TypeTable StreamInfoType();
TypeTable ConnectionType();
TypeTable TlsType();
TypeTable RouteType();

// Groups of the handle's methods; HandleType joins them.
std::span<const Method> MessageMethods();
std::span<const Method> LogMethods();
std::span<const Method> CallMethods();
std::span<const Method> StreamMethods();
std::span<const Method> ToolMethods();

}  // namespace sluice::filters::lua

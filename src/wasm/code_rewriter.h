// Copies the body of a function and puts a step counter where it begins and where its loops begin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::wasm {

// `steps` is the global that counts; the function may set none from it on. False: not valid, or an
// instruction that is not known.
bool RewriteBody(std::string_view body, uint32_t steps, std::string& out);

}  // namespace sluice::wasm

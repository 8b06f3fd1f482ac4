// Puts texts together in an arena, in one piece.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "sluice/buffer/arena.h"

namespace sluice::route {

inline std::string_view Join(Arena& arena, std::initializer_list<std::string_view> parts) {
  size_t size = 0;
  for (std::string_view part : parts) size += part.size();
  char* const out = static_cast<char*>(arena.Allocate(size, 1));
  char* to = out;
  for (std::string_view part : parts) to = std::copy(part.begin(), part.end(), to);
  return {out, size};
}

}  // namespace sluice::route

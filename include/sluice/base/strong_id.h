// An integer that cannot be mixed up with another one: StrongId<struct WorkerTag> WorkerId.
#pragma once

#include <compare>
#include <cstdint>

namespace sluice {

template <typename Tag, typename Rep = uint32_t>
struct StrongId {
  Rep value = 0;
  constexpr auto operator<=>(const StrongId&) const = default;
};

using WorkerId = StrongId<struct WorkerIdTag>;

}  // namespace sluice

// envoy.type.v3.HttpStatus: a status by Envoy's name for it ("TooManyRequests") or by number.
// Immutable once parsed.
#pragma once

#include <cstdint>

#include "sluice/config/schema.h"

namespace sluice::config {

enum class StatusCode : uint16_t {};  // the numbers themselves
const EnumTable& ConfigEnum(StatusCode);

struct HttpStatus {
  StatusCode code{};
  uint32_t number() const { return static_cast<uint32_t>(code); }
  static const Message& Schema();
};

}  // namespace sluice::config

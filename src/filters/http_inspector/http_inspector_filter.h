// envoy.filters.listener.http_inspector: looks whether a client speaks HTTP in clear, and which
// version, so that filter chains can be chosen by application protocol. Takes no bytes. Per
// accepted socket; one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "sluice/config/types.h"
#include "sluice/filter/registry.h"

namespace sluice::filters::http_inspector {

struct HttpInspectorConfig {
  static const config::Message& Schema();
};

enum class Verdict : uint8_t { kNeedMore, kNotHttp, kHttp10, kHttp11, kHttp2 };
inline constexpr size_t kMaxInspectBytes = 64 * 1024;

// Pure, for tests.
Verdict InspectHttp(std::string_view bytes);

}  // namespace sluice::filters::http_inspector

// One response head: status line and framing (RFC 9112 sections 4 and 6.3), as strict as requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fault.h"
#include "framing.h"
#include "sluice/codec/http1/options.h"
#include "sluice/http/codec.h"
#include "sluice/http/header_map.h"

namespace sluice::http1 {

// What was asked decides how the answer is framed.
struct AskedFor {
  bool head = false;
  bool connect = false;
  bool upgrade = false;
};

struct ResponseHead {
  http::Version version = http::Version::kHttp11;
  uint32_t status = 0;
  BodyFraming body;
  bool wants_to_persist = false;
  bool interim() const { return status < 200 && status != 101; }
};

Fault ReadResponseHead(char* block, size_t size, const CommonOptions& options, AskedFor asked,
                       http::HeaderMap& map, ResponseHead& head);

}  // namespace sluice::http1

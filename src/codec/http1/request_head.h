// One request head: start line, target and Host (RFC 9112 sections 3 and 3.2), checked strictly and
// turned into a header map with pseudo-headers first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "fault.h"
#include "framing.h"
#include "reference_parser.h"
#include "sluice/codec/http1/options.h"
#include "sluice/http/codec.h"
#include "sluice/http/header_map.h"

namespace sluice::http1 {

enum class Method : uint8_t { kOther, kHead, kConnect, kOptions };

struct RequestHead {
  http::Version version = http::Version::kHttp11;
  Method method = Method::kOther;
  BodyFraming body;
  bool wants_to_persist = false;
  bool expects_continue = false;
  UnusualParts unusual;
};

// `block` is a whole head as HeadSearch finds it; names are lowered in place. On a fault the map
// holds what had been read.
Fault ReadRequestHead(char* block, size_t size, const ServerOptions& options, Counters& counters,
                      http::HeaderMap& map, RequestHead& head);

// Only the start line, `line` with its CRLF: to refuse a hopeless head before it is complete.
Fault CheckRequestLine(std::string_view line, const ServerOptions& options);

}  // namespace sluice::http1

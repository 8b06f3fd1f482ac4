// Field lines (RFC 9112 section 5): read strictly into a header map, without a copy. Names are
// lowered where they lie. No folding, no space before the colon, no control characters.
#pragma once

#include <cstdint>
#include <string_view>

#include "fault.h"
#include "sluice/codec/http1/options.h"
#include "sluice/http/header_map.h"

namespace sluice::http1 {

struct FieldRules {
  uint32_t max_count = 100;
  bool keep_spelling = false;
  bool set_host_aside = false;  // requests: Host goes into the facts, not into the map
  bool refuse_framing = false;  // trailers: a second framing behind the first is a fault
  UnderscoreAction underscores = UnderscoreAction::kAllow;
  Counters* counters = nullptr;  // needed when underscores are not allowed
};

struct FieldFacts {
  std::string_view host;
  const char* host_spelling = nullptr;
  bool has_host = false;
  bool repeated_host = false;
  bool repeated_framing = false;  // a second Content-Length or Transfer-Encoding
};

// Reads the lines from `at` up to the empty line that ends at `end`. HeadSearch has seen the block:
// it ends with CRLF CRLF (or is just CRLF). `map` may be null: checks only.
Fault ReadFieldLines(char* at, char* end, const FieldRules& rules, http::HeaderMap* map,
                     FieldFacts& facts);

}  // namespace sluice::http1

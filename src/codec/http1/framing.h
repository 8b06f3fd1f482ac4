// Where a message's body ends (RFC 9112 section 6), decided once, when its head is read. What could
// be read two ways is a fault.
#pragma once

#include <cstdint>

#include "fault.h"
#include "field_lines.h"
#include "sluice/http/codec.h"
#include "sluice/http/header_map.h"

namespace sluice::http1 {

enum class Framing : uint8_t {
  kNone,
  kFixed,       // content-length, not 0
  kChunked,     // transfer-encoding: chunked
  kUntilClose,  // responses only
  kTunnel,      // raw bytes, if the peers agree
};

struct BodyFraming {
  Framing framing = Framing::kNone;
  uint64_t length = 0;
  bool declared = false;  // the head has a Content-Length or Transfer-Encoding
};

// Reads Content-Length and Transfer-Encoding by the rules that hold for every message.
Fault DecideFraming(http::HeaderMap& head, http::Version version, const FieldFacts& facts,
                    bool allow_chunked_length, BodyFraming& body);

// Whether one of the fields with this name lists the token.
bool HasToken(const http::HeaderMap& head, http::HeaderId id, std::string_view token);
// What Connection says, and HTTP's default otherwise (RFC 9112 section 9.3).
bool WantsToPersist(const http::HeaderMap& head, http::Version version);

}  // namespace sluice::http1

// The PROXY protocol's header, versions 1 and 2, as bytes to facts. Pure: every byte is a
// stranger's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "sluice/net/address.h"

namespace sluice::filters::proxy_protocol {

struct Tlv {
  uint8_t type = 0;
  std::string_view value;  // into the bytes that were parsed
};

struct ProxyHeader {
  int version = 0;
  bool local = false;  // health checks of the balancer itself: keep the socket's addresses
  net::Address source;
  net::Address destination;
  std::vector<Tlv> tlvs;
};

enum class ParseState : uint8_t { kOk, kNeedMore, kNotProxy, kBad };

struct ParseResult {
  ParseState state = ParseState::kNeedMore;
  size_t size = 0;         // of the header, when ok
  const char* error = "";  // when bad
  int version = 0;         // 1 or 2 once the signature is clear, also when bad
  ProxyHeader header;
};

inline constexpr size_t kMaxV1Bytes = 107;
inline constexpr size_t kMaxV2Bytes = 16 + 65535;

inline constexpr size_t kV2HeadBytes = 16;

// The size of the header that begins with these (up to 16) bytes; 0 when they do not tell.
size_t HeaderBytes(std::string_view head);

ParseResult ParseProxyHeader(std::string_view bytes);

}  // namespace sluice::filters::proxy_protocol

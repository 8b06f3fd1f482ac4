// The first flight of a TLS client, as far as it is needed to choose a filter chain: server name
// and protocols (RFC 8446 section 4.1.2, RFC 6066 section 3, RFC 7301). Pure: every byte is a
// stranger's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::filters::tls_inspector {

inline constexpr size_t kMaxHelloBytes = 16 * 1024;

enum class HelloState : uint8_t { kOk, kNeedMore, kNotTls, kTooLarge };

struct ClientHello {
  HelloState state = HelloState::kNeedMore;
  std::string server_name;  // lower case; empty when there is none
  std::vector<std::string> alpn;
};

ClientHello ParseClientHello(std::string_view bytes, size_t max_bytes = kMaxHelloBytes);

}  // namespace sluice::filters::tls_inspector

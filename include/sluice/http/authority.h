// Host and :authority values: form (RFC 9110 section 7.2, RFC 3986 section 3.2) and their parts.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::http {

struct HostPort {
  std::string_view host;            // with its brackets for IPv6 literals
  std::optional<uint16_t> port;     // none: absent or empty
  std::string_view port_text = {};  // with the colon, as it stands; empty when absent
};

// uri-host [":" port]; nothing else: no user information, no path, no white space. An empty
// value is well-formed (the authority of `OPTIONS *` may be empty).
bool IsValidAuthority(std::string_view authority);
// The parts of a valid authority; nullopt for anything else.
std::optional<HostPort> SplitHostPort(std::string_view authority);

}  // namespace sluice::http

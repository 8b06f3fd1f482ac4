#include "sluice/http/authority.h"

#include <cstring>

#include <arpa/inet.h>

#include "sluice/http/chars.h"
#include "sluice/http/number.h"

namespace sluice::http {
namespace {

bool IsIpv6(std::string_view text) {
  char copy[INET6_ADDRSTRLEN];
  if (text.size() >= sizeof(copy)) return false;
  std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  in6_addr address;
  return std::strlen(copy) == text.size() && inet_pton(AF_INET6, copy, &address) == 1;
}

bool HasGoodEscapes(std::string_view text) {
  for (size_t at = text.find('%'); at != std::string_view::npos; at = text.find('%', at + 3)) {
    if (at + 2 >= text.size() || !Is(kHexChar, text[at + 1]) || !Is(kHexChar, text[at + 2])) {
      return false;
    }
  }
  return true;
}

// The host's end: where the port's colon stands, or the end. npos: malformed.
size_t HostEnd(std::string_view authority) {
  if (!authority.empty() && authority.front() == '[') {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos || !IsIpv6(authority.substr(1, close - 1))) {
      return std::string_view::npos;
    }
    return close + 1;
  }
  size_t end = 0;
  bool escapes = false;
  for (; end < authority.size() && authority[end] != ':'; ++end) {
    if (!Is(kHostChar, authority[end])) return std::string_view::npos;
    escapes = escapes || authority[end] == '%';
  }
  if (escapes && !HasGoodEscapes(authority.substr(0, end))) return std::string_view::npos;
  return end;
}

}  // namespace

std::optional<HostPort> SplitHostPort(std::string_view authority) {
  const size_t end = HostEnd(authority);
  if (end == std::string_view::npos) return std::nullopt;
  HostPort parts{.host = authority.substr(0, end), .port = std::nullopt, .port_text = {}};
  if (end == authority.size()) return parts;
  if (authority[end] != ':' || end == 0) return std::nullopt;
  parts.port_text = authority.substr(end);
  const std::string_view digits = parts.port_text.substr(1);
  if (digits.empty()) return parts;
  const std::optional<uint64_t> port = ParseDecimal(digits);
  if (!port || *port > 65535) return std::nullopt;
  parts.port = static_cast<uint16_t>(*port);
  return parts;
}

bool IsValidAuthority(std::string_view authority) {
  // The common forms at once: a name or IPv4 address without escapes, and perhaps a port.
  size_t i = 0;
  while (i < authority.size() && Is(kHostChar, authority[i]) && authority[i] != '%') ++i;
  if (i == authority.size()) return true;
  if (authority[i] == ':' && i != 0 && authority.size() - i <= 6) {
    uint32_t port = 0;
    for (++i; i < authority.size() && Is(kDigitChar, authority[i]); ++i) {
      port = port * 10 + static_cast<uint32_t>(authority[i] - '0');
    }
    return i == authority.size() && port <= 65535;
  }
  return SplitHostPort(authority).has_value();
}

}  // namespace sluice::http

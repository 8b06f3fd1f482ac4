#include "sluice/http/target.h"

#include "sluice/http/chars.h"

namespace sluice::http {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = ToLowerAscii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::optional<AbsoluteTarget> SplitAbsoluteTarget(std::string_view target) {
  const size_t colon = target.find("://");
  if (colon == std::string_view::npos || colon == 0 || !Is(kAlphaChar, target.front())) {
    return std::nullopt;
  }
  AbsoluteTarget parts;
  parts.scheme = target.substr(0, colon);
  for (char c : parts.scheme) {
    if (!Is(kAlphaChar, c) && !Is(kDigitChar, c) && c != '+' && c != '-' && c != '.') {
      return std::nullopt;
    }
  }
  const std::string_view rest = target.substr(colon + 3);
  const size_t end = rest.find_first_of("/?");
  parts.authority = rest.substr(0, end);
  if (parts.authority.empty()) return std::nullopt;
  if (end != std::string_view::npos) parts.path = rest.substr(end);
  return parts;
}

std::optional<std::string_view> PercentDecode(std::string_view text, Arena& arena) {
  const size_t first = text.find('%');
  if (first == std::string_view::npos) return text;
  auto* const decoded = static_cast<char*>(arena.Allocate(text.size(), 1));
  char* to = decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      *to++ = text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexValue(text[i + 1]);
    const int low = HexValue(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    *to++ = static_cast<char>(high * 16 + low);
    i += 2;
  }
  return std::string_view(decoded, static_cast<size_t>(to - decoded));
}

}  // namespace sluice::http

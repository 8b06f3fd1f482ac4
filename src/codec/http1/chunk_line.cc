#include "chunk_line.h"

#include "sluice/http/chars.h"

namespace sluice::http1 {
namespace {

constexpr size_t kMaxDigits = 16;

size_t TokenEnd(std::string_view text, size_t at) {
  while (at < text.size() && http::Is(http::kTokenChar, text[at])) ++at;
  return at;
}

// The end of the quoted string that begins at `at`; npos if it has none.
size_t QuotedEnd(std::string_view text, size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '"') return at + 1;
    if (text[at] == '\\' && ++at == text.size()) break;
    if (!http::Is(http::kValueChar, text[at])) break;
  }
  return std::string_view::npos;
}

// *( ";" token [ "=" ( token / quoted-string ) ] )
bool AreExtensions(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    if (text[at] != ';') return false;
    const size_t name = at + 1;
    at = TokenEnd(text, name);
    if (at == name) return false;
    if (at == text.size() || text[at] != '=') continue;
    const size_t value = at + 1;
    const bool quoted = value < text.size() && text[value] == '"';
    at = quoted ? QuotedEnd(text, value) : TokenEnd(text, value);
    if (at == std::string_view::npos || at == value) return false;
  }
  return true;
}

}  // namespace

std::optional<ChunkSize> ReadChunkSize(std::string_view line) {
  if (line.size() < 3 || !line.ends_with("\r\n")) return std::nullopt;
  line.remove_suffix(2);
  uint64_t size = 0;
  size_t at = 0;
  for (; at < line.size() && http::Is(http::kHexChar, line[at]); ++at) {
    const char c = http::ToLowerAscii(line[at]);
    if (size >> 59 != 0) return std::nullopt;  // the next digit would pass 2^63
    size = size * 16 + static_cast<uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  if (at == 0 || at > kMaxDigits || !AreExtensions(line.substr(at))) return std::nullopt;
  return ChunkSize{.value = size, .digits = at};
}

}  // namespace sluice::http1

#include "text_check.h"

#include <algorithm>

#include <fmt/core.h>

namespace sluice::config {
namespace {

// Decodes one code point; 0 length when it is not UTF-8.
uint32_t Decode(std::string_view text, size_t at, size_t& length) {
  const auto byte = [&](size_t i) -> uint32_t {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0;
  };
  const auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const uint32_t first = byte(0);
  length = 0;
  if (first < 0x80) {
    length = 1;
    return first;
  }
  if (first >= 0xc2 && first < 0xe0 && tail(1)) {
    length = 2;
    return (first & 0x1f) << 6 | (byte(1) & 0x3f);
  }
  if (first >= 0xe0 && first < 0xf0 && tail(1) && tail(2)) {
    const uint32_t point = (first & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    if (point >= 0x800 && (point < 0xd800 || point > 0xdfff)) length = 3;
    return point;
  }
  if (first >= 0xf0 && first < 0xf5 && tail(1) && tail(2) && tail(3)) {
    const uint32_t point =
        (first & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f);
    if (point >= 0x10000 && point <= 0x10ffff) length = 4;
    return point;
  }
  return first;
}

std::string_view SpaceName(uint32_t point) {
  switch (point) {
    case 0x00a0: return "a no-break space (U+00A0)";
    case 0x00ad: return "a soft hyphen (U+00AD)";
    case 0x0085: return "a next-line character (U+0085)";
    case 0x1680: return "an ogham space (U+1680)";
    case 0x180e: return "a vowel separator (U+180E)";
    case 0x200b: return "a zero-width space (U+200B)";
    case 0x200c: return "a zero-width non-joiner (U+200C)";
    case 0x200d: return "a zero-width joiner (U+200D)";
    case 0x200e: return "a left-to-right mark (U+200E)";
    case 0x200f: return "a right-to-left mark (U+200F)";
    case 0x2028: return "a line separator (U+2028)";
    case 0x2029: return "a paragraph separator (U+2029)";
    case 0x202f: return "a narrow no-break space (U+202F)";
    case 0x205f: return "a mathematical space (U+205F)";
    case 0x2060: return "a word joiner (U+2060)";
    case 0x3000: return "an ideographic space (U+3000)";
    case 0xfeff: return "a byte-order mark (U+FEFF)";
    default: break;
  }
  return point >= 0x2000 && point <= 0x200a ? "a typographic space (U+2000..200A)" : "";
}

// YAML lets comments carry anything; so do we.
bool InComment(std::string_view text, size_t offset) {
  const size_t newline = text.rfind('\n', offset == 0 ? 0 : offset - 1);
  const size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  const std::string_view before = text.substr(start, offset > start ? offset - start : 0);
  const size_t hash = before.find('#');
  return hash != std::string_view::npos &&
         (hash == 0 || before[hash - 1] == ' ' || before[hash - 1] == '\t');
}

std::string_view OtherEncoding(std::string_view text) {
  if (text.starts_with(std::string_view("\xff\xfe", 2))) return "UTF-16 (little-endian)";
  if (text.starts_with(std::string_view("\xfe\xff", 2))) return "UTF-16 (big-endian)";
  if (text.starts_with(std::string_view("\x1f\x8b", 2))) return "gzip";
  if (text.starts_with(std::string_view("\x7f"
                                        "ELF",
                                        4)))
    return "an ELF program";
  return {};
}

}  // namespace

std::string_view OddSpaceAt(std::string_view text, size_t offset, size_t& length) {
  const uint32_t point = Decode(text, offset, length);
  if (length == 0) length = 1;
  return SpaceName(point);
}

std::optional<size_t> FindOddSpace(std::string_view text) {
  size_t length = 1;
  for (size_t i = 0; i < text.size(); i += length) {
    length = 1;
    if (static_cast<unsigned char>(text[i]) < 0x80) continue;
    if (!OddSpaceAt(text, i, length).empty()) return i;
  }
  return std::nullopt;
}

Mark MarkOfOffset(std::string_view text, size_t offset, uint32_t source) {
  Mark mark{source, 1, 1};
  const std::string_view before = text.substr(0, offset);
  mark.line += static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n'));
  const size_t newline = before.rfind('\n');
  for (char c : before.substr(newline == std::string_view::npos ? 0 : newline + 1)) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++mark.column;
  }
  return mark;
}

std::string_view LineOf(std::string_view text, uint32_t line) {
  for (uint32_t at = 1; at < line; ++at) {
    const size_t newline = text.find('\n');
    if (newline == std::string_view::npos) return {};
    text.remove_prefix(newline + 1);
  }
  return text.substr(0, text.find('\n'));
}

bool CheckText(std::string& text, uint32_t source, Problems& problems) {
  if (const std::string_view encoding = OtherEncoding(text); !encoding.empty()) {
    problems.Add({Mark{source, 0, 0}, {}},
                 fmt::format("the file is {}, not text in UTF-8", encoding));
    return false;
  }
  if (text.starts_with("\xef\xbb\xbf")) text.erase(0, 3);
  size_t length = 1;
  for (size_t i = 0; i < text.size(); i += length) {
    const auto byte = static_cast<unsigned char>(text[i]);
    length = 1;
    if (byte >= 0x20 && byte < 0x7f) continue;
    if (byte == '\n' || byte == '\t' || byte == '\r') continue;
    if (byte < 0x80) {
      problems.Add({MarkOfOffset(text, i, source), {}},
                   byte == 0 ? "a NUL byte: the file is not text"
                             : fmt::format("a control character (0x{:02x}) in the text", byte));
      return false;
    }
    Decode(text, i, length);
    if (length == 0) {
      length = 1;
      if (InComment(text, i)) continue;
      problems.Add({MarkOfOffset(text, i, source), {}},
                   fmt::format("byte 0x{:02x} is not valid UTF-8", byte));
      return false;
    }
  }
  return true;
}

}  // namespace sluice::config

// Which bytes may stand where (RFC 9110 section 5.6, RFC 3986): one table, shared by the codecs.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace sluice::http {

enum CharClass : uint8_t {
  kTokenChar = 1,   // tchar: names, methods
  kValueChar = 2,   // field-content: VCHAR, SP, HTAB, obs-text
  kTargetChar = 4,  // a request target: VCHAR but '#', and bytes from 0x80 (clients send raw UTF-8)
  kHostChar = 8,    // reg-name and IPv4: unreserved, sub-delims, '%'
  kDigitChar = 16,
  kHexChar = 32,
  kAlphaChar = 64,
};

namespace detail {
constexpr std::array<uint8_t, 256> MakeCharTable() {
  std::array<uint8_t, 256> table{};
  const auto mark = [&table](std::string_view chars, uint8_t bits) {
    for (char c : chars) table[static_cast<uint8_t>(c)] |= bits;
  };
  const std::string_view alpha = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const std::string_view digit = "0123456789";
  mark(alpha, kTokenChar | kHostChar | kAlphaChar);
  mark(digit, kTokenChar | kHostChar | kDigitChar);
  mark("0123456789abcdefABCDEF", kHexChar);
  mark("!#$%&'*+-.^_`|~", kTokenChar);
  mark("-._~!$&'()*+,;=%", kHostChar);
  mark(" \t", kValueChar);
  for (int c = 0x21; c < 0x100; ++c) {
    if (c == 0x7f) continue;
    table[static_cast<size_t>(c)] |= kValueChar;
    if (c != '#') table[static_cast<size_t>(c)] |= kTargetChar;
  }
  return table;
}

// The lower-case form of a token character; 0 for all else.
constexpr std::array<char, 256> MakeLowerTokenTable() {
  constexpr std::array<uint8_t, 256> kClasses = MakeCharTable();
  std::array<char, 256> table{};
  for (size_t c = 0; c < 256; ++c) {
    if ((kClasses[c] & kTokenChar) == 0) continue;
    table[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  }
  return table;
}
}  // namespace detail

inline constexpr std::array<uint8_t, 256> kCharTable = detail::MakeCharTable();
inline constexpr std::array<char, 256> kLowerToken = detail::MakeLowerTokenTable();

constexpr bool Is(CharClass what, char c) {
  return (kCharTable[static_cast<uint8_t>(c)] & what) != 0;
}
constexpr char LowerTokenChar(char c) { return kLowerToken[static_cast<uint8_t>(c)]; }
constexpr char ToLowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
constexpr bool AllAre(CharClass what, std::string_view text) {
  for (char c : text) {
    if (!Is(what, c)) return false;
  }
  return true;
}

namespace detail {
// The high bit of each byte of `word` that is a control character or DEL. Exact up to the first
// such byte (in the order of significance); bytes above it may be marked by its borrow.
inline uint64_t ControlBytes(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = 0x8080808080808080;
  const uint64_t control = (word - kOnes * 0x20) & ~word;
  const uint64_t no_del = word ^ (kOnes * 0x7f);
  const uint64_t del = (no_del - kOnes) & ~no_del;
  return (control | del) & kHighs;
}

// Not zero when a byte of `word` is a control character, a space, '#' or DEL.
inline uint64_t BytesOutsideTargets(uint64_t word) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  constexpr uint64_t kHighs = 0x8080808080808080;
  const uint64_t low = (word - kOnes * 0x21) & ~word;
  const uint64_t no_del = word ^ (kOnes * 0x7f);
  const uint64_t no_hash = word ^ (kOnes * '#');
  return (low | ((no_del - kOnes) & ~no_del) | ((no_hash - kOnes) & ~no_hash)) & kHighs;
}

// Whether the last eight bytes, or all if there are fewer, are free of control characters and DEL.
inline bool IsPlainEnd(const char* at, size_t size) {
  uint64_t word;
  if (size >= 8) {
    std::memcpy(&word, at + size - 8, 8);
  } else if (size >= 4) {
    uint32_t halves[2];
    std::memcpy(&halves[0], at, 4);
    std::memcpy(&halves[1], at + size - 4, 4);
    std::memcpy(&word, halves, 8);
  } else {
    return false;
  }
  return ControlBytes(word) == 0;
}
}  // namespace detail

// Length of the longest prefix that may stand in a field value; eight bytes at a time.
inline size_t FieldValuePrefix(const char* at, size_t size) {
  size_t i = 0;
  while (i + 8 <= size) {
    uint64_t word;
    std::memcpy(&word, at + i, 8);
    const uint64_t odd = detail::ControlBytes(word);
    if (odd == 0) {
      i += 8;
      continue;
    }
    if constexpr (std::endian::native == std::endian::little) {
      i += static_cast<size_t>(std::countr_zero(odd)) / 8;
    } else {
      while (Is(kValueChar, at[i]) && at[i] != '\t') ++i;
    }
    if (at[i] != '\t') return i;
    ++i;
  }
  if (i != size && detail::IsPlainEnd(at, size)) return size;
  while (i < size && Is(kValueChar, at[i])) ++i;
  return i;
}

constexpr bool IsToken(std::string_view text) { return !text.empty() && AllAre(kTokenChar, text); }
// A name as HTTP/2 and our maps demand it: a token without upper-case letters.
constexpr bool IsLowerToken(std::string_view text) {
  for (char c : text) {
    if (LowerTokenChar(c) != c || c == 0) return false;
  }
  return !text.empty();
}
inline bool IsFieldValue(std::string_view text) {
  return FieldValuePrefix(text.data(), text.size()) == text.size();
}

// AllAre(kTargetChar), eight bytes at a time.
inline bool IsTargetText(std::string_view text) {
  const char* at = text.data();
  size_t left = text.size();
  uint64_t odd = 0;
  for (; left >= 8; left -= 8, at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    odd |= detail::BytesOutsideTargets(word);
  }
  return odd == 0 && AllAre(kTargetChar, {at, left});
}

constexpr std::string_view TrimOws(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}
constexpr bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (ToLowerAscii(a[i]) != ToLowerAscii(b[i])) return false;
  }
  return true;
}

}  // namespace sluice::http

// Which bytes may stand where (RFC 9110 section 5.6, RFC 3986): one table, shared by the codecs.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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

#if defined(__SSE2__)
inline __m128i Load16(const char* at) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}
inline __m128i All16(char c) { return _mm_set1_epi8(c); }
inline uint32_t Bits16(__m128i bytes) { return static_cast<uint32_t>(_mm_movemask_epi8(bytes)); }
// One bit for each of sixteen bytes that may not stand in a field value.
inline uint32_t BytesOutsideValues(const char* at) {
  const __m128i bytes = Load16(at);
  const __m128i high = _mm_cmpeq_epi8(_mm_max_epu8(bytes, All16(' ')), bytes);
  const __m128i good = _mm_or_si128(high, _mm_cmpeq_epi8(bytes, All16('\t')));
  return Bits16(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, All16(0x7f)), good)) ^ 0xffff;
}
#endif
}  // namespace detail

// Length of the longest prefix that may stand in a field value; sixteen or eight bytes at a time.
inline size_t FieldValuePrefix(const char* at, size_t size) {
  size_t i = 0;
#if defined(__SSE2__)
  if (size >= 16) {
    while (true) {
      const uint32_t odd = detail::BytesOutsideValues(at + i);
      if (odd != 0) return i + static_cast<size_t>(std::countr_zero(odd));
      if (i + 16 == size) return size;
      i = i + 32 <= size ? i + 16 : size - 16;  // the last step may look at some bytes again
    }
  }
#endif
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

// The first `c` in [at, end), or end.
inline const char* FindByte(const char* at, const char* end, char c) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const uint32_t found = detail::Bits16(_mm_cmpeq_epi8(detail::Load16(at), detail::All16(c)));
    if (found != 0) return at + std::countr_zero(found);
  }
#endif
  while (at != end && *at != c) ++at;
  return at;
}

// Lowers the letters of [at, end) up to the first `stop` and returns where that is, or end. Writes
// to capital letters only: most names have few, and what has just been written is dear to read.
inline char* LowerUpTo(char stop, char* at, char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = detail::Load16(at);
    const uint32_t found = detail::Bits16(_mm_cmpeq_epi8(bytes, detail::All16(stop)));
    const __m128i upper = _mm_and_si128(_mm_cmpgt_epi8(bytes, detail::All16('A' - 1)),
                                        _mm_cmpgt_epi8(detail::All16('Z' + 1), bytes));
    // below the lowest bit of `found`; all when there is none
    uint32_t capitals = detail::Bits16(upper) & (found - 1) & ~found;
    for (; capitals != 0; capitals &= capitals - 1) at[std::countr_zero(capitals)] |= 0x20;
    if (found != 0) return at + std::countr_zero(found);
  }
#endif
  for (; at != end && *at != stop; ++at) *at = ToLowerAscii(*at);
  return at;
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

#include "sluice/base/base64.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace sluice {
namespace {

constexpr std::string_view kUsual =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

using Table = std::array<int8_t, 256>;

constexpr int8_t kNone = -1;
constexpr int8_t kSkip = -2;

constexpr Table MakeTable(std::string_view alphabet) {
  Table table{};
  table.fill(kNone);
  for (size_t i = 0; i < alphabet.size(); ++i) {
    table[static_cast<uint8_t>(alphabet[i])] = static_cast<int8_t>(i);
  }
  return table;
}
constexpr Table kUsualTable = MakeTable(kUsual);
constexpr Table kUrlTable = MakeTable(kUrl);

constexpr Table MakeTableOfBoth() {
  Table table = MakeTable(kUsual);
  table['-'] = table['+'];
  table['_'] = table['/'];
  for (const char c : {'\n', '\r', ' '}) table[static_cast<uint8_t>(c)] = kSkip;
  return table;
}
constexpr Table kTableOfBoth = MakeTableOfBoth();

enum class SpareBits : bool { kMustBeZero, kMayBeAny };

std::optional<std::string> Decode(std::string_view text, const Table& table, SpareBits spare) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = table[static_cast<uint8_t>(c)];
    if (value == kSkip) continue;
    if (value == kNone) return std::nullopt;
    bits = (bits << 6 | static_cast<uint32_t>(value)) & 0xffffff;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<char>(bits >> count & 0xff));
  }
  if (count >= 6) return std::nullopt;  // one lone character carries no byte
  if (spare == SpareBits::kMustBeZero && (bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

std::string Encode(std::string_view bytes, std::string_view alphabet) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j) {
      bits = bits << 8 | (i + j < bytes.size() ? static_cast<uint8_t>(bytes[i + j]) : 0U);
    }
    for (size_t j = 0; j < 4 && i + j <= bytes.size(); ++j) {
      text.push_back(alphabet[bits >> (18 - 6 * j) & 63]);
    }
  }
  return text;
}

}  // namespace

std::optional<std::string> DecodeBase64(std::string_view text) {
  if (text.size() % 4 == 0) {
    if (text.ends_with('=')) text.remove_suffix(1);
    if (text.ends_with('=')) text.remove_suffix(1);
  }
  return Decode(text, kUsualTable, SpareBits::kMustBeZero);
}

std::string EncodeBase64(std::string_view bytes) {
  std::string text = Encode(bytes, kUsual);
  while (text.size() % 4 != 0) text.push_back('=');
  return text;
}

std::optional<std::string> DecodeBase64Url(std::string_view text) {
  return Decode(text, kUrlTable, SpareBits::kMustBeZero);
}

std::optional<std::string> DecodeBase64OfFiles(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  return Decode(text, kTableOfBoth, SpareBits::kMayBeAny);
}

std::string EncodeBase64Url(std::string_view bytes) { return Encode(bytes, kUrl); }

}  // namespace sluice

#include "sluice/http/grpc.h"

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "sluice/http/number.h"

namespace sluice::http {
namespace {

constexpr size_t kMaxTimeoutDigits = 8;

std::optional<Duration> UnitOf(char c) {
  switch (c) {
    case 'H': return std::chrono::hours(1);
    case 'M': return std::chrono::minutes(1);
    case 'S': return std::chrono::seconds(1);
    case 'm': return std::chrono::milliseconds(1);
    case 'u': return std::chrono::microseconds(1);
    case 'n': return std::chrono::nanoseconds(1);
    default: return std::nullopt;
  }
}

bool Plain(char c) { return c >= ' ' && c <= '~' && c != '%'; }

}  // namespace

std::optional<Duration> ParseGrpcTimeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kMaxTimeoutDigits + 1) return std::nullopt;
  const auto unit = UnitOf(text.back());
  text.remove_suffix(1);
  const auto value = ParseDecimal(text);
  if (!unit || !value) return std::nullopt;
  // Eight digits of hours do not fit into nanoseconds.
  const auto most = static_cast<uint64_t>(Duration::max().count() / unit->count());
  if (*value > most) return Duration::max();
  return *unit * static_cast<int64_t>(*value);
}

std::string_view FormatGrpcTimeout(Duration timeout, Arena& arena) {
  struct Unit {
    char letter;
    uint64_t of_the_one_before;
  };
  constexpr Unit kLonger[] = {{'S', 1000}, {'M', 60}, {'H', 60}};
  constexpr uint64_t kMost = 99'999'999;
  auto value =
      static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count());
  char letter = 'm';
  for (const Unit& unit : kLonger) {
    if (value <= kMost) break;
    value /= unit.of_the_one_before;
    letter = unit.letter;
  }
  const std::string_view digits = FormatDecimal(arena, value);
  auto* const text = static_cast<char*>(arena.Allocate(digits.size() + 1, 1));
  *std::ranges::copy(digits, text).out = letter;
  return {text, digits.size() + 1};
}

std::string_view EncodeGrpcMessage(std::string_view text, Arena& arena) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  size_t extra = 0;
  for (const char c : text) extra += Plain(c) ? 0 : 2;
  if (extra == 0) return text;
  auto* const start = static_cast<char*>(arena.Allocate(text.size() + extra, 1));
  char* to = start;
  for (const char c : text) {
    if (Plain(c)) {
      *to++ = c;
      continue;
    }
    *to++ = '%';
    *to++ = kHex[static_cast<unsigned char>(c) >> 4];
    *to++ = kHex[static_cast<unsigned char>(c) & 15];
  }
  return {start, static_cast<size_t>(to - start)};
}

uint32_t HttpStatusOfGrpc(uint32_t grpc_status) {
  static constexpr uint32_t kStatus[] = {200, 499, 500, 400, 504, 404, 409, 403, 429,
                                         400, 409, 400, 501, 500, 503, 500, 401};
  return grpc_status < std::size(kStatus) ? kStatus[grpc_status] : 500;
}

GrpcPrefix MakeGrpcPrefix(uint32_t message_bytes, uint8_t flags) {
  return {static_cast<char>(flags), static_cast<char>(message_bytes >> 24),
          static_cast<char>(message_bytes >> 16), static_cast<char>(message_bytes >> 8),
          static_cast<char>(message_bytes)};
}

}  // namespace sluice::http

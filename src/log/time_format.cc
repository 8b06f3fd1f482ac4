#include "time_format.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <ctime>

namespace sluice::log {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

struct Split {
  int64_t seconds;
  int64_t nanoseconds;
};

Split SplitTime(WallTime time) {
  const int64_t ns = time.time_since_epoch().count();
  int64_t seconds = ns / kNsPerSecond;
  int64_t rest = ns % kNsPerSecond;
  if (rest < 0) {
    rest += kNsPerSecond;
    --seconds;
  }
  return {seconds, rest};
}

std::tm BrokenDown(int64_t seconds, bool local) {
  const auto t = static_cast<std::time_t>(seconds);
  std::tm tm{};
  if (local) {
    localtime_r(&t, &tm);
  } else {
    gmtime_r(&t, &tm);
  }
  return tm;
}

void AppendDigits(std::string& out, int64_t value, uint32_t width) {
  std::array<char, 20> digits;
  for (uint32_t i = width; i > 0; --i) {
    digits[i - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  out.append(digits.data(), width);
}

void AppendFraction(std::string& out, int64_t nanoseconds, uint32_t digits) {
  for (uint32_t i = digits; i < 9; ++i) nanoseconds /= 10;
  AppendDigits(out, nanoseconds, digits);
}

// Most lines of a second share everything but the milliseconds, so a thread keeps the rest.
void AppendIso(std::string& out, WallTime time, bool local) {
  struct Cache {
    int64_t seconds = INT64_MIN;
    std::string head;
    std::string zone;
  };
  thread_local std::array<Cache, 2> caches;
  const Split split = SplitTime(time);
  Cache& cache = caches[local ? 1 : 0];
  if (cache.seconds != split.seconds) {
    const std::tm tm = BrokenDown(split.seconds, local);
    char buffer[32];
    cache.head.assign(buffer, std::strftime(buffer, sizeof(buffer), "%Y-%m-%dT%H:%M:%S.", &tm));
    cache.zone = "Z";
    if (local) cache.zone.assign(buffer, std::strftime(buffer, sizeof(buffer), "%z", &tm));
    cache.seconds = split.seconds;
  }
  out.append(cache.head);
  AppendFraction(out, split.nanoseconds, 3);
  out.append(cache.zone);
}

void AppendStrftime(std::string& out, const char* conversion, const std::tm& tm) {
  char buffer[128];
  out.append(buffer, std::strftime(buffer, sizeof(buffer), conversion, &tm));
}

void AppendZoneWithColon(std::string& out, const std::tm& tm) {
  AppendStrftime(out, "%z", tm);
  out.insert(out.size() - 2, 1, ':');
}

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

void TimeFormat::AddLiteral(std::string_view text) {
  if (!parts_.empty() && parts_.back().kind == kLiteral) {
    parts_.back().text.append(text);
  } else {
    parts_.push_back({kLiteral, 0, std::string(text)});
  }
}

// `rest` stands behind the '%'; answers how much of it belongs to the conversion.
Result<size_t> TimeFormat::AddConversion(std::string_view rest) {
  constexpr std::string_view kLetters = "aAbBcCdDeFgGhHIjklmMpPrRSTuUVwWxXyYzZ";
  const auto fail = [&] {
    return Fail(ErrorCode::kInvalidConfig, Origin::kConfig,
                "unknown conversion in the time format at \"%" + std::string(rest) + "\"");
  };
  if (rest.empty()) return fail();
  const char c = rest[0];
  if (c == '%') return AddLiteral("%"), 1;
  if (c == 's') return parts_.push_back({kEpoch, 0, {}}), 1;
  if (c == 'f') return parts_.push_back({kFraction, 9, {}}), 1;
  if (kLetters.find(c) != std::string_view::npos) {
    return parts_.push_back({kModified, 0, std::string("%") + c}), 1;
  }
  if (rest.size() < 2) return fail();
  if (c >= '1' && c <= '9' && rest[1] == 'f') {
    return parts_.push_back({kFraction, static_cast<uint8_t>(c - '0'), {}}), 2;
  }
  if (c == 'E' && rest[1] == 'z') return parts_.push_back({kZoneWithColon, 0, {}}), 2;
  if (c == 'E' && rest.size() > 2 && IsDigit(rest[1]) && (rest[2] == 'S' || rest[2] == 'f')) {
    if (rest[2] == 'S') {
      parts_.push_back({kModified, 0, "%S"});
      AddLiteral(".");
    }
    return parts_.push_back({kFraction, static_cast<uint8_t>(rest[1] - '0'), {}}), 3;
  }
  if (std::string_view("-_0^#").find(c) != std::string_view::npos &&
      kLetters.find(rest[1]) != std::string_view::npos) {
    return parts_.push_back({kModified, 0, "%" + std::string(rest.substr(0, 2))}), 2;
  }
  return fail();
}

Result<TimeFormat> TimeFormat::Compile(std::string_view text, bool local) {
  TimeFormat format;
  format.local_ = local;
  while (!text.empty()) {
    const size_t percent = text.find('%');
    if (percent != 0) format.AddLiteral(text.substr(0, percent));
    if (percent == std::string_view::npos) break;
    text.remove_prefix(percent + 1);
    const Result<size_t> used = format.AddConversion(text);
    if (!used) return std::unexpected(used.error());
    text.remove_prefix(*used);
  }
  return format;
}

void TimeFormat::Append(std::string& out, WallTime time) const {
  if (parts_.empty()) return AppendIso(out, time, local_);
  const Split split = SplitTime(time);
  const std::tm tm = BrokenDown(split.seconds, local_);
  for (const Part& part : parts_) {
    switch (part.kind) {
      case kLiteral: out.append(part.text); break;
      case kFraction: AppendFraction(out, split.nanoseconds, part.digits); break;
      case kZoneWithColon: AppendZoneWithColon(out, tm); break;
      case kEpoch: out.append(std::to_string(split.seconds)); break;
      default: AppendStrftime(out, part.text.c_str(), tm); break;
    }
  }
}

}  // namespace sluice::log

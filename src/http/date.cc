#include "sluice/http/date.h"

#include <chrono>
#include <cstring>
#include <limits>

namespace sluice::http {
namespace {

struct CachedDate {
  int64_t second = std::numeric_limits<int64_t>::min();
  char text[kHttpDateSize];
};

thread_local CachedDate t_date;

char* TwoDigits(char* to, unsigned value) {
  *to++ = static_cast<char>('0' + value / 10 % 10);
  *to++ = static_cast<char>('0' + value % 10);
  return to;
}

char* Text(char* to, const char* text, size_t size) {
  std::memcpy(to, text, size);
  return to + size;
}

void Format(std::chrono::sys_seconds second, char* to) {
  using std::chrono::floor;
  static constexpr char kDays[] = "SunMonTueWedThuFriSat";
  static constexpr char kMonths[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto day = floor<std::chrono::days>(second);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(second - day);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  to = Text(to, kDays + std::chrono::weekday(day).c_encoding() * 3, 3);
  to = Text(to, ", ", 2);
  to = TwoDigits(to, static_cast<unsigned>(date.day()));
  *to++ = ' ';
  to = Text(to, kMonths + (static_cast<unsigned>(date.month()) - 1) * 3, 3);
  *to++ = ' ';
  to = TwoDigits(to, year / 100);
  to = TwoDigits(to, year % 100);
  *to++ = ' ';
  to = TwoDigits(to, static_cast<unsigned>(time.hours().count()));
  *to++ = ':';
  to = TwoDigits(to, static_cast<unsigned>(time.minutes().count()));
  *to++ = ':';
  to = TwoDigits(to, static_cast<unsigned>(time.seconds().count()));
  Text(to, " GMT", 4);
}

}  // namespace

std::string_view HttpDate(WallTime now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  CachedDate& cached = t_date;
  if (cached.second != second.time_since_epoch().count()) {
    cached.second = second.time_since_epoch().count();
    Format(second, cached.text);
  }
  return {cached.text, kHttpDateSize};
}

}  // namespace sluice::http

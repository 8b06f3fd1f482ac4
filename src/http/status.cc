#include "sluice/http/status.h"

#include <array>

namespace sluice::http {
namespace {

constexpr auto kStatusDigits = [] {
  std::array<char, 2700> digits{};
  for (size_t i = 0; i < 900; ++i) {
    digits[i * 3] = static_cast<char>('1' + i / 100);
    digits[i * 3 + 1] = static_cast<char>('0' + i / 10 % 10);
    digits[i * 3 + 2] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

constexpr std::array<std::string_view, 4> kInformational = {"Continue", "Switching Protocols",
                                                            "Processing", "Early Hints"};
constexpr std::array<std::string_view, 9> kSuccess = {
    "OK",
    "Created",
    "Accepted",
    "Non-Authoritative Information",
    "No Content",
    "Reset Content",
    "Partial Content",
    "Multi-Status",
    "Already Reported",
};
constexpr std::array<std::string_view, 9> kRedirection = {
    "Multiple Choices",   "Moved Permanently", "Found", "See Other",
    "Not Modified",       "Use Proxy",         "",      "Temporary Redirect",
    "Permanent Redirect",
};
constexpr std::array<std::string_view, 32> kClientError = {
    "Bad Request",
    "Unauthorized",
    "Payment Required",
    "Forbidden",
    "Not Found",
    "Method Not Allowed",
    "Not Acceptable",
    "Proxy Authentication Required",
    "Request Timeout",
    "Conflict",
    "Gone",
    "Length Required",
    "Precondition Failed",
    "Payload Too Large",
    "URI Too Long",
    "Unsupported Media Type",
    "Range Not Satisfiable",
    "Expectation Failed",
    "",
    "",
    "",
    "Misdirected Request",
    "Unprocessable Entity",
    "Locked",
    "Failed Dependency",
    "Too Early",
    "Upgrade Required",
    "",
    "Precondition Required",
    "Too Many Requests",
    "",
    "Request Header Fields Too Large",
};
constexpr std::array<std::string_view, 12> kServerError = {
    "Internal Server Error",
    "Not Implemented",
    "Bad Gateway",
    "Service Unavailable",
    "Gateway Timeout",
    "HTTP Version Not Supported",
    "Variant Also Negotiates",
    "Insufficient Storage",
    "Loop Detected",
    "",
    "Not Extended",
    "Network Authentication Required",
};

template <size_t kSize>
std::string_view At(const std::array<std::string_view, kSize>& phrases, uint32_t i) {
  return i < kSize ? phrases[i] : std::string_view{};
}

std::string_view Registered(uint32_t status) {
  switch (status / 100) {
    case 1: return At(kInformational, status - 100);
    case 2: return status == 226 ? "IM Used" : At(kSuccess, status - 200);
    case 3: return At(kRedirection, status - 300);
    case 4: return At(kClientError, status - 400);
    case 5: return At(kServerError, status - 500);
    default: return {};
  }
}

}  // namespace

std::string_view StatusText(uint32_t status) {
  if (status < 100 || status > 999) return {};
  return {&kStatusDigits[(status - 100) * 3], 3};
}

std::string_view ReasonPhrase(uint32_t status) {
  if (status == 200) return "OK";
  const std::string_view phrase = Registered(status);
  return phrase.empty() ? "Unknown" : phrase;
}

}  // namespace sluice::http

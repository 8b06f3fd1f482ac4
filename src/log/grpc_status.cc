#include "sluice/log/grpc_status.h"

#include <array>
#include <charconv>
#include <cstddef>

namespace sluice::log {
namespace {

struct Names {
  std::string_view camel;
  std::string_view snake;
};

constexpr std::array<Names, 17> kNames = {{{"OK", "OK"},
                                           {"Canceled", "CANCELLED"},
                                           {"Unknown", "UNKNOWN"},
                                           {"InvalidArgument", "INVALID_ARGUMENT"},
                                           {"DeadlineExceeded", "DEADLINE_EXCEEDED"},
                                           {"NotFound", "NOT_FOUND"},
                                           {"AlreadyExists", "ALREADY_EXISTS"},
                                           {"PermissionDenied", "PERMISSION_DENIED"},
                                           {"ResourceExhausted", "RESOURCE_EXHAUSTED"},
                                           {"FailedPrecondition", "FAILED_PRECONDITION"},
                                           {"Aborted", "ABORTED"},
                                           {"OutOfRange", "OUT_OF_RANGE"},
                                           {"Unimplemented", "UNIMPLEMENTED"},
                                           {"Internal", "INTERNAL"},
                                           {"Unavailable", "UNAVAILABLE"},
                                           {"DataLoss", "DATA_LOSS"},
                                           {"Unauthenticated", "UNAUTHENTICATED"}}};

std::optional<uint32_t> StatusIn(const http::HeaderMap* head) {
  if (head == nullptr) return std::nullopt;
  const auto text = head->Get(http::HeaderId::kGrpcStatus);
  if (!text) return std::nullopt;
  uint32_t status = 0;
  const char* end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, status);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return status;
}

}  // namespace

bool IsGrpc(const http::HeaderMap& request) {
  constexpr std::string_view kType = "application/grpc";
  const std::string_view type = request.Get(http::HeaderId::kContentType).value_or("");
  return type.starts_with(kType) && (type.size() == kType.size() || type[kType.size()] == '+');
}

uint32_t HttpToGrpcStatus(uint32_t http_status) {
  switch (http_status) {
    case 400: return 13;
    case 401: return 16;
    case 403: return 7;
    case 404: return 12;
    case 429:
    case 502:
    case 503:
    case 504: return 14;
    default: return 2;
  }
}

std::optional<uint32_t> FindGrpcStatus(const FormatContext& context) {
  if (const auto status = StatusIn(context.trailers)) return status;
  if (const auto status = StatusIn(context.response)) return status;
  if (context.info.response_code == 0) return std::nullopt;
  return HttpToGrpcStatus(context.info.response_code);
}

std::string_view GrpcCamelName(uint32_t status) {
  return status < kNames.size() ? kNames[status].camel : std::string_view();
}

std::string_view GrpcSnakeName(uint32_t status) {
  return status < kNames.size() ? kNames[status].snake : std::string_view();
}

}  // namespace sluice::log

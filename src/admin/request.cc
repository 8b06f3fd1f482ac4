#include "sluice/admin/admin.h"
#include "sluice/buffer/arena.h"
#include "sluice/http/target.h"

namespace sluice::admin {
namespace {

std::string Decoded(std::string_view text) {
  Arena arena;
  return std::string(http::PercentDecode(text, arena).value_or(text));
}

}  // namespace

Request ParseRequest(std::string_view method, std::string_view path_and_query, std::string body) {
  const http::PathAndQuery parts = http::SplitPath(path_and_query);
  Request request{std::string(method), std::string(parts.path), {}, std::move(body)};
  std::string_view rest = parts.query;
  while (!rest.empty()) {
    const size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    const size_t equals = pair.find('=');
    if (!pair.empty()) {
      request.query.emplace_back(
          Decoded(pair.substr(0, equals)),
          equals == std::string_view::npos ? "" : Decoded(pair.substr(equals + 1)));
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return request;
}

}  // namespace sluice::admin

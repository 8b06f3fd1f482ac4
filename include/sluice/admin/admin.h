// The administration endpoint, transport aside: a request of text, an answer of text. Main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::admin {

struct Request {
  std::string method;                                      // "GET"
  std::string path;                                        // "/stats", without the query
  std::vector<std::pair<std::string, std::string>> query;  // percent-decoded, in order
  std::string body;

  // The value of a parameter; empty text when it stands alone ("?usedonly").
  std::optional<std::string_view> Param(std::string_view name) const {
    for (const auto& [key, value] : query) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
};

struct Response {
  uint32_t status = 200;
  std::string content_type = "text/plain; charset=UTF-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // beside the usual ones
};

// Splits ":path" into path and parameters.
Request ParseRequest(std::string_view method, std::string_view path_and_query, std::string body);

class Handler {
 public:
  virtual ~Handler() = default;
  virtual Response Handle(const Request& request) = 0;
};

}  // namespace sluice::admin

// Adding and removing header fields as a config says, compiled at load. Values may hold command
// operators (%REQ(x)%); compiling those is given in, because `log` owns them. Immutable, any
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/buffer/arena.h"
#include "sluice/http/header_map.h"

namespace sluice::stream {
struct StreamInfo;
}

namespace sluice::route {

// What a formatted value may look at. Null: not there (yet), its operators give nothing.
struct FormatInput {
  const http::HeaderMap* request_head = nullptr;
  const http::HeaderMap* response_head = nullptr;
  const http::HeaderMap* response_trailers = nullptr;
  const stream::StreamInfo* info = nullptr;
  std::string_view local_reply_body;
};

// A text with command operators, compiled. Values that are missing read as empty, not as "-".
class TextFormat {
 public:
  virtual ~TextFormat() = default;
  // The text lives in the arena (or longer).
  virtual std::string_view Format(const FormatInput& input, Arena& arena) const = 0;
};

class TextFormatCompiler {
 public:
  virtual ~TextFormatCompiler() = default;
  virtual Result<std::unique_ptr<const TextFormat>> Compile(std::string_view text) const = 0;
};

enum class AppendAction : uint8_t {
  kAppendIfExistsOrAdd,
  kAddIfAbsent,
  kOverwriteIfExistsOrAdd,
  kOverwriteIfExists,
};

struct HeaderAddition {
  std::string name;  // lower case
  http::HeaderId id = http::HeaderId::kOther;
  AppendAction action = AppendAction::kAppendIfExistsOrAdd;
  bool keep_empty = false;
  std::string literal;                       // the value, when there is no format
  std::unique_ptr<const TextFormat> format;  // null: literal
  std::string text;                          // as configured, for dumps and explain
};

struct HeaderEdits {
  std::vector<std::string> remove;  // lower case; before anything is added
  std::vector<HeaderAddition> add;

  bool empty() const { return remove.empty() && add.empty(); }
  // Values are computed from the heads as they are when each is added; `head` may be one of them.
  void Apply(http::HeaderMap& head, const FormatInput& input) const;
};

}  // namespace sluice::route

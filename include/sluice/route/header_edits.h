// Adding and removing header fields as a config says, compiled at load. Values may hold command
// operators (%REQ(x)%); compiling those is given in, because `log` owns them. Immutable, any
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/buffer/arena.h"
#include "sluice/config/common.h"
#include "sluice/http/header_map.h"
#include "sluice/match/string_matcher.h"

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

struct HeaderAddition {
  std::string name;  // lower case
  http::HeaderId id = http::HeaderId::kOther;
  config::HeaderAppendAction action = config::HeaderAppendAction::kAppendIfExistsOrAdd;
  bool keep_empty = false;
  std::string literal;                       // the value, when there is no format
  std::unique_ptr<const TextFormat> format;  // null: literal
  std::string text;                          // as configured, for explain

  void Apply(http::HeaderMap& head, const FormatInput& input) const;
};

struct HeaderEdits {
  std::vector<std::string> remove;  // lower case; before anything is added
  std::vector<HeaderAddition> add;

  bool empty() const { return remove.empty() && add.empty(); }
  // Values are computed from the heads as they are when each is added; `head` may be one of them.
  void Apply(http::HeaderMap& head, const FormatInput& input) const;
};

// Steps in the order written: each removes a name, removes what a matcher finds, or adds.
struct HeaderMutation {
  std::string remove;                             // lower case; empty: another kind
  std::optional<match::StringMatcher> remove_if;  // on the name
  std::optional<HeaderAddition> add;
};

struct HeaderMutations {
  std::vector<HeaderMutation> steps;

  bool empty() const { return steps.empty(); }
  void Apply(http::HeaderMap& head, const FormatInput& input) const;
};

}  // namespace sluice::route

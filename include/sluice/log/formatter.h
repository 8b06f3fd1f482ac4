// Text with command operators (%REQ(:PATH)%, %DURATION%), compiled at load into a flat program.
// Used for access-log lines, header values and local-reply bodies. Immutable after Compile, any
// thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/log/format_context.h"

namespace sluice::config {
struct Node;
}

namespace sluice::log {

struct Op;

struct FormatOptions {
  // What a missing value leaves: '-' (JSON: null), or nothing (JSON: the key goes too).
  bool omit_empty = false;
};

extern const std::string_view kDefaultFormat;  // Envoy's, newline included

class Formatter {
 public:
  // Fails on an operator that does not exist, naming the nearest one that does.
  static Result<Formatter> Compile(std::string_view text, const FormatOptions& options = {});

  Formatter(Formatter&&) noexcept;
  Formatter& operator=(Formatter&&) noexcept;
  ~Formatter();

  void Append(std::string& out, const FormatContext& context) const;
  // True when there is no operator in it: Append gives the same text every time.
  bool literal() const;

 private:
  Formatter();

  std::vector<Op> ops_;
  bool omit_empty_ = false;
};

// A JSON object with command operators in its values; keys are sorted. A value that is one operator
// and nothing else keeps the operator's type (number, object, null when missing).
class JsonFormatter {
 public:
  static Result<JsonFormatter> Compile(const config::Node& object,
                                       const FormatOptions& options = {});

  JsonFormatter(JsonFormatter&&) noexcept;
  JsonFormatter& operator=(JsonFormatter&&) noexcept;
  ~JsonFormatter();

  void Append(std::string& out, const FormatContext& context) const;  // without a newline

 private:
  struct Step;
  struct Builder;
  JsonFormatter();

  std::vector<Step> steps_;
  bool omit_empty_ = false;
};

}  // namespace sluice::log

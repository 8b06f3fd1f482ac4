// One command operator, compiled: a function and its arguments. The commands themselves stand in
// tables, one file for each subject.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/http/header_id.h"
#include "sluice/log/format_context.h"
#include "time_format.h"

namespace sluice::log {

// What an operator left at the end of the output.
enum class Emitted : uint8_t {
  kMissing,  // nothing
  kText,
  kNumber,  // digits
  kJson,    // a JSON value that is neither text nor number
};

struct Op;
using EmitFn = Emitted (*)(const Op& op, std::string& out, const FormatContext& context);

struct Op {
  EmitFn emit = nullptr;  // null: a literal, `text`
  uint8_t variant = 0;    // each function's own
  uint8_t unit = 0;
  http::HeaderId id = http::HeaderId::kOther;
  http::HeaderId other_id = http::HeaderId::kOther;
  uint32_t max_length = std::numeric_limits<uint32_t>::max();
  std::string text;  // literal, header name, namespace or key
  std::string other;
  std::vector<std::string> path;
  TimeFormat time;
};

// Emits into `out` within the length limit. kMissing leaves `out` as it was.
inline Emitted Emit(const Op& op, std::string& out, const FormatContext& context) {
  const size_t before = out.size();
  const Emitted emitted = op.emit(op, out, context);
  if (out.size() - before > op.max_length) out.resize(before + op.max_length);
  return emitted;
}

enum class Arguments : uint8_t { kNone, kOptional, kRequired };

struct Command {
  std::string_view name;
  Arguments arguments;
  bool length;  // ":Z" may follow
  EmitFn emit;
  // Reads the text between the parentheses into the op; null when there is nothing to set.
  Result<> (*setup)(std::string_view arguments, Op& op) = nullptr;
};

std::span<const Command> HttpCommands();
std::span<const Command> StreamCommands();
std::span<const Command> AddressCommands();
std::span<const Command> TlsCommands();
std::span<const Command> TimeCommands();
std::span<const Command> StateCommands();

std::unexpected<Error> BadFormat(std::string detail);
void AppendNumber(std::string& out, uint64_t value);
// Quotes what stands in `out` from `from` on, as a JSON string.
void QuoteTail(std::string& out, size_t from);

// Splits text into literals and operators. `Op`s without emit are literals.
Result<std::vector<Op>> CompileOps(std::string_view text);

}  // namespace sluice::log

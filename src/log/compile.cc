#include <algorithm>
#include <charconv>
#include <vector>

#include "operators.h"
#include "sluice/config/problems.h"

namespace sluice::log {
namespace {

// Operators of Envoy's that this proxy does not have (yet): refused in other words than a typo.
constexpr std::string_view kUnimplemented[] = {
    "BYTES_RETRANSMITTED", "PACKETS_RETRANSMITTED", "CEL", "COALESCE",
    "CUSTOM_FLAGS",        "UPSTREAM_FILTER_STATE"};

using Tables = std::vector<std::span<const Command>>;

const Tables& AllTables() {
  static const Tables tables = {HttpCommands(), StreamCommands(), AddressCommands(),
                                TlsCommands(),  TimeCommands(),   StateCommands()};
  return tables;
}

const Command* FindCommand(std::string_view name) {
  for (const auto& table : AllTables()) {
    for (const Command& command : table) {
      if (command.name == name) return &command;
    }
  }
  return nullptr;
}

std::unexpected<Error> UnknownCommand(std::string_view name) {
  const std::string quoted = "%" + std::string(name) + "%";
  if (std::find(std::begin(kUnimplemented), std::end(kUnimplemented), name) !=
      std::end(kUnimplemented)) {
    return BadFormat("the command operator " + quoted + " is not implemented by sluice");
  }
  std::vector<std::string_view> names;
  for (const auto& table : AllTables()) {
    for (const Command& command : table) names.push_back(command.name);
  }
  const std::string_view nearest = config::Nearest(name, names);
  std::string detail = "unknown command operator " + quoted;
  if (!nearest.empty()) detail.append("; did you mean %").append(nearest).append("%?");
  return BadFormat(std::move(detail));
}

// NAME, optionally (arguments), optionally :length, up to the closing '%'.
struct Written {
  std::string_view name;
  std::string_view arguments;
  std::string_view length;
  bool has_arguments = false;
  size_t size = 0;  // with the closing '%'
};

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The ":12%" or "%" at the end of an operator; false if something else stands there.
bool ReadEnd(std::string_view rest, Written& written) {
  size_t at = 0;
  if (rest.starts_with(':')) {
    at = 1;
    while (at < rest.size() && IsDigit(rest[at])) ++at;
    if (at == 1) return false;
    written.length = rest.substr(1, at - 1);
  }
  if (at >= rest.size() || rest[at] != '%') return false;
  written.size += at + 1;
  return true;
}

Result<Written> ReadOperator(std::string_view rest) {
  Written written;
  size_t at = 0;
  while (at < rest.size() &&
         ((rest[at] >= 'A' && rest[at] <= 'Z') || IsDigit(rest[at]) || rest[at] == '_')) {
    ++at;
  }
  written.name = rest.substr(0, at);
  const auto fail = [&] {
    return BadFormat("malformed command operator at \"%" + std::string(rest.substr(0, 40)) +
                     "\"; write %% for a percent sign");
  };
  if (at == 0) return fail();
  written.size = at;
  if (at < rest.size() && rest[at] == '(') {
    // Arguments may hold ')' and '%' themselves (time formats): the first ')' that ends an operator
    // counts.
    for (size_t close = rest.find(')', at); close != std::string_view::npos;
         close = rest.find(')', close + 1)) {
      written.size = close + 1;
      written.arguments = rest.substr(at + 1, close - at - 1);
      written.has_arguments = true;
      if (ReadEnd(rest.substr(close + 1), written)) return written;
    }
    return fail();
  }
  if (!ReadEnd(rest.substr(at), written)) return fail();
  return written;
}

Result<Op> MakeOp(const Written& written) {
  const Command* command = FindCommand(written.name);
  if (command == nullptr) return UnknownCommand(written.name);
  const std::string quoted = "%" + std::string(written.name) + "%";
  if (written.has_arguments && command->arguments == Arguments::kNone) {
    return BadFormat(quoted + " takes no arguments");
  }
  if (!written.has_arguments && command->arguments == Arguments::kRequired) {
    return BadFormat(quoted + " needs arguments in parentheses");
  }
  if (!written.length.empty() && !command->length) {
    return BadFormat(quoted + " takes no maximum length");
  }
  Op op;
  op.emit = command->emit;
  if (!written.length.empty()) {
    const char* end = written.length.data() + written.length.size();
    if (std::from_chars(written.length.data(), end, op.max_length).ec != std::errc()) {
      return BadFormat("the length of " + quoted + " is out of range");
    }
  }
  if (command->setup != nullptr) {
    if (Result<> ok = command->setup(written.arguments, op); !ok) {
      ok.error().detail.insert(0, quoted + ": ");
      return std::unexpected(std::move(ok.error()));
    }
  }
  return op;
}

void AddLiteral(std::vector<Op>& ops, std::string_view text) {
  if (text.empty()) return;
  if (ops.empty() || ops.back().emit != nullptr) ops.emplace_back();
  ops.back().text.append(text);
}

}  // namespace

Result<std::vector<Op>> CompileOps(std::string_view text) {
  std::vector<Op> ops;
  while (!text.empty()) {
    const size_t percent = text.find('%');
    AddLiteral(ops, text.substr(0, percent));
    if (percent == std::string_view::npos) break;
    text.remove_prefix(percent + 1);
    if (text.starts_with('%')) {
      AddLiteral(ops, "%");
      text.remove_prefix(1);
      continue;
    }
    const Result<Written> written = ReadOperator(text);
    if (!written) return std::unexpected(written.error());
    Result<Op> op = MakeOp(*written);
    if (!op) return std::unexpected(std::move(op.error()));
    ops.push_back(std::move(*op));
    text.remove_prefix(written->size);
  }
  return ops;
}

}  // namespace sluice::log

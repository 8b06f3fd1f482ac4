#include "sluice/log/formatter.h"

#include <charconv>
#include <utility>

#include "operators.h"

namespace sluice::log {

const std::string_view kDefaultFormat =
    "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" "
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" "
    "\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"\n";

std::unexpected<Error> BadFormat(std::string detail) {
  return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, std::move(detail));
}

void AppendNumber(std::string& out, uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out.append(digits, static_cast<size_t>(end - digits));
}

Formatter::Formatter() = default;
Formatter::Formatter(Formatter&&) noexcept = default;
Formatter& Formatter::operator=(Formatter&&) noexcept = default;
Formatter::~Formatter() = default;

Result<Formatter> Formatter::Compile(std::string_view text, const FormatOptions& options) {
  Result<std::vector<Op>> ops = CompileOps(text);
  if (!ops) return std::unexpected(std::move(ops.error()));
  Formatter formatter;
  formatter.ops_ = std::move(*ops);
  formatter.omit_empty_ = options.omit_empty;
  return formatter;
}

void Formatter::Append(std::string& out, const FormatContext& context) const {
  for (const Op& op : ops_) {
    if (op.emit == nullptr) {
      out.append(op.text);
    } else if (Emit(op, out, context) == Emitted::kMissing && !omit_empty_) {
      out.push_back('-');
    }
  }
}

bool Formatter::literal() const {
  return ops_.empty() || (ops_.size() == 1 && ops_[0].emit == nullptr);
}

}  // namespace sluice::log

// A SubstitutionFormatString compiled: text or JSON, whichever the config says. Immutable, any
// thread.
#pragma once

#include <string>
#include <variant>

#include "sluice/log/access_log_config.h"
#include "sluice/log/formatter.h"

namespace sluice::log {

class Format {
 public:
  // kLine ends a JSON object with a newline, as access logs need it; text formats bring their own.
  enum class Use : uint8_t { kLine, kBody };

  static Result<Format> Compile(const SubstitutionFormatConfig& config, Use use);
  static Format Default();  // of access logs
  explicit Format(Formatter text) : formatter_(std::move(text)) {}
  Format(JsonFormatter json, Use use) : formatter_(std::move(json)), use_(use) {}

  void Append(std::string& out, const FormatContext& context) const {
    if (const auto* text = std::get_if<Formatter>(&formatter_)) return text->Append(out, context);
    std::get<JsonFormatter>(formatter_).Append(out, context);
    if (use_ == Use::kLine) out.push_back('\n');
  }
  bool json() const { return std::holds_alternative<JsonFormatter>(formatter_); }
  // What local replies say of it: as configured, else by its kind.
  const std::string& content_type() const { return content_type_; }

 private:
  std::variant<Formatter, JsonFormatter> formatter_;
  Use use_ = Use::kLine;
  std::string content_type_ = "text/plain";
};

}  // namespace sluice::log

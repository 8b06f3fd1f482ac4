#include "sluice/log/format.h"

#include <utility>

#include "sluice/base/check.h"

namespace sluice::log {

Format Format::Default() {
  Result<Formatter> formatter = Formatter::Compile(kDefaultFormat);
  SLUICE_CHECK(formatter.has_value());
  return Format(std::move(*formatter));
}

Result<Format> Format::Compile(const SubstitutionFormatConfig& config, Use use) {
  const FormatOptions options{.omit_empty = config.omit_empty_values};
  if (config.json_format) {
    Result<JsonFormatter> json = JsonFormatter::Compile(*config.json_format, options);
    if (!json) return std::unexpected(std::move(json.error()));
    Format format(std::move(*json), use);
    format.content_type_ = config.content_type.empty() ? "application/json" : config.content_type;
    return format;
  }
  std::string text = config.text_format.value_or("");
  if (config.text_format_source) {
    Result<std::string> loaded = config::Load(*config.text_format_source);
    if (!loaded) return std::unexpected(std::move(loaded.error()));
    text = std::move(*loaded);
  }
  Result<Formatter> formatter = Formatter::Compile(text, options);
  if (!formatter) return std::unexpected(std::move(formatter.error()));
  Format format(std::move(*formatter));
  if (!config.content_type.empty()) format.content_type_ = config.content_type;
  return format;
}

}  // namespace sluice::log

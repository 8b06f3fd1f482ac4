#include "sluice/log/header_formats.h"

#include <string>
#include <utility>

#include "sluice/log/formatter.h"

namespace sluice::log {
namespace {

class OperatorText final : public route::TextFormat {
 public:
  explicit OperatorText(Formatter formatter) : formatter_(std::move(formatter)) {}

  // route::TextFormat
  std::string_view Format(const route::FormatInput& input, Arena& arena) const override {
    static const stream::StreamInfo nothing;
    thread_local std::string text;
    text.clear();
    formatter_.Append(text, {.info = input.info != nullptr ? *input.info : nothing,
                             .request = input.request_head,
                             .response = input.response_head,
                             .trailers = input.response_trailers,
                             .local_reply_body = input.local_reply_body});
    return arena.Copy(text);
  }

 private:
  Formatter formatter_;
};

}  // namespace

Result<std::unique_ptr<const route::TextFormat>> HeaderFormats::Compile(
    std::string_view text) const {
  Result<Formatter> formatter = Formatter::Compile(text, {.omit_empty = true});
  if (!formatter) return std::unexpected(std::move(formatter.error()));
  return std::make_unique<const OperatorText>(std::move(*formatter));
}

}  // namespace sluice::log

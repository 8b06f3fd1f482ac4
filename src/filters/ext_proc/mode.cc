#include "mode.h"

#include "sluice/base/protobuf.h"
#include "sluice/config/schema.h"

namespace sluice::filters::ext_proc {
namespace {

bool Choose(HeaderSendMode mode, bool otherwise) {
  return mode == HeaderSendMode::kDefault ? otherwise : mode == HeaderSendMode::kSend;
}

}  // namespace

const config::EnumTable& ConfigEnum(HeaderSendMode) {
  static const config::EnumTable table(
      "envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.HeaderSendMode",
      {{"DEFAULT", 0}, {"SEND", 1}, {"SKIP", 2}});
  return table;
}

const config::EnumTable& ConfigEnum(BodySendMode) {
  constexpr std::string_view kNoDuplex = "a body's pieces have one answer each";
  static const config::EnumTable table(
      "envoy.extensions.filters.http.ext_proc.v3.ProcessingMode.BodySendMode",
      {{"NONE", 0},
       {"STREAMED", 1},
       {"BUFFERED", 2},
       {"BUFFERED_PARTIAL", 3},
       {"FULL_DUPLEX_STREAMED", 4, config::ValueStatus::kUnimplemented, kNoDuplex},
       {"GRPC", 5, config::ValueStatus::kUnimplemented, kNoDuplex}});
  return table;
}

const config::Message& ProcessingModeConfig::Schema() {
  using C = ProcessingModeConfig;
  using config::Field;
  static const auto message = config::Message::Of<C>(
      "envoy.extensions.filters.http.ext_proc.v3.ProcessingMode", "What the processor sees.",
      {Field("request_header_mode", &C::request_header_mode, "The request's head; SEND."),
       Field("response_header_mode", &C::response_header_mode, "The response's head; SEND."),
       Field("request_body_mode", &C::request_body_mode, "The request's body, and how."),
       Field("response_body_mode", &C::response_body_mode, "The response's body, and how."),
       Field("request_trailer_mode", &C::request_trailer_mode, "The request's trailers; SKIP."),
       Field("response_trailer_mode", &C::response_trailer_mode,
             "The response's trailers; SKIP.")});
  return message;
}

bool ReadProcessingMode(std::string_view bytes, ProcessingModeConfig& out) {
  ProtoReader in(bytes);
  bool known = true;
  const auto head = [&](uint32_t field, HeaderSendMode& mode) {
    if (!in.IsNumber(field)) return;
    known = known && in.number() <= static_cast<uint64_t>(HeaderSendMode::kSkip);
    mode = static_cast<HeaderSendMode>(in.number());
  };
  const auto body = [&](uint32_t field, BodySendMode& mode) {
    if (!in.IsNumber(field)) return;
    known = known && in.number() <= static_cast<uint64_t>(BodySendMode::kBufferedPartial);
    mode = static_cast<BodySendMode>(in.number());
  };
  while (in.Next()) {
    head(1, out.request_header_mode);
    head(2, out.response_header_mode);
    body(3, out.request_body_mode);
    body(4, out.response_body_mode);
    head(5, out.request_trailer_mode);
    head(6, out.response_trailer_mode);
  }
  return in.ok() && known;
}

Mode MakeMode(const ProcessingModeConfig& config) {
  return {.request = {.head = Choose(config.request_header_mode, true),
                      .body = config.request_body_mode,
                      .trailers = Choose(config.request_trailer_mode, false)},
          .response = {.head = Choose(config.response_header_mode, true),
                       .body = config.response_body_mode,
                       .trailers = Choose(config.response_trailer_mode, false)}};
}

Mode Override(const Mode& mode, const ProcessingModeConfig& with) {
  return {.request = {.head = mode.request.head,
                      .body = with.request_body_mode,
                      .trailers = Choose(with.request_trailer_mode, mode.request.trailers)},
          .response = {.head = Choose(with.response_header_mode, mode.response.head),
                       .body = with.response_body_mode,
                       .trailers = Choose(with.response_trailer_mode, mode.response.trailers)}};
}

}  // namespace sluice::filters::ext_proc

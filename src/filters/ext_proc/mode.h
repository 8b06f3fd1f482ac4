// What of a request and its response a processor gets to see. Plain values.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/config/enum_table.h"
#include "sluice/config/types.h"

namespace sluice::filters::ext_proc {

// Numbers are the proto's.
enum class HeaderSendMode : uint8_t { kDefault, kSend, kSkip };
const config::EnumTable& ConfigEnum(HeaderSendMode);
enum class BodySendMode : uint8_t { kNone, kStreamed, kBuffered, kBufferedPartial };
const config::EnumTable& ConfigEnum(BodySendMode);

// envoy.extensions.filters.http.ext_proc.v3.ProcessingMode, of a config or of a processor.
struct ProcessingModeConfig {
  HeaderSendMode request_header_mode = HeaderSendMode::kDefault;
  HeaderSendMode response_header_mode = HeaderSendMode::kDefault;
  BodySendMode request_body_mode = BodySendMode::kNone;
  BodySendMode response_body_mode = BodySendMode::kNone;
  HeaderSendMode request_trailer_mode = HeaderSendMode::kDefault;
  HeaderSendMode response_trailer_mode = HeaderSendMode::kDefault;
  bool operator==(const ProcessingModeConfig&) const = default;
  static const config::Message& Schema();
};
// False: it is none, or has a mode that sluice does not have.
bool ReadProcessingMode(std::string_view bytes, ProcessingModeConfig& out);

// One direction's.
struct SideMode {
  bool head = true;
  BodySendMode body = BodySendMode::kNone;
  bool trailers = false;
};
struct Mode {
  SideMode request;
  SideMode response;
};
Mode MakeMode(const ProcessingModeConfig& config);
// `mode` as a processor wants it: what it leaves at DEFAULT stays, and so does the request's head.
Mode Override(const Mode& mode, const ProcessingModeConfig& with);

}  // namespace sluice::filters::ext_proc

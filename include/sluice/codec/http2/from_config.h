// Http2ProtocolOptions as the codecs take them, for both sides of the proxy. Load time.
#pragma once

#include "sluice/codec/http2/options.h"
#include "sluice/config/http_protocol.h"

namespace sluice::http2 {

// All but the limits on heads and what a message that breaks the rules costs when nothing is said
// of it here: those come with options of every HTTP version.
void Compile(const config::Http2ProtocolOptions& from, CommonOptions& to);

}  // namespace sluice::http2

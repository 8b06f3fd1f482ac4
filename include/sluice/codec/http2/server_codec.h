// The server side of HTTP/2: requests in, responses out, many at once.
//
// Owned by the connection that serves it, on its worker. Dispatch takes all bytes; what a paused
// stream was sent is held here, within that stream's window, and delivered by a Dispatch that
// OnInputWanted asks for (its chain may be empty). A request's stream begins with its first header
// block frame; its head may take several reads. Extended CONNECT (RFC 8441) is shown as the upgrade
// that HTTP/1 would have sent, and a 101 is sent as 200. Hard rule: output reaches the host only
// from WriteOutput.
#pragma once

#include <memory>

#include "sluice/codec/http2/counters.h"
#include "sluice/codec/http2/options.h"
#include "sluice/http/codec.h"

namespace sluice::http2 {

std::unique_ptr<http::ServerCodec> MakeServerCodec(http::ServerCodecHost& host,
                                                   const ServerOptions& options,
                                                   Counters& counters);

}  // namespace sluice::http2

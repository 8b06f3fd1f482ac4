// The server side of HTTP/1: requests in, responses out, one exchange at a time.
//
// Owned by the connection that serves it, on its worker. Dispatch leaves in its chain what it
// cannot use yet: part of a head, a pipelined request, everything while paused. The host keeps
// that chain, stops reading the socket while it is not empty (but for wants_more()), and
// dispatches again on OnInputWanted. Hard rule: after Dispatch failed, nothing is read again.
//
// Upgrade and CONNECT requests come with OnHead(end = false); a final answer other than 101 (2xx)
// ends the request, without an OnData. A refused CONNECT closes the connection.
#pragma once

#include <memory>

#include "sluice/codec/http1/options.h"
#include "sluice/http/codec.h"

namespace sluice::http1 {

std::unique_ptr<http::ServerCodec> MakeServerCodec(http::ServerCodecHost& host,
                                                   const ServerOptions& options,
                                                   Counters& counters);

}  // namespace sluice::http1

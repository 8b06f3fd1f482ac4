// The client side of HTTP/2: many requests out and their responses in on one connection.
//
// Owned by a pool's connection, on its worker. NewStream may be called at once, before the peer's
// SETTINGS have come, up to max_concurrent_streams(); the connection preface is written by the
// first WriteOutput. After a GOAWAY (CodecHost::OnGoaway) streams that the peer did not process are
// reset with kRemoteRefused, reusable() is false, and the others go on. An upgrade (h1's form) is
// sent as extended CONNECT, and its 2xx is shown as a 101. Hard rule: output reaches the host only
// from WriteOutput.
#pragma once

#include <memory>

#include "sluice/codec/http2/counters.h"
#include "sluice/codec/http2/options.h"
#include "sluice/http/codec.h"

namespace sluice::http2 {

std::unique_ptr<http::ClientCodec> MakeClientCodec(http::CodecHost& host,
                                                   const ClientOptions& options,
                                                   Counters& counters);

}  // namespace sluice::http2

// The client side of HTTP/1: requests out, responses in, one exchange at a time.
//
// Owned by a pool's connection, on its worker. A response that breaks the protocol resets the
// stream with kProtocolError and fails Dispatch. Bytes that follow a response belong to nobody:
// reusable() is false from then on. Hard rule: a body that breaks off is never a clean end.
#pragma once

#include <memory>

#include "sluice/codec/http1/options.h"
#include "sluice/http/codec.h"

namespace sluice::http1 {

std::unique_ptr<http::ClientCodec> MakeClientCodec(http::CodecHost& host,
                                                   const ClientOptions& options,
                                                   Counters& counters);

}  // namespace sluice::http1

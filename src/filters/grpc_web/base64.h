// The base64 of grpc-web-text: pieces, each padded or not, one behind the other. Pure functions.
#pragma once

#include "sluice/buffer/byte_chain.h"

namespace sluice::filters::grpc_web {

// Decodes what there is of `text` in whole groups of four; up to three characters stay in it.
// False: it is not base64.
bool DecodeBase64(ByteChain& text, ByteChain& bytes);
// Encodes all of `bytes`, padded.
void EncodeBase64(ByteChain& bytes, ByteChain& text);

}  // namespace sluice::filters::grpc_web

// The codec that a cluster's HTTP connections speak.
#pragma once

#include <memory>

#include "sluice/http/codec.h"

namespace sluice::upstream {

class Cluster;

std::unique_ptr<http::ClientCodec> MakeClientCodec(Cluster& cluster, http::CodecHost& host);

}  // namespace sluice::upstream

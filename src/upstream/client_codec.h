// The codec that speaks with a cluster's hosts.
#pragma once

#include <memory>

#include "sluice/http/codec.h"

namespace sluice::upstream {

class Cluster;

std::unique_ptr<http::ClientCodec> MakeClientCodec(Cluster& cluster, http::Version version,
                                                   http::CodecHost& host);

}  // namespace sluice::upstream

#include "client_codec.h"

#include "sluice/codec/http1/client_codec.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {

std::unique_ptr<http::ClientCodec> MakeClientCodec(Cluster& cluster, http::CodecHost& host) {
  return http1::MakeClientCodec(host, cluster.options().http.http1, cluster.http1_counters());
}

}  // namespace sluice::upstream

#include "client_codec.h"

#include "sluice/codec/http1/client_codec.h"
#include "sluice/codec/http2/client_codec.h"
#include "sluice/upstream/cluster.h"
#include "sluice/upstream/cluster_options.h"

namespace sluice::upstream {

std::unique_ptr<http::ClientCodec> MakeClientCodec(Cluster& cluster, http::Version version,
                                                   http::CodecHost& host) {
  const HttpPoolOptions& options = cluster.options().http;
  if (version == http::Version::kHttp2) {
    return http2::MakeClientCodec(host, options.http2, cluster.http2_counters());
  }
  return http1::MakeClientCodec(host, options.http1, cluster.http1_counters());
}

}  // namespace sluice::upstream

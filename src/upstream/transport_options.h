// From what is known of a request or connection to what a transport may want of it.
#pragma once

#include "sluice/net/transport.h"
#include "sluice/upstream/load_balancer.h"

namespace sluice::upstream {

inline net::TransportOptions MakeTransportOptions(const LbContext& context) {
  net::TransportOptions options;
  options.proxied_source = context.downstream_remote;
  options.proxied_destination = context.downstream_local;
  options.proxied_tlvs = context.proxied_tlvs;
  return options;
}

}  // namespace sluice::upstream

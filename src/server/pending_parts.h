// Stand-ins for parts that are being built: a resolver and an async client that fail every call in
// words. Main for the resolver, workers for the client.
#pragma once

#include <memory>

#include "sluice/event/loop.h"
#include "sluice/filter/async_client.h"
#include "sluice/net/dns.h"

namespace sluice::server {

std::unique_ptr<net::DnsResolver> MakePendingResolver(EventLoop& loop);
std::unique_ptr<filter::AsyncClient> MakePendingAsyncClient(EventLoop& loop);

}  // namespace sluice::server

// connection_keepalive of one pooled connection: the arithmetic and its timer.
#pragma once

#include <utility>

#include "pooled_connection.h"
#include "sluice/codec/http2/keepalive.h"
#include "sluice/event/loop.h"

namespace sluice::upstream {

struct PooledConnection::Pings {
  Pings(EventLoop& loop, Task on_time) : timer(loop, std::move(on_time)) {}
  http2::Keepalive keepalive;
  Timer timer;
};

}  // namespace sluice::upstream

// A stand-in for a part that is being built: an async client that fails every call in words.
#pragma once

#include <memory>

#include "sluice/event/loop.h"
#include "sluice/filter/async_client.h"

namespace sluice::server {

std::unique_ptr<filter::AsyncClient> MakePendingAsyncClient(EventLoop& loop);

}  // namespace sluice::server

#include "uv_loop.h"

#include "sluice/base/check.h"

namespace sluice {

UvLoop::UvLoop() {
  SLUICE_CHECK(uv_loop_init(&loop_) == 0);
  // The callback has nothing to do: being awake is enough, the turn looks at the posts itself.
  SLUICE_CHECK(uv_async_init(&loop_, &wake_, [](uv_async_t*) noexcept {}) == 0);
}

UvLoop::~UvLoop() {
  uv_close(reinterpret_cast<uv_handle_t*>(&wake_), nullptr);
  uv_run(&loop_, UV_RUN_NOWAIT);
  // Fails when a watch outlived its loop.
  SLUICE_CHECK(uv_loop_close(&loop_) == 0);
}

void UvLoop::Run() {
  touched_ = false;
  uv_run(&loop_, UV_RUN_NOWAIT);
}

}  // namespace sluice

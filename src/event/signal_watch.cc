#include <utility>

#include <uv.h>

#include "loop_state.h"

namespace sluice {

struct SignalWatch::Handle {
  uv_signal_t uv;
  UvLoop* loop;
  std::function<void(int)> on_signal;
};

SignalWatch::SignalWatch(EventLoop& loop, int signal, std::function<void(int)> on_signal) {
  auto handle = std::make_unique<Handle>();
  handle->loop = &loop.state_->uv;
  handle->on_signal = std::move(on_signal);
  handle->uv.data = handle.get();
  SLUICE_CHECK(uv_signal_init(handle->loop->get(), &handle->uv) == 0);
  auto trampoline = [](uv_signal_t* uv, int number) noexcept {
    static_cast<Handle*>(uv->data)->on_signal(number);
  };
  SLUICE_CHECK(uv_signal_start(&handle->uv, trampoline, signal) == 0);
  handle->loop->Touch();
  handle_ = handle.release();
}

SignalWatch::~SignalWatch() {
  // libuv may be on the stack below us with the handle in its hands; the callback goes at its end.
  UvLoop* loop = handle_->loop;
  loop->Close(std::unique_ptr<Handle>(handle_), &Handle::uv);
}

}  // namespace sluice

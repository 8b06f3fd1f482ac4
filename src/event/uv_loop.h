// libuv, embedded: it keeps the wake-up from other threads, signals and file watches. Its
// descriptor sits in the outer epoll set and uv_run runs only when there is something for it to do,
// so that a turn which is busy with sockets pays nothing. libuv timers are not driven: use Timer.
#pragma once

#include <memory>

#include <uv.h>

namespace sluice {

class UvLoop {
 public:
  UvLoop();
  ~UvLoop();
  UvLoop(const UvLoop&) = delete;
  UvLoop& operator=(const UvLoop&) = delete;

  uv_loop_t* get() { return &loop_; }
  int fd() const { return uv_backend_fd(&loop_); }
  void Wake() { uv_async_send(&wake_); }  // any thread

  // To be called after a handle was started, stopped or closed: libuv acts on it in uv_run only.
  void Touch() { touched_ = true; }
  bool touched() const { return touched_; }
  void Run();

  // Closes a handle inside `*owner` and frees the owner when libuv lets go of it.
  template <typename Owner, typename Handle>
  void Close(std::unique_ptr<Owner> owner, Handle Owner::* handle) {
    Handle* raw = &(owner.get()->*handle);
    raw->data = owner.release();
    uv_close(reinterpret_cast<uv_handle_t*>(raw), [](uv_handle_t* closed) noexcept {
      std::unique_ptr<Owner> freed(static_cast<Owner*>(closed->data));
    });
    Touch();
  }

 private:
  uv_loop_t loop_;
  uv_async_t wake_;
  bool touched_ = true;
};

}  // namespace sluice

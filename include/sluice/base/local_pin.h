// A counted reference that never leaves its thread: plain integers, no atomic. It keeps alive what
// a stream or connection still uses after its owner let go of it (a host removed by DNS, a cluster
// replaced by a reload).
//
// T has AddPin() and DropPin(); dropping the last pin of something its owner has given up makes
// the owner bury it by EventLoop::DeferDelete, so a pin may be dropped inside any callback.
#pragma once

#include <utility>

namespace sluice {

template <typename T>
class LocalPin {
 public:
  LocalPin() = default;
  explicit LocalPin(T& object) : object_(&object) { object_->AddPin(); }
  LocalPin(const LocalPin& other) : object_(other.object_) {
    if (object_ != nullptr) object_->AddPin();
  }
  LocalPin(LocalPin&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  LocalPin& operator=(LocalPin other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~LocalPin() {
    if (object_ != nullptr) object_->DropPin();
  }

  void Reset() { *this = LocalPin(); }
  explicit operator bool() const { return object_ != nullptr; }
  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }

 private:
  T* object_ = nullptr;
};

}  // namespace sluice

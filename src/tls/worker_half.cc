#include "worker_half.h"

#include <utility>

namespace sluice::tls {

void CurrentContext::Publish(std::shared_ptr<const TlsContext> context) {
  const std::scoped_lock lock(mutex_);
  context_ = std::move(context);
  version_.store(version_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
}

bool CurrentContext::Refresh(WorkerHalf& half) const {
  if (version_.load(std::memory_order_acquire) == half.version) return false;
  const std::scoped_lock lock(mutex_);
  half.context = context_;
  half.version = version_.load(std::memory_order_relaxed);
  return true;
}

std::shared_ptr<const TlsContext> CurrentContext::Get() const {
  const std::scoped_lock lock(mutex_);
  return context_;
}

}  // namespace sluice::tls

#include "shared_store.h"

#include <ranges>

namespace sluice::wasm {
namespace {

// What an entry takes beside its bytes, more or less: many small ones are bounded too.
constexpr size_t kOverhead = 64;

}  // namespace

SharedStore& SharedStore::ForProcess() {
  static SharedStore store;
  return store;
}

bool SharedStore::Fits(size_t more, size_t less, size_t max_bytes) {
  if (bytes_ - less + more > max_bytes && more > less) return false;
  bytes_ = bytes_ - less + more;
  return true;
}

Status SharedStore::Get(std::string_view vm_id, std::string_view key, std::string& value,
                        uint32_t& cas) {
  const std::lock_guard lock(mutex_);
  const auto found = data_.find(Name(vm_id, key));
  if (found == data_.end()) return Status::kNotFound;
  value = found->second.value;
  cas = found->second.cas;
  return Status::kOk;
}

Status SharedStore::Set(std::string_view vm_id, std::string_view key, std::string_view value,
                        uint32_t cas, size_t max_bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = data_.find(Name(vm_id, key));
  if (cas != 0 && (found == data_.end() || found->second.cas != cas)) return Status::kCasMismatch;
  const bool fresh = found == data_.end();
  const size_t more = value.size() + (fresh ? key.size() + kOverhead : 0);
  if (!Fits(more, fresh ? 0 : found->second.value.size(), max_bytes)) {
    return Status::kInternalFailure;
  }
  if (next_cas_ == 0) ++next_cas_;  // 0 stands for any
  data_.insert_or_assign(Name(vm_id, key), Entry{std::string(value), next_cas_++});
  return Status::kOk;
}

uint32_t SharedStore::Register(std::string_view vm_id, std::string_view name, Listener listener) {
  const std::lock_guard lock(mutex_);
  auto [found, fresh] = queue_tokens_.try_emplace(Name(vm_id, name), queues_.size() + 1);
  if (fresh) queues_.emplace_back();
  std::vector<Listener>& listeners = queues_[found->second - 1].listeners;
  std::erase_if(listeners, [](const Listener& one) { return one.alive.expired(); });
  listeners.push_back(std::move(listener));
  return found->second;
}

Status SharedStore::Resolve(std::string_view vm_id, std::string_view name, uint32_t& token) {
  const std::lock_guard lock(mutex_);
  const auto found = queue_tokens_.find(Name(vm_id, name));
  if (found == queue_tokens_.end()) return Status::kNotFound;
  token = found->second;
  return Status::kOk;
}

Status SharedStore::Enqueue(uint32_t token, std::string_view bytes, size_t max_bytes) {
  const std::lock_guard lock(mutex_);
  if (token == 0 || token > queues_.size()) return Status::kNotFound;
  if (!Fits(bytes.size() + kOverhead, 0, max_bytes)) return Status::kInternalFailure;
  Queue& queue = queues_[token - 1];
  queue.items.emplace_back(bytes);
  for (const Listener& one : std::views::reverse(queue.listeners)) {
    if (one.alive.expired()) continue;
    one.loop->Post([alive = one.alive, ready = one.ready, token] {
      if (!alive.expired()) ready(token);
    });
    break;
  }
  return Status::kOk;
}

Status SharedStore::Dequeue(uint32_t token, std::string& bytes) {
  const std::lock_guard lock(mutex_);
  if (token == 0 || token > queues_.size()) return Status::kNotFound;
  Queue& queue = queues_[token - 1];
  if (queue.items.empty()) return Status::kEmpty;
  bytes = std::move(queue.items.front());
  queue.items.pop_front();
  bytes_ -= bytes.size() + kOverhead;
  return Status::kOk;
}

}  // namespace sluice::wasm

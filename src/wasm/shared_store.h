// What VMs share across threads: data by key with compare-and-swap, and queues. The one place with
// a lock that modules reach; held for a look-up and a copy. Any thread; lives as long as the
// process, because data outlives the VMs that wrote it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/event/loop.h"
#include "sluice/wasm/abi.h"

namespace sluice::wasm {

class SharedStore {
 public:
  static SharedStore& ForProcess();

  // Within one vm_id. A `cas` of 0 writes whatever is there; else the value must be of that
  // version.
  Status Get(std::string_view vm_id, std::string_view key, std::string& value, uint32_t& cas);
  Status Set(std::string_view vm_id, std::string_view key, std::string_view value, uint32_t cas,
             size_t max_bytes);

  // Who is told that something has come: a post to the loop, while `alive`.
  struct Listener {
    EventLoop* loop;
    std::weak_ptr<const void> alive;
    std::function<void(uint32_t token)> ready;
  };
  uint32_t Register(std::string_view vm_id, std::string_view name, Listener listener);
  Status Resolve(std::string_view vm_id, std::string_view name, uint32_t& token);
  Status Enqueue(uint32_t token, std::string_view bytes, size_t max_bytes);
  Status Dequeue(uint32_t token, std::string& bytes);

 private:
  struct Entry {
    std::string value;
    uint32_t cas;
  };
  struct Queue {
    std::deque<std::string> items;
    std::vector<Listener> listeners;  // the newest first that is there is told
  };
  using Name = std::pair<std::string, std::string>;

  bool Fits(size_t more, size_t less, size_t max_bytes);

  std::mutex mutex_;
  std::map<Name, Entry> data_;
  std::map<Name, uint32_t> queue_tokens_;
  std::vector<Queue> queues_;  // by token - 1
  size_t bytes_ = 0;
  uint32_t next_cas_ = 1;
};

}  // namespace sluice::wasm

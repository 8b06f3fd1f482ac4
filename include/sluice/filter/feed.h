// Immutable snapshots from the main thread to readers on the workers' loops: a filter's own way of
// what the cluster manager does with hosts. Owned by a MainService.
//
// Publish belongs to main; Subscribe to the reader's thread, or to main before it runs. A reader
// dies on its own loop's thread; snapshots that are under way to it are dropped then.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "sluice/event/loop.h"

namespace sluice::filter {

template <typename T>
class Feed {
 public:
  using Snapshot = std::shared_ptr<const T>;
  using Take = std::move_only_function<void(Snapshot)>;

  class Reader {
   public:
    Reader() = default;

   private:
    friend class Feed;
    struct Alive {};

    explicit Reader(Take take)
        : take_(std::make_unique<Take>(std::move(take))), alive_(std::make_shared<const Alive>()) {}

    std::unique_ptr<Take> take_;
    std::shared_ptr<const Alive> alive_;  // by which a post tells whether the reader is there
  };

  // `take` gets the newest snapshot at once if there is one, later ones from the loop.
  [[nodiscard]] Reader Subscribe(EventLoop& loop, Take take) {
    Reader reader(std::move(take));
    Snapshot now;
    {
      const std::lock_guard lock(mutex_);
      entries_.push_back({&loop, reader.take_.get(), reader.alive_});
      now = latest_;
    }
    if (now != nullptr) (*reader.take_)(std::move(now));
    return reader;
  }

  void Publish(Snapshot snapshot) {
    const std::lock_guard lock(mutex_);
    latest_ = std::move(snapshot);
    std::erase_if(entries_, [](const Entry& entry) { return entry.alive.expired(); });
    for (const Entry& entry : entries_) {
      entry.loop->Post([take = entry.take, alive = entry.alive, snapshot = latest_]() mutable {
        if (!alive.expired()) (*take)(std::move(snapshot));
      });
    }
  }

 private:
  struct Entry {
    EventLoop* loop;
    Take* take;  // the reader's
    std::weak_ptr<const typename Reader::Alive> alive;
  };

  std::mutex mutex_;  // taken at load and when something is published; never for a request
  std::vector<Entry> entries_;
  Snapshot latest_;
};

}  // namespace sluice::filter

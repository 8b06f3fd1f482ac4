// What subscriptions work with: the main loop, stats, how resources are parsed; and the list of
// them, for the admin. Owned by the server, outlives them all. Main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "sluice/base/clock.h"
#include "sluice/base/intrusive_list.h"
#include "sluice/config/context.h"
#include "sluice/config/node.h"
#include "sluice/event/loop.h"
#include "sluice/stats/stats.h"

namespace sluice::discovery {

enum class Kind : uint8_t { kListeners, kClusters, kRoutes, kEndpoints, kSecrets };

// A resource in use, as /config_dump shows it; what is secret is redacted.
struct ResourceView {
  Kind kind = Kind::kListeners;
  std::string name;
  std::string version;
  WallTime updated{};
  config::Node content;
};

// One that has resources to show.
class Source : public ListNode<struct SourceTag> {
 public:
  virtual ~Source() = default;
  virtual void Visit(const std::function<void(const ResourceView&)>& visit) const = 0;
};

class Host {
 public:
  Host(EventLoop& loop, stats::Store& store) : loop_(loop), store_(store) {}
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  EventLoop& loop() { return loop_; }
  stats::Store& store() { return store_; }
  const config::ParseOptions& parse() const { return parse_; }
  // Before the first subscription; what the options point to outlives us. `unknown` counts fields
  // that are not known, where those are only warned of.
  void SetParse(const config::ParseOptions& parse, stats::Counter unknown) {
    parse_ = parse;
    unknown_fields_ = unknown;
  }
  void CountUnknown(uint64_t fields) { unknown_fields_.Add(fields); }
  void Add(Source& source) { sources_.PushBack(source); }  // it leaves by itself
  void ForEachView(const std::function<void(const ResourceView&)>& visit) {
    sources_.ForEach([&visit](Source& one) { one.Visit(visit); });
  }

 private:
  EventLoop& loop_;
  stats::Store& store_;
  config::ParseOptions parse_;
  stats::Counter unknown_fields_;
  IntrusiveList<Source, SourceTag> sources_;
};

}  // namespace sluice::discovery

// The resources of one subscription that are in use, each with the version that it came with first:
// for /config_dump. Main thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sluice/config/parse.h"
#include "sluice/discovery/host.h"

namespace sluice::discovery {

template <typename T>
class InUse {
 public:
  using List = std::vector<std::pair<std::string, std::shared_ptr<const T>>>;

  // One that is equal to what was there keeps its version and time.
  void Take(const List& list, const std::string& version, WallTime now) {
    std::map<std::string, One> next;
    for (const auto& [name, config] : list) {
      const auto known = known_.find(name);
      const bool same = known != known_.end() && config::Equal(*known->second.config, *config);
      next.emplace(name, same ? known->second : One{config, version, now});
    }
    known_ = std::move(next);
  }

  void Visit(ResourceView view, const std::function<void(const ResourceView&)>& visit) const {
    for (const auto& [name, one] : known_) {
      view.name = name;
      view.version = one.version;
      view.updated = one.updated;
      view.content = config::Dump(*one.config);
      visit(view);
    }
  }

 private:
  struct One {
    std::shared_ptr<const T> config;
    std::string version;
    WallTime updated{};
  };
  std::map<std::string, One> known_;
};

}  // namespace sluice::discovery

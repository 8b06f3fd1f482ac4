#include "host_registry.h"

#include <algorithm>
#include <string>
#include <utility>

namespace sluice::upstream {

HostEntry HostRegistry::FindOrMake(const net::Address& address) {
  const std::lock_guard lock(mutex_);
  Known& known = hosts_[address];
  HostEntry entry;
  entry.record = known.record.lock();
  entry.endpoint = known.endpoint.lock();
  if (entry.record == nullptr) {
    entry.record = std::make_shared<HostRecord>(std::string(), slots_);
    known.record = entry.record;
  }
  if (entry.endpoint == nullptr) {
    entry.endpoint = std::make_shared<Endpoint>(Endpoint{address, address.ToString()});
    known.endpoint = entry.endpoint;
  }
  return entry;
}

std::vector<HostEntry> HostRegistry::List() {
  const std::lock_guard lock(mutex_);
  std::vector<HostEntry> entries;
  for (auto it = hosts_.begin(); it != hosts_.end();) {
    HostEntry entry;
    entry.record = it->second.record.lock();
    entry.endpoint = it->second.endpoint.lock();
    if (entry.record == nullptr || entry.endpoint == nullptr) {
      it = hosts_.erase(it);
      continue;
    }
    entries.push_back(std::move(entry));
    ++it;
  }
  std::ranges::sort(entries, {}, [](const HostEntry& entry) -> const std::string& {
    return entry.endpoint->text;
  });
  return entries;
}

}  // namespace sluice::upstream

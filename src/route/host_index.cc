#include "host_index.h"

#include <algorithm>
#include <functional>

#include "sluice/http/chars.h"

namespace sluice::route {

// FNV-1a over the lower-case form.
size_t AnyCaseHash::operator()(std::string_view text) const {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : text) {
    hash ^= static_cast<uint8_t>(http::ToLowerAscii(c));
    hash *= 0x100000001b3;
  }
  return hash;
}

bool AnyCaseEqual::operator()(std::string_view a, std::string_view b) const {
  return http::EqualsIgnoreCase(a, b);
}

void HostIndex::AddLength(std::vector<uint32_t>& lengths, size_t length) {
  const auto value = static_cast<uint32_t>(length);
  const auto at = std::lower_bound(lengths.begin(), lengths.end(), value, std::greater<>());
  if (at == lengths.end() || *at != value) lengths.insert(at, value);
}

bool HostIndex::Add(std::string_view domain, uint32_t virtual_host, uint32_t& other) {
  if (domain == "*") {
    other = default_;
    if (default_ != kNone) return false;
    default_ = virtual_host;
    return true;
  }
  Map* map = &exact_;
  if (domain.starts_with('*')) {
    domain.remove_prefix(1);
    map = &suffix_;
    AddLength(suffix_lengths_, domain.size());
  } else if (domain.ends_with('*')) {
    domain.remove_suffix(1);
    map = &prefix_;
    AddLength(prefix_lengths_, domain.size());
  }
  const auto [at, added] = map->emplace(domain, virtual_host);
  other = at->second;
  return added;
}

uint32_t HostIndex::Find(std::string_view host, const char** why) const {
  const auto decided = [&](const char* by, uint32_t found) {
    if (why != nullptr) *why = by;
    return found;
  };
  if (const auto found = exact_.find(host); found != exact_.end()) {
    return decided("exact domain", found->second);
  }
  for (const uint32_t length : suffix_lengths_) {
    if (length >= host.size()) continue;  // the wildcard stands for at least one character
    const auto found = suffix_.find(host.substr(host.size() - length));
    if (found != suffix_.end()) return decided("longest suffix wildcard", found->second);
  }
  for (const uint32_t length : prefix_lengths_) {
    if (length >= host.size()) continue;
    const auto found = prefix_.find(host.substr(0, length));
    if (found != prefix_.end()) return decided("longest prefix wildcard", found->second);
  }
  return decided(default_ == kNone ? "no domain matches" : "domain *", default_);
}

size_t PortStart(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos) return colon;
  const size_t bracket = authority.rfind(']');  // the colons of an IPv6 literal are inside
  return bracket == std::string_view::npos || bracket < colon ? colon : std::string_view::npos;
}

}  // namespace sluice::route

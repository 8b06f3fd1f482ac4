// The hosts that are scaled to zero, as the control plane has said. Immutable once made.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>

#include "sluice/base/error.h"

namespace sluice::filters::hold {

struct HostHash {
  using is_transparent = void;
  size_t operator()(std::string_view host) const { return std::hash<std::string_view>()(host); }
};

class HostList {
 public:
  // A JSON list of texts, and nothing else.
  static Result<std::shared_ptr<const HostList>> Parse(std::string json, size_t max_bytes);

  bool Has(std::string_view host) const { return hosts_.contains(host); }
  bool empty() const { return hosts_.empty(); }
  size_t size() const { return hosts_.size(); }
  bool operator==(const HostList&) const = default;

 private:
  std::unordered_set<std::string, HostHash, std::equal_to<>> hosts_;  // lower case, without port
};

// The host of an authority in lower case and without its port, written into `to`; empty when it is
// not one, or too long to be one.
inline constexpr size_t kMaxHost = 255;
std::string_view NormalHost(std::string_view authority, std::span<char, kMaxHost> to);

}  // namespace sluice::filters::hold

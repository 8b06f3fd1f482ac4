// From a host to a virtual host: exact names, then the longest suffix wildcard, the longest prefix
// wildcard, "*". Case does not count. Lookups cost one hash and one more for each length of
// wildcard that exists. Immutable after the table is built.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sluice::route {

struct AnyCaseHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const;
};
struct AnyCaseEqual {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const;
};

class HostIndex {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // False when the domain is there already; `other` then says whose it is.
  bool Add(std::string_view domain, uint32_t virtual_host, uint32_t& other);
  // `why` (may be null) gets the kind of domain that decided.
  uint32_t Find(std::string_view host, const char** why = nullptr) const;
  bool only_default() const { return exact_.empty() && suffix_.empty() && prefix_.empty(); }
  uint32_t default_host() const { return default_; }

 private:
  using Map = std::unordered_map<std::string, uint32_t, AnyCaseHash, AnyCaseEqual>;
  static void AddLength(std::vector<uint32_t>& lengths, size_t length);

  Map exact_;
  Map suffix_;  // without '*'
  Map prefix_;
  std::vector<uint32_t> suffix_lengths_;  // longest first
  std::vector<uint32_t> prefix_lengths_;
  uint32_t default_ = kNone;
};

// Where the port of an authority begins (at its ':'); npos without one.
size_t PortStart(std::string_view authority);

}  // namespace sluice::route

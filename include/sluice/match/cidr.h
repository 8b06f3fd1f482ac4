// Sets of IP ranges, compiled so that the cost of a lookup grows with the logarithm of their
// number. Addresses are bytes in network order, as net::Address::IpBytes() gives them. Immutable,
// any thread.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "sluice/base/error.h"

namespace sluice::match {

struct CidrRange {
  std::array<uint8_t, 16> first{};
  std::array<uint8_t, 16> last{};
  bool v6 = false;

  // "10.0.0.0" and 8. Bits of the address behind the prefix are ignored.
  static Result<CidrRange> Parse(std::string_view address, uint32_t prefix_size);
  bool Contains(std::string_view ip_bytes) const;
};

class CidrSet {
 public:
  CidrSet() = default;
  explicit CidrSet(std::span<const CidrRange> ranges);

  bool Contains(std::string_view ip_bytes) const;  // false for what is no IP address
  bool empty() const { return v4_.empty() && v6_.empty(); }

 private:
  std::vector<CidrRange> v4_;  // sorted, disjoint
  std::vector<CidrRange> v6_;
};

}  // namespace sluice::match

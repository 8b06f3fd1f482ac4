#include "sluice/match/cidr.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include <arpa/inet.h>

namespace sluice::match {
namespace {

using Bytes = std::array<uint8_t, 16>;
constexpr size_t kV4Bytes = 4;

std::optional<Bytes> ToBytes(std::string_view ip) {
  if (ip.size() != kV4Bytes && ip.size() != 16) return std::nullopt;
  Bytes out{};
  std::memcpy(out.data(), ip.data(), ip.size());
  return out;
}

// False at the highest address.
bool Increment(Bytes& bytes, size_t size) {
  for (size_t i = size; i-- > 0;) {
    if (++bytes[i] != 0) return true;
  }
  return false;
}

std::vector<CidrRange> Merged(std::vector<CidrRange> ranges, size_t size) {
  std::sort(ranges.begin(), ranges.end(),
            [](const CidrRange& a, const CidrRange& b) { return a.first < b.first; });
  std::vector<CidrRange> out;
  for (const CidrRange& range : ranges) {
    if (!out.empty()) {
      Bytes next = out.back().last;
      if (!Increment(next, size) || range.first <= next) {
        out.back().last = std::max(out.back().last, range.last);
        continue;
      }
    }
    out.push_back(range);
  }
  return out;
}

}  // namespace

Result<CidrRange> CidrRange::Parse(std::string_view address, uint32_t prefix_size) {
  const std::string text(address);
  CidrRange range;
  range.v6 = text.find(':') != std::string::npos;
  const size_t size = range.v6 ? 16 : kV4Bytes;
  if (inet_pton(range.v6 ? AF_INET6 : AF_INET, text.c_str(), range.first.data()) != 1) {
    return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, "not an IP address: " + text);
  }
  if (prefix_size > size * 8) {
    return Fail(
        ErrorCode::kInvalidConfig, Origin::kConfig,
        "prefix length " + std::to_string(prefix_size) + " is over " + std::to_string(size * 8));
  }
  range.last = range.first;
  for (size_t i = 0; i < size; ++i) {
    const size_t kept = std::clamp<size_t>(prefix_size, i * 8, i * 8 + 8) - i * 8;
    const auto mask = static_cast<uint8_t>(0xffU << (8 - kept));
    range.first[i] &= mask;
    range.last[i] |= static_cast<uint8_t>(~mask);
  }
  return range;
}

bool CidrRange::Contains(std::string_view ip_bytes) const {
  const auto ip = ToBytes(ip_bytes);
  return ip && v6 == (ip_bytes.size() != kV4Bytes) && first <= *ip && *ip <= last;
}

CidrSet::CidrSet(std::span<const CidrRange> ranges) {
  for (const CidrRange& range : ranges) (range.v6 ? v6_ : v4_).push_back(range);
  v4_ = Merged(std::move(v4_), kV4Bytes);
  v6_ = Merged(std::move(v6_), 16);
}

bool CidrSet::Contains(std::string_view ip_bytes) const {
  const auto ip = ToBytes(ip_bytes);
  if (!ip) return false;
  const std::vector<CidrRange>& ranges = ip_bytes.size() == kV4Bytes ? v4_ : v6_;
  auto after =
      std::upper_bound(ranges.begin(), ranges.end(), *ip,
                       [](const Bytes& a, const CidrRange& range) { return a < range.first; });
  return after != ranges.begin() && *ip <= std::prev(after)->last;
}

}  // namespace sluice::match

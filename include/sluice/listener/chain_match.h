// Which filter chain takes a connection: Envoy's order of criteria, most specific first, with no
// going back once a criterion has matched. Compiled on main, immutable, read by all workers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/filter/listener_filter.h"
#include "sluice/match/cidr.h"
#include "sluice/net/address.h"

namespace sluice::listener {

struct IpPrefix {
  match::CidrRange range;
  uint32_t length = 0;
};

enum class SourceType : uint8_t { kAny, kSameIpOrLoopback, kExternal };

struct ChainCriteria {
  std::optional<uint16_t> destination_port;
  std::vector<IpPrefix> prefix_ranges;
  std::vector<std::string> server_names;  // lower case; "*.example.com" is a suffix
  std::string transport_protocol;
  std::vector<std::string> application_protocols;
  std::vector<IpPrefix> direct_source_prefix_ranges;
  SourceType source_type = SourceType::kAny;
  std::vector<IpPrefix> source_prefix_ranges;
  std::vector<uint16_t> source_ports;

  bool empty() const {
    return !destination_port && prefix_ranges.empty() && server_names.empty() &&
           transport_protocol.empty() && application_protocols.empty() &&
           direct_source_prefix_ranges.empty() && source_type == SourceType::kAny &&
           source_prefix_ranges.empty() && source_ports.empty();
  }
};

struct ChainMatchInput {
  const net::Address& destination;
  const net::Address& source;
  const filter::AcceptedInfo& accepted;
};

class ChainMatcher {
 public:
  static constexpr int kNone = -1;

  ChainMatcher();
  ChainMatcher(ChainMatcher&&) noexcept;
  ChainMatcher& operator=(ChainMatcher&&) noexcept;
  ~ChainMatcher();

  // The index of the chain that has the same criteria already, if any: an ambiguous config.
  std::optional<int> Add(const ChainCriteria& criteria, int chain);
  void SetDefault(int chain) { default_ = chain; }
  int Find(const ChainMatchInput& input) const;
  // The one chain that takes everything, if that is all there is.
  int only() const { return only_; }

 private:
  struct Node;
  std::unique_ptr<Node> root_;
  int default_ = kNone;
  int only_ = kNone;  // the one chain without criteria, when there is no other: no search
  size_t added_ = 0;
};

}  // namespace sluice::listener

#include "sluice/listener/chain_match.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace sluice::listener {
namespace {

// The criteria in the order in which they narrow.
enum Level : uint8_t {
  kDestinationPort,
  kDestinationIp,
  kServerName,
  kTransportProtocol,
  kApplicationProtocol,
  kDirectSourceIp,
  kSourceType,
  kSourceIp,
  kSourcePort,
  kLevels,
};

bool IsIpLevel(uint8_t level) {
  return level == kDestinationIp || level == kDirectSourceIp || level == kSourceIp;
}

// The keys of a level for one chain; "" stands for "any".
std::vector<std::string> KeysOf(const ChainCriteria& criteria, uint8_t level) {
  std::vector<std::string> keys;
  switch (level) {
    case kDestinationPort:
      if (criteria.destination_port) keys.push_back(std::to_string(*criteria.destination_port));
      break;
    case kServerName: keys = criteria.server_names; break;
    case kTransportProtocol: keys.push_back(criteria.transport_protocol); break;
    case kApplicationProtocol: keys = criteria.application_protocols; break;
    case kSourceType:
      if (criteria.source_type == SourceType::kSameIpOrLoopback) keys.emplace_back("local");
      if (criteria.source_type == SourceType::kExternal) keys.emplace_back("external");
      break;
    case kSourcePort:
      for (uint16_t port : criteria.source_ports) keys.push_back(std::to_string(port));
      break;
    default: break;
  }
  if (keys.empty()) keys.emplace_back();
  return keys;
}

const std::vector<IpPrefix>& PrefixesOf(const ChainCriteria& criteria, uint8_t level) {
  if (level == kDestinationIp) return criteria.prefix_ranges;
  return level == kDirectSourceIp ? criteria.direct_source_prefix_ranges
                                  : criteria.source_prefix_ranges;
}

bool IsLocal(const ChainMatchInput& input) {
  return input.source.family() == net::Address::Family::kUnix || input.source.IsLoopback() ||
         (input.source.is_ip() && input.source.IpBytes() == input.destination.IpBytes());
}

}  // namespace

struct ChainMatcher::Node {
  std::unordered_map<std::string, std::unique_ptr<Node>> by_key;
  std::vector<std::pair<IpPrefix, std::unique_ptr<Node>>> by_prefix;  // longest first
  std::unique_ptr<Node> any_ip;
  int chain = kNone;

  std::vector<Node*> Children(const ChainCriteria& criteria, uint8_t level) {
    std::vector<Node*> children;
    if (!IsIpLevel(level)) {
      for (const std::string& key : KeysOf(criteria, level)) {
        auto& child = by_key[key];
        if (child == nullptr) child = std::make_unique<Node>();
        children.push_back(child.get());
      }
      return children;
    }
    for (const IpPrefix& prefix : PrefixesOf(criteria, level)) children.push_back(Under(prefix));
    if (children.empty()) {
      if (any_ip == nullptr) any_ip = std::make_unique<Node>();
      children.push_back(any_ip.get());
    }
    return children;
  }

  Node* Under(const IpPrefix& prefix) {
    auto at = std::find_if(by_prefix.begin(), by_prefix.end(), [&](const auto& one) {
      return one.first.range.first == prefix.range.first && one.first.length == prefix.length &&
             one.first.range.v6 == prefix.range.v6;
    });
    if (at != by_prefix.end()) return at->second.get();
    at = std::find_if(by_prefix.begin(), by_prefix.end(),
                      [&](const auto& one) { return one.first.length < prefix.length; });
    return by_prefix.emplace(at, prefix, std::make_unique<Node>())->second.get();
  }

  std::optional<int> Add(const ChainCriteria& criteria, uint8_t level, int index) {
    if (level == kLevels) {
      if (chain != kNone) return chain;
      chain = index;
      return std::nullopt;
    }
    for (Node* child : Children(criteria, level)) {
      if (auto taken = child->Add(criteria, static_cast<uint8_t>(level + 1), index)) return taken;
    }
    return std::nullopt;
  }

  const Node* Key(const std::string& key) const {
    const auto at = by_key.find(key);
    return at == by_key.end() ? nullptr : at->second.get();
  }
  const Node* KeyOrAny(const std::string& key) const {
    const Node* found = key.empty() ? nullptr : Key(key);
    return found != nullptr ? found : Key("");
  }
  const Node* ByIp(const net::Address& address) const {
    if (address.is_ip()) {
      const std::string_view ip = address.IpBytes();
      for (const auto& [prefix, child] : by_prefix) {
        if (prefix.range.Contains(ip)) return child.get();
      }
    }
    return any_ip.get();
  }
  // Exact, then "*.b.c" for "a.b.c" from the longest suffix on, then any.
  const Node* ByServerName(const std::string& name) const {
    if (name.empty()) return Key("");
    if (const Node* exact = Key(name)) return exact;
    for (size_t dot = name.find('.', 1); dot != std::string::npos; dot = name.find('.', dot + 1)) {
      if (const Node* wild = Key("*" + name.substr(dot))) return wild;
    }
    return Key("");
  }
  const Node* ByProtocol(const std::vector<std::string>& offered) const {
    for (const std::string& protocol : offered) {
      if (const Node* found = Key(protocol)) return found;
    }
    return Key("");
  }

  const Node* Next(const ChainMatchInput& input, uint8_t level) const {
    switch (level) {
      case kDestinationPort:
        return KeyOrAny(input.destination.is_ip() ? std::to_string(input.destination.port()) : "");
      case kDestinationIp: return ByIp(input.destination);
      case kServerName: return ByServerName(input.accepted.server_name);
      case kTransportProtocol: return KeyOrAny(input.accepted.transport_protocol);
      case kApplicationProtocol: return ByProtocol(input.accepted.application_protocols);
      case kDirectSourceIp: return ByIp(input.accepted.direct_remote);
      case kSourceType: return KeyOrAny(IsLocal(input) ? "local" : "external");
      case kSourceIp: return ByIp(input.source);
      default: return KeyOrAny(input.source.is_ip() ? std::to_string(input.source.port()) : "");
    }
  }
};

ChainMatcher::ChainMatcher() : root_(std::make_unique<Node>()) {}
ChainMatcher::ChainMatcher(ChainMatcher&&) noexcept = default;
ChainMatcher& ChainMatcher::operator=(ChainMatcher&&) noexcept = default;
ChainMatcher::~ChainMatcher() = default;

std::optional<int> ChainMatcher::Add(const ChainCriteria& criteria, int chain) {
  only_ = ++added_ == 1 && criteria.empty() ? chain : kNone;
  return root_->Add(criteria, kDestinationPort, chain);
}

int ChainMatcher::Find(const ChainMatchInput& input) const {
  if (only_ != kNone) return only_;
  const Node* node = root_.get();
  for (uint8_t level = 0; level < kLevels && node != nullptr; ++level) {
    node = node->Next(input, level);
  }
  return node != nullptr && node->chain != kNone ? node->chain : default_;
}

}  // namespace sluice::listener

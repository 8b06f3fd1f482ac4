#include "cluster_config_old.h"

#include <array>
#include <string>
#include <utility>

#include "sluice/config/message.h"
#include "sluice/upstream/cluster_config.h"

namespace sluice::upstream {
namespace {

using config::Node;

enum Old { kMaxRequests, kUpstream, kCommon, kHttp1, kHttp2, kSelection, kOldCount };
constexpr std::array<std::string_view, kOldCount> kOldNames = {
    "max_requests_per_connection", "upstream_http_protocol_options", "common_http_protocol_options",
    "http_protocol_options",       "http2_protocol_options",         "protocol_selection"};

using OldFields = std::array<const Node*, kOldCount>;

OldFields FindOld(const Node& cluster) {
  OldFields found{};
  for (const Node& member : cluster.items) {
    const config::Field* field = ClusterConfig::Schema().Find(member.key);
    if (field == nullptr || member.IsNull()) continue;
    for (size_t i = 0; i < kOldCount; ++i) {
      if (field->name() == kOldNames[i]) found[i] = &member;
    }
  }
  return found;
}

Node& Put(Node& map, std::string_view key, const Node* value) {
  Node member = value ? *value : Node::Map();
  member.key = key;
  if (value == nullptr) {
    member.mark = map.mark;
    member.made = true;
  }
  map.items.push_back(std::move(member));
  return map.items.back();
}

bool UsesDownstreamProtocol(const OldFields& old) {
  if (old[kSelection] == nullptr) return false;
  const std::string& value = old[kSelection]->scalar;
  return value == "1" || value == "USE_DOWNSTREAM_PROTOCOL" || value == "use_downstream_protocol";
}

Node NewOptions(const OldFields& old, const config::Mark& mark) {
  Node options = Node::Map();
  options.mark = mark;
  const Node type = Node::Text("type.googleapis.com/" + std::string(kHttpOptionsType));
  Put(options, "@type", &type);
  if (old[kCommon] != nullptr || old[kMaxRequests] != nullptr) {
    Node& common = Put(options, kOldNames[kCommon], old[kCommon]);
    if (old[kMaxRequests] != nullptr) Put(common, kOldNames[kMaxRequests], old[kMaxRequests]);
  }
  if (old[kUpstream] != nullptr) Put(options, kOldNames[kUpstream], old[kUpstream]);
  if (UsesDownstreamProtocol(old)) {
    Node& both = Put(options, "use_downstream_protocol_config", nullptr);
    if (old[kHttp1] != nullptr) Put(both, kOldNames[kHttp1], old[kHttp1]);
    if (old[kHttp2] != nullptr) Put(both, kOldNames[kHttp2], old[kHttp2]);
    return options;
  }
  // HTTP/2 wins, as in Envoy; with neither it is HTTP/1.1.
  Node& only = Put(options, "explicit_http_config", nullptr);
  const Old version = old[kHttp2] != nullptr ? kHttp2 : kHttp1;
  Put(only, kOldNames[version], old[version]);
  return options;
}

}  // namespace

std::optional<Node> FoldOldHttpOptions(config::Context& ctx, const Node& cluster) {
  if (!cluster.IsMap()) return std::nullopt;
  const OldFields old = FindOld(cluster);
  const Node* first = nullptr;
  for (const Node* member : old) {
    if (member == nullptr) continue;
    if (first == nullptr) first = member;
    const config::Context::Scope scope(ctx, member->key);
    ctx.Warn(member->key_mark, "deprecated field", "use `" + std::string(kOldHttpSuccessor) + "`");
  }
  if (first == nullptr) return std::nullopt;
  Node folded = cluster;
  std::erase_if(folded.items, [](const Node& member) {
    const config::Field* field = ClusterConfig::Schema().Find(member.key);
    return field != nullptr && field->note() == kOldHttpSuccessor;
  });
  const std::string_view successor = "typed_extension_protocol_options";
  for (const Node& member : folded.items) {
    const config::Field* field = ClusterConfig::Schema().Find(member.key);
    if (field == nullptr || field->name() != successor) continue;
    ctx.FailAt(member.key_mark,
               "both deprecated HTTP options and `" + std::string(successor) + "` are set", {},
               "keep `" + std::string(successor) + "`");
    return folded;
  }
  Node& options = Put(folded, successor, nullptr);
  options.mark = first->mark;
  options.key_mark = first->key_mark;
  const Node value = NewOptions(old, first->mark);
  Put(options, kHttpOptionsType, &value).made = true;
  return folded;
}

}  // namespace sluice::upstream

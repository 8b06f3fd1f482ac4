#include "cluster_references.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::server {
namespace {

using config::Node;

const Node* Member(const Node& node, std::string_view snake, std::string_view camel) {
  const Node* found = node.Find(snake);
  return found != nullptr ? found : node.Find(camel);
}

class Walk {
 public:
  Walk(std::vector<std::string_view> names, config::Problems& problems)
      : names_(std::move(names)), problems_(problems) {}

  void At(const Node& node, const std::string& path) {
    if (node.IsList()) {
      for (size_t i = 0; i < node.items.size(); ++i) {
        At(node.items[i], path + "[" + std::to_string(i) + "]");
      }
      return;
    }
    // A table whose clusters may come later.
    const Node* validate = Member(node, "validate_clusters", "validateClusters");
    if (!node.IsMap() || (validate != nullptr && validate->scalar == "false")) return;
    if (IsTcpProxy(node)) Check(node.Find("cluster"), path + ".cluster");
    if (const Node* weighted = Member(node, "weighted_clusters", "weightedClusters")) {
      CheckList(weighted->Find("clusters"), "name", path + ".weighted_clusters.clusters");
    }
    CheckList(Member(node, "request_mirror_policies", "requestMirrorPolicies"), "cluster",
              path + ".request_mirror_policies");
    for (const Node& member : node.items) {
      const std::string below = path.empty() ? member.key : path + "." + member.key;
      if (member.key == "route") Check(member.Find("cluster"), below + ".cluster");
      At(member, below);
    }
  }

 private:
  static bool IsTcpProxy(const Node& node) {
    const Node* type = node.Find("@type");
    return type != nullptr && type->scalar.ends_with(".tcp_proxy.v3.TcpProxy");
  }

  void CheckList(const Node* list, std::string_view field, const std::string& path) {
    if (list == nullptr || !list->IsList()) return;
    for (size_t i = 0; i < list->items.size(); ++i) {
      Check(list->items[i].Find(field), path + "[" + std::to_string(i) + "]." + std::string(field));
    }
  }

  void Check(const Node* name, const std::string& path) {
    if (name == nullptr || !name->IsScalar() || name->scalar.empty()) return;
    if (std::ranges::count(names_, name->scalar) != 0) return;
    problems_.Add({name->mark, path}, "unknown cluster `" + name->scalar + "`",
                  config::DidYouMean(name->scalar, names_));
  }

  const std::vector<std::string_view> names_;
  config::Problems& problems_;
};

}  // namespace

void CheckClusterReferences(const Node& root, config::Problems& problems) {
  const Node* resources = Member(root, "static_resources", "staticResources");
  const Node* listeners = resources == nullptr ? nullptr : resources->Find("listeners");
  if (listeners == nullptr) return;
  std::vector<std::string_view> names;
  if (const Node* clusters = resources->Find("clusters")) {
    for (const Node& cluster : clusters->items) {
      const Node* name = cluster.Find("name");
      if (name != nullptr && name->IsScalar()) names.push_back(name->scalar);
    }
  }
  Walk(std::move(names), problems).At(*listeners, "static_resources.listeners");
}

}  // namespace sluice::server

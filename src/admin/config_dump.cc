// /config_dump: the bootstrap, and the clusters, listeners and routes in it, in the shape of
// envoy.admin.v3.ConfigDump. A pure function of the (redacted) bootstrap and resources.
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sluice/match/regex.h"
#include "tables.h"

namespace sluice::admin {
namespace {

using config::Node;

constexpr std::string_view kTypePrefix = "type.googleapis.com/";

// One message of the dump, and its repeated fields: the name of each, and what an element is called
// when it stands alone (?resource=).
struct Section {
  struct Repeated {
    std::string items;
    std::string item_type;
  };
  Node message;
  std::vector<Repeated> lists;
};

Node Typed(std::string_view type) {
  Node node = Node::Map();
  PutAlways(node, "@type", std::string(kTypePrefix).append(type));
  return node;
}

Node AsAny(std::string_view type, const Node& value) {
  Node any = Typed(type);
  for (const Node& member : value.items) {
    if (member.key != "@type") any.items.push_back(member);
  }
  return any;
}

const Node* Path(const Node& root, std::string_view first, std::string_view second) {
  const Node* node = root.Find(first);
  return node == nullptr ? nullptr : node->Find(second);
}

std::string NameOf(const Node& node) {
  const Node* name = node.Find("name");
  return name == nullptr ? std::string() : name->scalar;
}

// Route configurations stand inside connection managers, wherever those are.
void FindRoutes(const Node& node, std::vector<const Node*>& out) {
  for (const Node& item : node.items) {
    if (item.key == "route_config" && item.IsMap()) {
      out.push_back(&item);
    } else {
      FindRoutes(item, out);
    }
  }
}

// The names of one kind of resource in its message.
struct Names {
  std::string_view type;  // of the message
  std::string_view fixed;
  std::string_view fixed_item;
  std::string_view dynamic;
  std::string_view dynamic_item;
  std::string_view member;
  std::string_view member_type;
};

constexpr Names kClusters = {
    "envoy.admin.v3.ClustersConfigDump", "static_clusters", "StaticCluster",
    "dynamic_active_clusters",           "DynamicCluster",  "cluster",
    "envoy.config.cluster.v3.Cluster"};
constexpr Names kEndpoints = {"envoy.admin.v3.EndpointsConfigDump",
                              "static_endpoint_configs",
                              "StaticEndpointConfig",
                              "dynamic_endpoint_configs",
                              "DynamicEndpointConfig",
                              "endpoint_config",
                              "envoy.config.endpoint.v3.ClusterLoadAssignment"};
constexpr Names kListeners = {"envoy.admin.v3.ListenersConfigDump",
                              "static_listeners",
                              "StaticListener",
                              "dynamic_listeners",
                              "DynamicListener",
                              "listener",
                              "envoy.config.listener.v3.Listener"};
constexpr Names kRoutes = {"envoy.admin.v3.RoutesConfigDump",
                           "static_route_configs",
                           "StaticRouteConfig",
                           "dynamic_route_configs",
                           "DynamicRouteConfig",
                           "route_config",
                           "envoy.config.route.v3.RouteConfiguration"};
constexpr Names kSecrets = {"envoy.admin.v3.SecretsConfigDump",
                            "static_secrets",
                            "StaticSecret",
                            "dynamic_active_secrets",
                            "DynamicSecret",
                            "secret",
                            "envoy.extensions.transport_sockets.tls.v3.Secret"};

class Dump {
 public:
  Dump(AdminHost& host, const match::Regex* names)
      : bootstrap_(host.Bootstrap()),
        dynamic_(host.DynamicResources()),
        time_(Timestamp(host.ConfigTime())),
        names_(names) {}

  std::vector<Section> Sections(bool include_eds) {
    using discovery::Kind;
    std::vector<Section> sections;
    sections.push_back(Bootstrap());
    sections.push_back(Resources(kClusters, Elements("clusters"), Kind::kClusters));
    if (include_eds) sections.push_back(Endpoints());
    sections.push_back(Resources(kListeners, Elements("listeners"), Kind::kListeners));
    std::vector<const Node*> routes;
    for (const Node* listener : Elements("listeners")) FindRoutes(*listener, routes);
    for (const discovery::ResourceView& one : dynamic_) {
      if (one.kind == Kind::kListeners) FindRoutes(one.content, routes);
    }
    sections.push_back(Resources(kRoutes, routes, Kind::kRoutes));
    sections.push_back({Typed("envoy.admin.v3.ScopedRoutesConfigDump"), {}});
    sections.push_back(Resources(kSecrets, Elements("secrets"), Kind::kSecrets));
    return sections;
  }

 private:
  Section Bootstrap() {
    Node message = Typed("envoy.admin.v3.BootstrapConfigDump");
    Put(message, "bootstrap", bootstrap_);
    PutAlways(message, "last_updated", time_);
    return {std::move(message), {}};
  }

  std::vector<const Node*> Elements(std::string_view field) const {
    std::vector<const Node*> elements;
    const Node* list = Path(bootstrap_, "static_resources", field);
    if (list == nullptr) return elements;
    for (const Node& element : list->items) elements.push_back(&element);
    return elements;
  }

  bool Wanted(const std::string& name) const {
    return names_ == nullptr || names_->FullMatch(name);
  }

  Section Resources(const Names& names, const std::vector<const Node*>& elements,
                    discovery::Kind kind) const {
    Node list = Node::List();
    for (const Node* element : elements) {
      if (!Wanted(NameOf(*element))) continue;
      Node entry = Node::Map();
      if (kind == discovery::Kind::kSecrets) PutAlways(entry, "name", NameOf(*element));
      Put(entry, names.member, AsAny(names.member_type, *element));
      PutAlways(entry, "last_updated", time_);
      list.items.push_back(std::move(entry));
    }
    return Finish(names, std::move(list), kind);
  }

  Section Endpoints() const {
    Node list = Node::List();
    for (const Node* cluster : Elements("clusters")) {
      const Node* assignment = cluster->Find("load_assignment");
      if (assignment == nullptr || !Wanted(NameOf(*cluster))) continue;
      Node entry = Node::Map();
      Put(entry, kEndpoints.member, AsAny(kEndpoints.member_type, *assignment));
      list.items.push_back(std::move(entry));
    }
    return Finish(kEndpoints, std::move(list), discovery::Kind::kEndpoints);
  }

  // Beside what is static, what came from files.
  Section Finish(const Names& names, Node fixed, discovery::Kind kind) const {
    Node message = Typed(names.type);
    Node list = Node::List();
    const discovery::ResourceView* newest = nullptr;
    for (const discovery::ResourceView& one : dynamic_) {
      if (one.kind != kind) continue;
      if (newest == nullptr || newest->updated <= one.updated) newest = &one;
      if (Wanted(one.name)) list.items.push_back(Dynamic(names, one));
    }
    const bool versioned =
        kind == discovery::Kind::kListeners || kind == discovery::Kind::kClusters;
    if (versioned && newest != nullptr && !newest->version.empty()) {
      PutAlways(message, "version_info", newest->version);
    }
    if (!fixed.items.empty()) Put(message, names.fixed, std::move(fixed));
    if (!list.items.empty()) Put(message, names.dynamic, std::move(list));
    return {std::move(message),
            {{std::string(names.fixed), fmt::format("{}.{}", names.type, names.fixed_item)},
             {std::string(names.dynamic), fmt::format("{}.{}", names.type, names.dynamic_item)}}};
  }

  static Node Dynamic(const Names& names, const discovery::ResourceView& one) {
    Node state = Node::Map();
    const bool listener = one.kind == discovery::Kind::kListeners;
    if (one.kind == discovery::Kind::kSecrets) PutAlways(state, "name", one.name);
    if (!one.version.empty()) PutAlways(state, "version_info", one.version);
    Put(state, names.member, AsAny(names.member_type, one.content));
    PutAlways(state, "last_updated", Timestamp(one.updated));
    if (!listener) return state;
    Node entry = Node::Map();
    PutAlways(entry, "name", one.name);
    Put(entry, "active_state", std::move(state));
    return entry;
  }

  Node bootstrap_;
  std::vector<discovery::ResourceView> dynamic_;
  std::string time_;
  const match::Regex* names_;
};

std::vector<std::string> SplitAt(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// Keeps of a message what the mask's paths name. Lists cannot be looked into, as with protobuf's
// field masks. False when no path names anything.
bool Trim(Node& message, const std::vector<std::string>& paths) {
  Node kept = Node::Map();
  for (const Node& member : message.items) {
    if (member.key == "@type") {
      kept.items.push_back(member);
      continue;
    }
    std::vector<std::string> inner;
    bool whole = false;
    for (const std::string& path : paths) {
      if (path == member.key) whole = true;
      if (path.starts_with(member.key + ".")) inner.push_back(path.substr(member.key.size() + 1));
    }
    if (!whole && inner.empty()) continue;
    Node copy = member;
    if (!whole && !(copy.IsMap() && Trim(copy, inner))) continue;
    kept.items.push_back(std::move(copy));
  }
  const bool any = kept.items.size() > (message.Find("@type") != nullptr ? 1U : 0U);
  kept.key = message.key;
  message = std::move(kept);
  return any;
}

const Section::Repeated* FindList(const Section& section, std::string_view name) {
  for (const Section::Repeated& one : section.lists) {
    if (one.items == name) return &one;
  }
  return nullptr;
}

Response DumpResource(const std::vector<Section>& sections, std::string_view resource,
                      std::optional<std::string_view> mask, Node& configs) {
  for (const Section& section : sections) {
    const Section::Repeated* repeated = FindList(section, resource);
    if (repeated == nullptr) {
      const Node* field = section.message.Find(resource);
      if (field == nullptr || resource == "@type") continue;
      return TextResponse(
          fmt::format("{0} is not a repeated field. Use ?mask={0} to get only this field",
                      resource),
          400);
    }
    const Node* list = section.message.Find(resource);
    if (list == nullptr) return TextResponse({});
    for (const Node& element : list->items) {
      Node any = AsAny(repeated->item_type, element);
      if (mask && !Trim(any, SplitAt(*mask, ','))) {
        return TextResponse(fmt::format("FieldMask {} could not be successfully used.", *mask),
                            400);
      }
      configs.items.push_back(std::move(any));
    }
    return TextResponse({});
  }
  return TextResponse(fmt::format("{} not found in config dump", resource), 404);
}

Response ConfigDump(const Request& request, AdminHost& host) {
  std::optional<match::Regex> names;
  if (const auto pattern = request.Param("name_regex"); pattern && !pattern->empty()) {
    Result<match::Regex> compiled = match::Regex::Compile(*pattern);
    if (!compiled) {
      return TextResponse(fmt::format("Error while parsing name_regex from {}: {}", *pattern,
                                      compiled.error().detail),
                          400);
    }
    names = std::move(*compiled);
  }
  const auto mask = request.Param("mask");
  std::vector<Section> sections =
      Dump(host, names ? &*names : nullptr).Sections(request.Param("include_eds").has_value());
  Node configs = Node::List();
  if (const auto resource = request.Param("resource")) {
    Response failure = DumpResource(sections, *resource, mask, configs);
    if (failure.status != 200) return failure;
  } else {
    for (Section& section : sections) {
      if (mask && !Trim(section.message, SplitAt(*mask, ','))) continue;
      configs.items.push_back(std::move(section.message));
    }
    if (configs.items.empty() && mask) {
      return TextResponse(
          fmt::format("FieldMask {} could not be successfully applied to any configs.", *mask),
          400);
    }
  }
  Node root = Node::Map();
  if (!configs.items.empty()) Put(root, "configs", std::move(configs));
  return JsonResponse(PrettyJson(root));
}

}  // namespace

std::vector<Endpoint> ConfigDumpEndpoints() {
  return {
      {.path = "/config_dump",
       .help = "dump current configs (experimental)",
       .params = {{"resource", "The resource to dump"},
                  {"mask",
                   "The mask to apply. When both resource and mask are specified, the mask is "
                   "applied to every element in the desired repeated field so that only a subset "
                   "of fields are returned."},
                  {"name_regex",
                   "Dump only the currently loaded configurations whose names match the specified "
                   "regex. Can be used with both resource and mask query parameters."},
                  {"include_eds",
                   "Dump currently loaded configuration including EDS. See the response definition "
                   "for more information"}},
       .handle = ConfigDump},
  };
}

}  // namespace sluice::admin

// /config_dump: the bootstrap, and the clusters, listeners and routes in it, in the shape of
// envoy.admin.v3.ConfigDump. A pure function of the (redacted) bootstrap.
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

// One message of the dump. `items` is the name of its repeated field, `item_type` what an element
// is called when it stands alone (?resource=).
struct Section {
  Node message;
  std::string items;
  std::string item_type;
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

class Dump {
 public:
  Dump(AdminHost& host, const match::Regex* names)
      : bootstrap_(host.Bootstrap()), time_(Timestamp(host.ConfigTime())), names_(names) {}

  std::vector<Section> Sections(bool include_eds) {
    std::vector<Section> sections;
    sections.push_back(Bootstrap());
    sections.push_back(List("envoy.admin.v3.ClustersConfigDump", "static_clusters", "StaticCluster",
                            "cluster", "envoy.config.cluster.v3.Cluster", Elements("clusters")));
    if (include_eds) sections.push_back(Endpoints());
    sections.push_back(List("envoy.admin.v3.ListenersConfigDump", "static_listeners",
                            "StaticListener", "listener", "envoy.config.listener.v3.Listener",
                            Elements("listeners")));
    std::vector<const Node*> routes;
    for (const Node* listener : Elements("listeners")) FindRoutes(*listener, routes);
    sections.push_back(List("envoy.admin.v3.RoutesConfigDump", "static_route_configs",
                            "StaticRouteConfig", "route_config",
                            "envoy.config.route.v3.RouteConfiguration", routes));
    sections.push_back({Typed("envoy.admin.v3.ScopedRoutesConfigDump"), {}, {}});
    sections.push_back({Typed("envoy.admin.v3.SecretsConfigDump"), {}, {}});
    return sections;
  }

 private:
  Section Bootstrap() {
    Node message = Typed("envoy.admin.v3.BootstrapConfigDump");
    Put(message, "bootstrap", bootstrap_);
    PutAlways(message, "last_updated", time_);
    return {std::move(message), {}, {}};
  }

  std::vector<const Node*> Elements(std::string_view field) const {
    std::vector<const Node*> elements;
    const Node* list = Path(bootstrap_, "static_resources", field);
    if (list == nullptr) return elements;
    for (const Node& element : list->items) elements.push_back(&element);
    return elements;
  }

  bool Wanted(const Node& element) const {
    return names_ == nullptr || names_->FullMatch(NameOf(element));
  }

  Section List(std::string_view type, std::string_view field, std::string_view item,
               std::string_view member, std::string_view member_type,
               const std::vector<const Node*>& elements) const {
    Node list = Node::List();
    for (const Node* element : elements) {
      if (!Wanted(*element)) continue;
      Node entry = Node::Map();
      Put(entry, member, AsAny(member_type, *element));
      PutAlways(entry, "last_updated", time_);
      list.items.push_back(std::move(entry));
    }
    Node message = Typed(type);
    if (!list.items.empty()) Put(message, field, std::move(list));
    return {std::move(message), std::string(field), fmt::format("{}.{}", type, item)};
  }

  Section Endpoints() const {
    std::vector<const Node*> assignments;
    for (const Node* cluster : Elements("clusters")) {
      const Node* assignment = cluster->Find("load_assignment");
      if (assignment != nullptr && Wanted(*cluster)) assignments.push_back(assignment);
    }
    Node list = Node::List();
    for (const Node* assignment : assignments) {
      Node entry = Node::Map();
      Put(entry, "endpoint_config",
          AsAny("envoy.config.endpoint.v3.ClusterLoadAssignment", *assignment));
      list.items.push_back(std::move(entry));
    }
    Node message = Typed("envoy.admin.v3.EndpointsConfigDump");
    if (!list.items.empty()) Put(message, "static_endpoint_configs", std::move(list));
    return {std::move(message), "static_endpoint_configs",
            "envoy.admin.v3.EndpointsConfigDump.StaticEndpointConfig"};
  }

  Node bootstrap_;
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

Response DumpResource(const std::vector<Section>& sections, std::string_view resource,
                      std::optional<std::string_view> mask, Node& configs) {
  for (const Section& section : sections) {
    if (section.items != resource) {
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
      Node any = AsAny(section.item_type, element);
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

// Recognising Envoy v2 files. Done on the tree, before any schema: a v2 file otherwise drowns in
// unknown fields.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/config/parse.h"

namespace sluice::config {
namespace {

// Lists (and messages) whose elements are {name, config} in v2.
constexpr std::array<std::string_view, 14> kExtensionPlaces = {"filters",
                                                               "http_filters",
                                                               "listener_filters",
                                                               "access_log",
                                                               "stats_sinks",
                                                               "transport_socket",
                                                               "http",
                                                               "provider",
                                                               "resource_monitors",
                                                               "retry_host_predicates",
                                                               "retry_priority",
                                                               "actions",
                                                               "cluster_type",
                                                               "retry_host_predicate"};

struct OldField {
  std::string_view parent;  // the nearest named field above
  std::string_view name;
  std::string_view successor;
};
constexpr std::array<OldField, 10> kOldFields = {{
    {"clusters", "hosts", "load_assignment"},
    {"clusters", "tls_context", "transport_socket with envoy...UpstreamTlsContext"},
    {"clusters", "extension_protocol_options", "typed_extension_protocol_options"},
    {"filter_chains", "tls_context", "transport_socket with envoy...DownstreamTlsContext"},
    {"match", "regex", "safe_regex"},
    {"routes", "per_filter_config", "typed_per_filter_config"},
    {"virtual_hosts", "per_filter_config", "typed_per_filter_config"},
    {"route", "auto_host_rewrite_header", "host_rewrite_header"},
    {"headers", "regex_match", "string_match.safe_regex"},
    {"cors", "allow_origin", "allow_origin_string_match"},
}};

bool IsV2Type(std::string_view url) {
  const size_t slash = url.rfind('/');
  const std::string_view type = slash == std::string_view::npos ? url : url.substr(slash + 1);
  if (type.starts_with("envoy.api.v2.")) return true;
  if (!type.starts_with("envoy.")) return false;
  for (std::string_view part : {".v2.", ".v2alpha.", ".v2alpha1."}) {
    if (type.find(part) != std::string_view::npos) return true;
  }
  return false;
}

class Finder {
 public:
  explicit Finder(Problems& problems) : problems_(problems) {}
  size_t found() const { return found_; }

  // `place` is the nearest field name above `node`.
  void Walk(const Node& node, std::string_view place, const std::string& path) {
    if (node.IsList()) {
      for (size_t i = 0; i < node.items.size(); ++i) {
        Walk(node.items[i], place, path + "[" + std::to_string(i) + "]");
      }
      return;
    }
    if (!node.IsMap()) return;
    for (const Node& member : node.items) {
      const std::string below = path.empty() ? member.key : path + "." + member.key;
      Look(node, member, place, below);
      // Free-form data may hold anything.
      if (member.key == "metadata" || member.key == "filter_metadata") continue;
      Walk(member, member.key, below);
    }
  }

 private:
  void Look(const Node& map, const Node& member, std::string_view place, const std::string& path) {
    if (member.key == "@type" && member.IsScalar() && IsV2Type(member.scalar)) {
      return Report(member.mark, path, "v2 type " + member.scalar, "use its v3 type");
    }
    if (member.key == "config" && map.Find("name") != nullptr && !map.Find("typed_config") &&
        std::find(kExtensionPlaces.begin(), kExtensionPlaces.end(), place) !=
            kExtensionPlaces.end()) {
      return Report(member.key_mark, path, "v2 field `config`",
                    "in v3 it is `typed_config` with `@type`");
    }
    for (const OldField& old : kOldFields) {
      if (member.key == old.name && place == old.parent) {
        Report(member.key_mark, path, "v2 field `" + member.key + "`",
               "in v3 it is " + std::string(old.successor));
      }
    }
  }

  void Report(const Mark& mark, const std::string& path, std::string what, std::string hint) {
    ++found_;
    problems_.Add({mark, path}, std::move(what), std::move(hint));
  }

  Problems& problems_;
  size_t found_ = 0;
};

}  // namespace

bool RefuseV2(const Node& root, Problems& problems) {
  Finder finder(problems);
  finder.Walk(root, "", "");
  if (finder.found() == 0) return true;
  problems.SetHeadline(problems.Place(Mark{root.mark.source, 0, 0}) +
                       ": this is an Envoy v2 config; sluice reads v3, see each line below");
  return false;
}

}  // namespace sluice::config

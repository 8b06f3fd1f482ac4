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

// Where v2's packages have gone; what is not here kept its name but for the version.
struct Moved {
  std::string_view from;
  std::string_view to;
};
constexpr std::array<Moved, 8> kMoved = {{
    {"envoy.config.filter.network.", "envoy.extensions.filters.network."},
    {"envoy.config.filter.listener.", "envoy.extensions.filters.listener."},
    {"envoy.config.filter.http.transcoder.", "envoy.extensions.filters.http.grpc_json_transcoder."},
    {"envoy.config.filter.http.", "envoy.extensions.filters.http."},
    {"envoy.config.filter.accesslog.", "envoy.config.accesslog."},
    {"envoy.config.accesslog.v2.FileAccessLog",
     "envoy.extensions.access_loggers.file.v3.FileAccessLog"},
    {"envoy.api.v2.auth.", "envoy.extensions.transport_sockets.tls.v3."},
    {"envoy.config.", "envoy.config."},
}};

// "use its v3 type", by its name where that follows from the old one.
std::string SuccessorHint(std::string_view url) {
  const std::string_view type = url.substr(url.rfind('/') + 1);
  for (const Moved& each : kMoved) {
    if (!type.starts_with(each.from)) continue;
    std::string name = std::string(each.to) + std::string(type.substr(each.from.size()));
    for (const std::string_view old : {".v2alpha1.", ".v2alpha.", ".v2."}) {
      const size_t at = name.find(old);
      if (at != std::string::npos) name.replace(at, old.size(), ".v3.");
    }
    return "in v3 it is type.googleapis.com/" + name;
  }
  return "use its v3 type";
}

// The types of what v2 files configure by `name` and `config`, for the names that they use most.
constexpr std::array<std::array<std::string_view, 3>, 16> kNamedTypes = {{
    {"envoy.http_connection_manager", "envoy.filters.network.http_connection_manager",
     "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"},
    {"envoy.tcp_proxy", "envoy.filters.network.tcp_proxy",
     "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"},
    {"envoy.file_access_log", "envoy.access_loggers.file",
     "envoy.extensions.access_loggers.file.v3.FileAccessLog"},
    {"envoy.router", "envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router"},
    {"envoy.cors", "envoy.filters.http.cors", "envoy.extensions.filters.http.cors.v3.Cors"},
    {"envoy.grpc_web", "envoy.filters.http.grpc_web",
     "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb"},
    {"envoy.grpc_json_transcoder", "envoy.filters.http.grpc_json_transcoder",
     "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder"},
    {"envoy.lua", "envoy.filters.http.lua", "envoy.extensions.filters.http.lua.v3.Lua"},
    {"envoy.fault", "envoy.filters.http.fault", "envoy.extensions.filters.http.fault.v3.HTTPFault"},
    {"envoy.ext_authz", "envoy.filters.http.ext_authz",
     "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"},
    {"envoy.rate_limit", "envoy.filters.http.ratelimit",
     "envoy.extensions.filters.http.ratelimit.v3.RateLimit"},
    {"envoy.filters.http.jwt_authn", "",
     "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication"},
    {"envoy.health_check", "envoy.filters.http.health_check",
     "envoy.extensions.filters.http.health_check.v3.HealthCheck"},
    {"envoy.gzip", "envoy.filters.http.gzip",
     "envoy.extensions.filters.http.compressor.v3.Compressor"},
    {"envoy.zipkin", "envoy.tracers.zipkin", "envoy.config.trace.v3.ZipkinConfig"},
    {"envoy.redis_proxy", "envoy.filters.network.redis_proxy",
     "envoy.extensions.filters.network.redis_proxy.v3.RedisProxy"},
}};

std::string TypedConfigHint(const Node& extension) {
  const std::string& name = extension.Find("name")->scalar;
  for (const auto& [old, other, type] : kNamedTypes) {
    if (name != old && name != other) continue;
    return "in v3 it is `typed_config` with `@type: type.googleapis.com/" + std::string(type) + "`";
  }
  return "in v3 it is `typed_config` with `@type`";
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
      return Report(member.mark, path, "v2 type " + member.scalar, SuccessorHint(member.scalar));
    }
    if (member.key == "config" && map.Find("name") != nullptr && !map.Find("typed_config") &&
        std::find(kExtensionPlaces.begin(), kExtensionPlaces.end(), place) !=
            kExtensionPlaces.end()) {
      return Report(member.key_mark, path, "v2 field `config`", TypedConfigHint(map));
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

#include "sluice/config/config_source.h"

#include <utility>

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::config {
namespace {

constexpr std::string_view kOnlyFiles =
    "resources are read from files only: use path_config_source";

Node SourceFromPath(const Node& path) {
  Node source = Node::Map();
  source.mark = path.mark;
  Node member = path;
  member.key = "path";
  source.items.push_back(std::move(member));
  return source;
}

void CheckVersion(const ConfigSource& source, const Node& node, Context& ctx) {
  if (source.resource_api_version != ApiVersion::kV2) return;
  ctx.Fail(node, "resource_api_version V2 is not implemented", {}, "use V3");
}

}  // namespace

const Message& WatchedDirectory::Schema() {
  static const auto message = Message::Of<WatchedDirectory>(
      "envoy.config.core.v3.WatchedDirectory", "A directory whose changes mean that files changed.",
      {Field("path", &WatchedDirectory::path, "The directory.").Required().NonEmpty()});
  return message;
}

const Message& PathConfigSource::Schema() {
  using C = PathConfigSource;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.PathConfigSource", "A file that is watched.",
      {Field("path", &C::path, "The file; .json is JSON, all else YAML.").Required().NonEmpty(),
       Field("watched_directory", &C::watched_directory,
             "A directory whose changes mean that the file changed.")});
  return message;
}

const Message& ConfigSource::Schema() {
  using C = ConfigSource;
  constexpr std::string_view kGroup = "config_source_specifier";
  static const auto message =
      Message::Of<C>("envoy.config.core.v3.ConfigSource", "Where resources are read from: a file.",
                     {Unimplemented("authorities", kOnlyFiles),
                      Renamed("path", "path_config_source", &SourceFromPath).Oneof(kGroup),
                      Field("path_config_source", &C::path_config_source, "A file.").Oneof(kGroup),
                      Unimplemented("api_config_source", kOnlyFiles).Oneof(kGroup),
                      Unimplemented("ads", kOnlyFiles).Oneof(kGroup),
                      Unimplemented("self", kOnlyFiles).Oneof(kGroup),
                      Field("initial_fetch_timeout", &C::initial_fetch_timeout,
                            "How long a first answer is waited for; a file answers at once.")
                          .Min(Duration{}),
                      Field("resource_api_version", &C::resource_api_version, "V3.")})
          .RequireOneof(kGroup)
          .RecordWhere(&C::where)
          .Check(&CheckVersion);
  return message;
}

}  // namespace sluice::config

#include "config_loader.h"

#include <utility>

#include "cluster_references.h"
#include "sluice/config/parse.h"
#include "sluice/config/reader.h"

namespace sluice::server {
namespace {

std::optional<config::Node> ReadAll(const Options& options, config::Problems& problems) {
  config::ReadOptions read;
  read.expand_env = options.expand_env;
  std::optional<config::Node> root;
  if (!options.config_path.empty()) {
    root = config::ReadFile(options.config_path, read, problems);
    if (!root) return std::nullopt;
  }
  if (options.config_yaml.empty()) return root;
  auto overlay =
      config::ReadText("--config-yaml", options.config_yaml, config::Format::kYaml, read, problems);
  if (!overlay) return std::nullopt;
  if (!root) return overlay;
  config::Merge(BootstrapConfig::Schema(), *root, *overlay);
  return root;
}

// What the command line says of the node goes over the file.
void OverrideNode(const Options& options, NodeConfig& node) {
  if (!options.service_node.empty()) node.id = options.service_node;
  if (!options.service_cluster.empty()) node.cluster = options.service_cluster;
  if (!options.service_zone.empty()) node.locality.zone = options.service_zone;
}

// What holds for all clusters that do not say otherwise.
void ShareBindConfig(BootstrapConfig& bootstrap) {
  const auto& bind = bootstrap.cluster_manager.upstream_bind_config;
  if (!bind) return;
  for (upstream::ClusterConfig& cluster : bootstrap.static_resources.clusters) {
    if (!cluster.upstream_bind_config) cluster.upstream_bind_config = bind;
  }
}

}  // namespace

std::shared_ptr<const BootstrapConfig> LoadBootstrap(const Options& options,
                                                     const config::ExtensionRegistry& extensions,
                                                     config::Problems& problems) {
  const std::optional<config::Node> root = ReadAll(options, problems);
  if (!root || !config::RefuseV2(*root, problems)) return nullptr;
  if (root->IsNull()) {  // as a template that failed leaves it
    problems.Add({root->mark, {}}, "the configuration is empty");
    return nullptr;
  }
  config::ParseOptions parse;
  parse.extensions = &extensions;
  parse.allow_unknown_fields = options.allow_unknown_static_fields;
  auto bootstrap = std::make_shared<BootstrapConfig>();
  if (!config::Parse(*root, parse, problems, *bootstrap) || !problems.ok()) {
    CheckClusterReferences(*root, problems);  // else found when the routes are made
    return nullptr;
  }
  OverrideNode(options, bootstrap->node);
  ShareBindConfig(*bootstrap);
  return bootstrap;
}

}  // namespace sluice::server

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

const config::Node* Secrets(const config::Node& root) {
  const config::Node* resources = root.Find("static_resources");
  if (resources == nullptr) resources = root.Find("staticResources");
  return resources == nullptr ? nullptr : resources->Find("secrets");
}

}  // namespace

void ShareBindConfig(const BootstrapConfig& bootstrap, upstream::ClusterConfig& cluster) {
  const auto& bind = bootstrap.cluster_manager.upstream_bind_config;
  if (bind && !cluster.upstream_bind_config) cluster.upstream_bind_config = bind;
}

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
    // Else found when the routes are made. Clusters of another file are not known here.
    if (!bootstrap->dynamic_resources.cds_config) CheckClusterReferences(*root, problems);
    return nullptr;
  }
  OverrideNode(options, bootstrap->node);
  for (upstream::ClusterConfig& cluster : bootstrap->static_resources.clusters) {
    ShareBindConfig(*bootstrap, cluster);
  }
  if (const config::Node* secrets = Secrets(*root)) bootstrap->secrets_as_written = *secrets;
  return bootstrap;
}

}  // namespace sluice::server

// envoy.config.rbac.v3.RBAC as structs, for the network and the HTTP filter. Immutable once parsed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/address.h"
#include "sluice/config/types.h"
#include "sluice/match/config.h"

namespace sluice::config {
class ExtensionRegistry;
}

namespace sluice::rbac {

enum class Action : uint8_t { kAllow, kDeny, kLog };
const config::EnumTable& ConfigEnum(Action);

struct PermissionSetConfig;
struct PortRangeConfig {
  int32_t start = 0;
  int32_t end = 0;  // behind the last
  static const config::Message& Schema();
};

enum class MetadataSource : uint8_t { kDynamic, kRoute };
const config::EnumTable& ConfigEnum(MetadataSource);

struct SourcedMetadataConfig {
  match::MetadataMatcherConfig metadata_matcher;
  MetadataSource metadata_source = MetadataSource::kDynamic;
  static const config::Message& Schema();
};

// uri_template: an extension, of which there is one.
struct PathTemplateConfig {
  std::string name;
  config::TypedConfig typed_config;
  static const config::Message& Schema();
};

// Exactly one member is set.
struct PermissionConfig {
  std::unique_ptr<PermissionSetConfig> and_rules;
  std::unique_ptr<PermissionSetConfig> or_rules;
  std::optional<bool> any;
  std::optional<match::HeaderMatcherConfig> header;
  std::optional<match::PathMatcherConfig> url_path;
  std::optional<config::CidrRange> destination_ip;
  std::optional<uint32_t> destination_port;
  std::optional<PortRangeConfig> destination_port_range;
  std::optional<match::MetadataMatcherConfig> metadata;
  std::unique_ptr<PermissionConfig> not_rule;
  std::optional<match::StringMatcherConfig> requested_server_name;
  std::optional<PathTemplateConfig> uri_template;
  std::optional<SourcedMetadataConfig> sourced_metadata;

  PermissionConfig();
  PermissionConfig(PermissionConfig&&) noexcept;
  PermissionConfig& operator=(PermissionConfig&&) noexcept;
  ~PermissionConfig();
  static const config::Message& Schema();
};

struct PermissionSetConfig {
  std::vector<PermissionConfig> rules;
  static const config::Message& Schema();
};

struct AuthenticatedConfig {
  std::optional<match::StringMatcherConfig> principal_name;
  static const config::Message& Schema();
};

struct PrincipalSetConfig;

struct FilterStateMatcherConfig {
  std::string key;
  std::optional<match::StringMatcherConfig> string_match;
  static const config::Message& Schema();
};

// Exactly one member is set.
struct PrincipalConfig {
  std::unique_ptr<PrincipalSetConfig> and_ids;
  std::unique_ptr<PrincipalSetConfig> or_ids;
  std::optional<bool> any;
  std::optional<AuthenticatedConfig> authenticated;
  std::optional<config::CidrRange> source_ip;
  std::optional<config::CidrRange> direct_remote_ip;
  std::optional<config::CidrRange> remote_ip;
  std::optional<match::HeaderMatcherConfig> header;
  std::optional<match::PathMatcherConfig> url_path;
  std::optional<match::MetadataMatcherConfig> metadata;
  std::optional<FilterStateMatcherConfig> filter_state;
  std::optional<SourcedMetadataConfig> sourced_metadata;
  std::unique_ptr<PrincipalConfig> not_id;

  PrincipalConfig();
  PrincipalConfig(PrincipalConfig&&) noexcept;
  PrincipalConfig& operator=(PrincipalConfig&&) noexcept;
  ~PrincipalConfig();
  static const config::Message& Schema();
};

struct PrincipalSetConfig {
  std::vector<PrincipalConfig> ids;
  static const config::Message& Schema();
};

struct PolicyConfig {
  std::vector<PermissionConfig> permissions;
  std::vector<PrincipalConfig> principals;
  static const config::Message& Schema();
};

// What a matcher comes to, in place of policies.
struct ActionConfig {
  std::string name;
  Action action = Action::kAllow;
  static const config::Message& Schema();
};

struct RbacConfig {
  Action action = Action::kAllow;
  std::map<std::string, PolicyConfig> policies;
  static const config::Message& Schema();
};

// The action of matchers.
void AddExtensions(config::ExtensionRegistry& registry);

}  // namespace sluice::rbac

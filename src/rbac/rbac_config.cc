#include "sluice/rbac/rbac_config.h"

#include "sluice/config/schema.h"
#include "sluice/match_tree/config.h"
#include "sluice/route/extensions.h"

namespace sluice::rbac {

using config::Field;
using config::Message;
using config::Unimplemented;

namespace {

constexpr std::string_view kExtension = "matcher extensions are not there";
constexpr std::string_view kCel = "CEL is not there; use permissions and principals";

}  // namespace

PermissionConfig::PermissionConfig() = default;
PermissionConfig::PermissionConfig(PermissionConfig&&) noexcept = default;
PermissionConfig& PermissionConfig::operator=(PermissionConfig&&) noexcept = default;
PermissionConfig::~PermissionConfig() = default;
PrincipalConfig::PrincipalConfig() = default;
PrincipalConfig::PrincipalConfig(PrincipalConfig&&) noexcept = default;
PrincipalConfig& PrincipalConfig::operator=(PrincipalConfig&&) noexcept = default;
PrincipalConfig::~PrincipalConfig() = default;

const config::EnumTable& ConfigEnum(Action) {
  static const config::EnumTable table("envoy.config.rbac.v3.RBAC.Action",
                                       {{"ALLOW", 0}, {"DENY", 1}, {"LOG", 2}});
  return table;
}

const Message& PortRangeConfig::Schema() {
  using C = PortRangeConfig;
  static const auto message =
      Message::Of<C>("envoy.type.v3.Int32Range", "Ports from start to the one before end.",
                     {Field("start", &C::start, "The first port.").Range(0, 65535),
                      Field("end", &C::end, "The port behind the last.").Range(1, 65536)});
  return message;
}

const config::EnumTable& ConfigEnum(MetadataSource) {
  static const config::EnumTable table("envoy.config.rbac.v3.MetadataSource",
                                       {{"DYNAMIC", 0}, {"ROUTE", 1}});
  return table;
}

const Message& SourcedMetadataConfig::Schema() {
  using C = SourcedMetadataConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.rbac.v3.SourcedMetadata", "A value in metadata.",
      {Field("metadata_matcher", &C::metadata_matcher, "Where it is, and what.").Required(),
       Field("metadata_source", &C::metadata_source, "Whose metadata it is.")});
  return message;
}

const Message& PathTemplateConfig::Schema() {
  using C = PathTemplateConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.TypedExtensionConfig", "envoy.path.match.uri_template.",
      {Field("name", &C::name, "Its name."), Field("typed_config", &C::typed_config, "Its config.")
                                                 .Required()
                                                 .Category(route::kPathMatchers)});
  return message;
}

const Message& FilterStateMatcherConfig::Schema() {
  using C = FilterStateMatcherConfig;
  constexpr std::string_view kGroup = "matcher";
  static const auto message =
      Message::Of<C>("envoy.type.matcher.v3.FilterStateMatcher", "An object that a filter left.",
                     {Field("key", &C::key, "Its name.").Required().NonEmpty(),
                      Field("string_match", &C::string_match, "Its text.").Oneof(kGroup),
                      Unimplemented("address_match", "use string_match").Oneof(kGroup)})
          .RequireOneof(kGroup);
  return message;
}

const Message& PermissionSetConfig::Schema() {
  using C = PermissionSetConfig;
  static const auto message =
      Message::Of<C>("envoy.config.rbac.v3.Permission.Set", "Several permissions.",
                     {Field("rules", &C::rules, "The permissions.").Required().NonEmpty()});
  return message;
}

const Message& PermissionConfig::Schema() {
  using C = PermissionConfig;
  constexpr std::string_view kRule = "rule";
  static const auto message =
      Message::Of<C>(
          "envoy.config.rbac.v3.Permission", "What is asked for.",
          {Field("and_rules", &C::and_rules, "All of these.").Oneof(kRule),
           Field("or_rules", &C::or_rules, "One of these.").Oneof(kRule),
           Field("any", &C::any, "true: anything.").Oneof(kRule),
           Field("header", &C::header, "A field of the request (HTTP only).").Oneof(kRule),
           Field("url_path", &C::url_path, "The path of the request (HTTP only).").Oneof(kRule),
           Field("destination_ip", &C::destination_ip, "The address connected to.").Oneof(kRule),
           Field("destination_port", &C::destination_port, "The port connected to.")
               .Max(65535)
               .Oneof(kRule),
           Field("destination_port_range", &C::destination_port_range, "A range of such ports.")
               .Oneof(kRule),
           Field("metadata", &C::metadata, "Dynamic metadata.").Oneof(kRule),
           Field("not_rule", &C::not_rule, "Not this.").Oneof(kRule),
           Field("requested_server_name", &C::requested_server_name, "The TLS server name.")
               .Oneof(kRule),
           Unimplemented("matcher", kExtension).Oneof(kRule),
           Field("uri_template", &C::uri_template, "A template of the path (HTTP only).")
               .Oneof(kRule),
           Field("sourced_metadata", &C::sourced_metadata, "Metadata, dynamic or the route's.")
               .Oneof(kRule)})
          .RequireOneof(kRule);
  return message;
}

const Message& AuthenticatedConfig::Schema() {
  using C = AuthenticatedConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.rbac.v3.Principal.Authenticated", "Who has shown a valid certificate.",
      {Field("principal_name", &C::principal_name,
             "URI SAN, else DNS SAN, else subject of the certificate; anyone unless set.")});
  return message;
}

const Message& PrincipalSetConfig::Schema() {
  using C = PrincipalSetConfig;
  static const auto message =
      Message::Of<C>("envoy.config.rbac.v3.Principal.Set", "Several principals.",
                     {Field("ids", &C::ids, "The principals.").Required().NonEmpty()});
  return message;
}

const Message& PrincipalConfig::Schema() {
  using C = PrincipalConfig;
  constexpr std::string_view kId = "identifier";
  static const auto message =
      Message::Of<C>(
          "envoy.config.rbac.v3.Principal", "Who asks.",
          {Field("and_ids", &C::and_ids, "All of these.").Oneof(kId),
           Field("or_ids", &C::or_ids, "One of these.").Oneof(kId),
           Field("any", &C::any, "true: anyone.").Oneof(kId),
           Field("authenticated", &C::authenticated, "Who has shown a certificate.").Oneof(kId),
           Field("source_ip", &C::source_ip, "The client's address.")
               .Deprecated("remote_ip")
               .Oneof(kId),
           Field("direct_remote_ip", &C::direct_remote_ip, "The socket's peer.").Oneof(kId),
           Field("remote_ip", &C::remote_ip, "The client, as PROXY or headers tell.").Oneof(kId),
           Field("header", &C::header, "A field of the request (HTTP only).").Oneof(kId),
           Field("url_path", &C::url_path, "The path of the request (HTTP only).").Oneof(kId),
           Field("metadata", &C::metadata, "Dynamic metadata.").Oneof(kId),
           Field("filter_state", &C::filter_state, "A text that a filter left.").Oneof(kId),
           Field("not_id", &C::not_id, "Not this.").Oneof(kId),
           Field("sourced_metadata", &C::sourced_metadata, "Metadata, dynamic or the route's.")
               .Oneof(kId),
           Unimplemented("custom", "use authenticated").Oneof(kId)})
          .RequireOneof(kId);
  return message;
}

const Message& PolicyConfig::Schema() {
  using C = PolicyConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.rbac.v3.Policy", "Matches when one permission and one principal do.",
      {Field("permissions", &C::permissions, "What is asked for: one of these.")
           .Required()
           .NonEmpty(),
       Field("principals", &C::principals, "Who asks: one of these.").Required().NonEmpty(),
       Unimplemented("condition", kCel), Unimplemented("checked_condition", kCel),
       Unimplemented("cel_config", kCel)});
  return message;
}

const Message& ActionConfig::Schema() {
  using C = ActionConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.rbac.v3.Action", "What a match means, by a name of its own.",
      {Field("name", &C::name, "Its name, where policies have theirs.").Required().NonEmpty(),
       Field("action", &C::action, "ALLOW, DENY, or LOG, which lets through and marks for logs.")});
  return message;
}

void AddExtensions(config::ExtensionRegistry& registry) {
  registry.Emplace<config::Extension>(match_tree::kActions, ActionConfig::Schema().type(),
                                      &ActionConfig::Schema);
}

const Message& RbacConfig::Schema() {
  using C = RbacConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.rbac.v3.RBAC", "Who may do what.",
      {Field("action", &C::action, "What a matching policy means: ALLOW, DENY or LOG."),
       Field("policies", &C::policies, "The policies, by name."),
       Unimplemented("audit_logging_options", "use access logs")});
  return message;
}

}  // namespace sluice::rbac

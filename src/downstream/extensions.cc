#include "sluice/downstream/extensions.h"

#include <memory>

#include "manager_factory.h"

namespace sluice::downstream {
namespace {

// An extension that is nothing but its config: the manager compiles it.
template <typename Config>
void AddPlain(config::ExtensionRegistry& registry, std::string_view category, std::string_view type,
              std::vector<std::string_view> names) {
  registry.Emplace<config::Extension>(category, type, &Config::Schema, std::move(names));
}

}  // namespace

void AddExtensions(config::ExtensionRegistry& registry) {
  using Manager =
      filter::SimpleExtension<filter::NetworkFilterExtension, filter::NetworkFilterFactory,
                              HttpConnectionManagerConfig, ManagerFactory>;
  registry.Emplace<Manager>(
      filter::kNetworkFilters,
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      &HttpConnectionManagerConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.network.http_connection_manager",
                                    "envoy.http_connection_manager"});
  AddPlain<UuidRequestIdConfig>(registry, kRequestIdExtensions,
                                "envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig",
                                {"envoy.request_id.uuid"});
  AddPlain<XffConfig>(registry, kOriginalIpDetection,
                      "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig",
                      {"envoy.http.original_ip_detection.xff"});
  AddPlain<CustomHeaderConfig>(
      registry, kOriginalIpDetection,
      "envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig",
      {"envoy.http.original_ip_detection.custom_header"});
  AddPlain<EarlyHeaderMutation>(
      registry, kEarlyHeaderMutation,
      "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
      {"envoy.http.early_header_mutation.header_mutation"});
  AddPlain<PreserveCaseConfig>(
      registry, kHeaderFormatters,
      "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig",
      {"envoy.http.stateful_header_formatters.preserve_case", "preserve_case"});
}

}  // namespace sluice::downstream

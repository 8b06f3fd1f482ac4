#include "builtin_extensions.h"

#include "sluice/compression/codec.h"
#include "sluice/config/categories.h"
#include "sluice/downstream/extensions.h"
#include "sluice/filters/extensions.h"
#include "sluice/log/access_log_config.h"
#include "sluice/match_tree/tree.h"
#include "sluice/net/dns_config.h"
#include "sluice/rbac/rbac_config.h"
#include "sluice/route/extensions.h"
#include "sluice/server/overload_config.h"
#include "sluice/tls/extensions.h"
#include "sluice/tracing/tracer.h"
#include "sluice/upstream/extensions.h"

namespace sluice::server {
namespace {

void AddHttpFilters(config::ExtensionRegistry& registry) {
  namespace f = filters;
  registry.Add(f::basic_auth::MakeExtension());
  registry.Add(f::basic_auth::MakeRouteExtension());
  registry.Add(f::buffer::MakeExtension());
  registry.Add(f::buffer::MakeRouteExtension());
  registry.Add(f::compressor::MakeExtension());
  registry.Add(f::compressor::MakeRouteExtension());
  registry.Add(f::cors::MakeExtension());
  registry.Add(f::cors::MakeRouteExtension());
  registry.Add(f::csrf::MakeExtension());
  registry.Add(f::csrf::MakeRouteExtension());
  registry.Add(f::decompressor::MakeExtension());
  registry.Add(f::dynamic_forward_proxy::MakeExtension());
  registry.Add(f::dynamic_forward_proxy::MakeRouteExtension());
  registry.Add(f::ext_authz::MakeExtension());
  registry.Add(f::ext_authz::MakeRouteExtension());
  registry.Add(f::ext_proc::MakeExtension());
  registry.Add(f::ext_proc::MakeRouteExtension());
  registry.Add(f::fault::MakeExtension());
  registry.Add(f::fault::MakeRouteExtension());
  registry.Add(f::grpc_http1_bridge::MakeExtension());
  registry.Add(f::grpc_http1_reverse_bridge::MakeExtension());
  registry.Add(f::grpc_http1_reverse_bridge::MakeRouteExtension());
  registry.Add(f::grpc_stats::MakeExtension());
  registry.Add(f::grpc_web::MakeExtension());
  registry.Add(f::header_mutation::MakeExtension());
  registry.Add(f::header_mutation::MakeRouteExtension());
  registry.Add(f::header_to_metadata::MakeExtension());
  registry.Add(f::header_to_metadata::MakeRouteExtension());
  registry.Add(f::health_check::MakeExtension());
  registry.Add(f::hold::MakeExtension());
  registry.Add(f::http_wasm::MakeExtension());
  registry.Add(f::jwt_authn::MakeExtension());
  registry.Add(f::jwt_authn::MakeRouteExtension());
  registry.Add(f::local_ratelimit::MakeExtension());
  registry.Add(f::local_ratelimit::MakeRouteExtension());
  registry.Add(f::lua::MakeExtension());
  registry.Add(f::lua::MakeRouteExtension());
  registry.Add(f::http_rbac::MakeExtension());
  registry.Add(f::http_rbac::MakeRouteExtension());
  registry.Add(f::ratelimit::MakeExtension());
  registry.Add(f::ratelimit::MakeRouteExtension());
  registry.Add(f::set_metadata::MakeExtension());
  registry.Add(f::stateful_session::MakeExtension());
  registry.Add(f::stateful_session::MakeRouteExtension());
  registry.Add(f::stateful_session::MakeCookieExtension());
}

}  // namespace

void AddBuiltinExtensions(config::ExtensionRegistry& registry) {
  namespace f = filters;
  log::AddExtensions(registry);
  downstream::AddExtensions(registry);
  route::AddRouteExtensions(registry);
  upstream::AddExtensions(registry);
  tls::AddExtensions(registry);
  tracing::AddExtensions(registry);
  compression::AddExtensions(registry);
  match_tree::AddExtensions(registry);
  rbac::AddExtensions(registry);
  AddOverloadExtensions(registry);
  registry.Emplace<config::Extension>(config::kDnsResolvers, net::kCaresResolverType,
                                      &net::CaresResolverConfig::Schema,
                                      std::vector<std::string_view>{net::kCaresResolverName});

  registry.Add(f::connection_limit::MakeExtension());
  registry.Add(f::direct_response::MakeExtension());
  registry.Add(f::echo::MakeExtension());
  registry.Add(f::network_local_ratelimit::MakeNetworkExtension());
  registry.Add(f::network_wasm::MakeExtension());
  registry.Add(f::wasm_access_log::MakeExtension());
  registry.Add(f::wasm_service::MakeExtension());
  registry.Add(f::network_rbac::MakeExtension());
  registry.Add(f::ratelimit::MakeNetworkExtension());
  registry.Add(f::sni_cluster::MakeExtension());
  registry.Add(f::tcp_proxy::MakeExtension());

  registry.Add(f::router::MakeExtension());

  registry.Add(f::http_inspector::MakeExtension());
  registry.Add(f::network_local_ratelimit::MakeListenerExtension());
  registry.Add(f::original_dst::MakeExtension());
  registry.Add(f::proxy_protocol::MakeExtension());
  registry.Add(f::tls_inspector::MakeExtension());

  AddHttpFilters(registry);
}

}  // namespace sluice::server

// What each filter's folder shows of itself: the extension that a configuration names. The server
// lists them in builtin_extensions.cc.
#pragma once

#include <memory>

#include "sluice/config/extension.h"

namespace sluice::filters {

using ExtensionPtr = std::unique_ptr<const config::Extension>;

// clang-format off
// Network filters.
namespace connection_limit { ExtensionPtr MakeExtension(); }
namespace direct_response { ExtensionPtr MakeExtension(); }
namespace echo { ExtensionPtr MakeExtension(); }
namespace network_local_ratelimit { ExtensionPtr MakeNetworkExtension(); }
namespace network_wasm { ExtensionPtr MakeExtension(); }
namespace network_rbac { ExtensionPtr MakeExtension(); }
namespace ratelimit { ExtensionPtr MakeNetworkExtension(); }
namespace sni_cluster { ExtensionPtr MakeExtension(); }
namespace tcp_proxy { ExtensionPtr MakeExtension(); }

// HTTP filters.
namespace router { ExtensionPtr MakeExtension(); }

// Access loggers.
namespace wasm_access_log { ExtensionPtr MakeExtension(); }

// Services.
namespace wasm_service { ExtensionPtr MakeExtension(); }

// Listener filters.
namespace http_inspector { ExtensionPtr MakeExtension(); }
namespace network_local_ratelimit { ExtensionPtr MakeListenerExtension(); }
namespace original_dst { ExtensionPtr MakeExtension(); }
namespace proxy_protocol { ExtensionPtr MakeExtension(); }
namespace tls_inspector { ExtensionPtr MakeExtension(); }

// HTTP filters, and what they take in typed_per_filter_config.
namespace basic_auth { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace buffer { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace compressor { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace cors { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace csrf { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace decompressor { ExtensionPtr MakeExtension(); }
namespace dynamic_forward_proxy { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace ext_authz { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace ext_proc { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace fault { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace grpc_http1_bridge { ExtensionPtr MakeExtension(); }
namespace grpc_http1_reverse_bridge { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace grpc_stats { ExtensionPtr MakeExtension(); }
namespace grpc_web { ExtensionPtr MakeExtension(); }
namespace header_mutation { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace header_to_metadata { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace health_check { ExtensionPtr MakeExtension(); }
namespace http_wasm { ExtensionPtr MakeExtension(); }
namespace hold { ExtensionPtr MakeExtension(); }
namespace jwt_authn { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace local_ratelimit { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace lua { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace http_rbac { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace ratelimit { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); }
namespace set_metadata { ExtensionPtr MakeExtension(); }
namespace stateful_session { ExtensionPtr MakeExtension(); ExtensionPtr MakeRouteExtension(); ExtensionPtr MakeCookieExtension(); }
// clang-format on

}  // namespace sluice::filters

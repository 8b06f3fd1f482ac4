// The HTTP options that clusters used to carry themselves (deprecated since v3, still in half of
// all files), read as the typed_extension_protocol_options that succeeded them.
#pragma once

#include <optional>
#include <string_view>

#include "sluice/config/context.h"
#include "sluice/config/node.h"

namespace sluice::upstream {

inline constexpr std::string_view kOldHttpSuccessor =
    "typed_extension_protocol_options.envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

// A Message::Prepare: the cluster with the old fields folded into the new one, if it has any.
std::optional<config::Node> FoldOldHttpOptions(config::Context& ctx, const config::Node& cluster);

}  // namespace sluice::upstream

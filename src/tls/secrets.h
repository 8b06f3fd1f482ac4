// Secrets of static_resources by name, in the place of what is written in a context itself. Done on
// the document, before a context is read, so that everything after sees one form. Main thread.
#pragma once

#include <optional>

#include "sluice/config/context.h"
#include "sluice/config/node.h"

namespace sluice::tls {

// For a CommonTlsContext: certificates and the validation context.
std::optional<config::Node> TakeInSecrets(config::Context& ctx, const config::Node& common);
// For a DownstreamTlsContext: session_ticket_keys.
std::optional<config::Node> TakeInTicketKeys(config::Context& ctx, const config::Node& context);

}  // namespace sluice::tls

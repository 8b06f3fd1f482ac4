// What happens to a request's head before anything routes it: checks, one spelling of host and
// path, who the client is, and which fields may come in (contract 2.5). Functions of head, options
// and connection facts alone.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "client_address.h"
#include "options.h"
#include "replies.h"
#include "sluice/http/codec.h"
#include "sluice/http/header_map.h"
#include "sluice/stream/connection_info.h"

namespace sluice::downstream {

struct HeadInput {
  const ManagerOptions& options;
  const stream::ConnectionInfo& connection;  // with its addresses
  http::Version version = http::Version::kHttp11;
  std::span<const std::string> internal_only = {};  // of the routes: names, lower case
};

// Why a head is refused.
struct Refusal {
  ReplyKind kind = ReplyKind::kMissingHost;
  std::optional<uint32_t> status;  // in place of the table's
  std::string_view location;       // of a redirect
};

// What the head wants to become.
enum class UpgradeKind : uint8_t { kNone, kUpgrade, kConnect };
UpgradeKind UpgradeOf(const http::HeaderMap& request_head);
// "websocket", "connect", ... in lower case, in the arena.
std::string_view UpgradeType(const http::HeaderMap& request_head, UpgradeKind kind, Arena& arena);
// Takes away the fields that `connection` names: they are the sender's own (RFC 9110
// section 7.6.1).
void RemoveNominated(http::HeaderMap& head);
bool IsUpgradeResponse(const http::HeaderMap& request_head, const http::HeaderMap& response_head);

// Host, path and their forms; changes both as the options say.
std::optional<Refusal> CheckTarget(const HeadInput& input, http::HeaderMap& head);
// Everything else. Call once a request, not again when the stream is recreated.
std::optional<Refusal> SanitizeRequest(const HeadInput& input, http::HeaderMap& head,
                                       ClientAddress& client);

}  // namespace sluice::downstream

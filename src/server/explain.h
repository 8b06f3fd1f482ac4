// `--explain` and /explain: which listener, filter chain, virtual host, route and cluster would
// take a request, and why. Sends nothing. Main thread, on the configuration as it was loaded.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "listener_manager.h"
#include "sluice/admin/endpoints.h"
#include "sluice/base/error.h"
#include "sluice/config/node.h"

namespace sluice::server {

struct ExplainRequest {
  std::string method = "GET";
  bool https = false;
  std::string authority;         // as a client would send it
  std::optional<uint16_t> port;  // named: only listeners on that port are asked
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> headers;  // `host` replaces the authority
};

// "GET https://host:port/path" (the method may be left out) and lines "name: value".
Result<ExplainRequest> ParseExplainRequest(std::string_view text,
                                           std::span<const std::string> headers);

// The answers of all listeners that the request may mean: those on its port; without a port, those
// on the scheme's own, and if there are none, every listener that speaks HTTP. An error when there
// is no such listener.
Result<std::string> ExplainAsText(const ListenerManager& listeners, const ExplainRequest& request);
Result<config::Node> ExplainAsNode(const ListenerManager& listeners, const ExplainRequest& request);

admin::Endpoint ExplainEndpoint(const ListenerManager& listeners);

}  // namespace sluice::server

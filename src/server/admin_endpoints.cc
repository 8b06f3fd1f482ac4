#include "admin_endpoints.h"

#include <string>

#include "sluice/stats/render.h"

namespace sluice::server {

admin::Response AdminEndpoints::Handle(const admin::Request& request) {
  if (request.path == "/ready") return Ready();
  if (request.path == "/stats" || request.path == "/stats/prometheus") return Stats(request);
  if (request.path == "/quitquitquit") {
    if (request.method != "POST") {
      return {405,
              "text/plain; charset=UTF-8",
              "Method " + request.method + " not allowed, POST required.",
              {}};
    }
    parts_.quit();
    return {200, "text/plain; charset=UTF-8", "OK\n", {}};
  }
  return {404, "text/plain; charset=UTF-8", "invalid path. admin commands are:\n", {}};
}

admin::Response AdminEndpoints::Ready() const {
  const std::string state(parts_.state());
  return {state == "LIVE" ? 200U : 503U, "text/plain; charset=UTF-8", state + "\n", {}};
}

admin::Response AdminEndpoints::Stats(const admin::Request& request) const {
  parts_.refresh_stats();
  stats::RenderOptions options;
  if (request.path == "/stats/prometheus" || request.Param("format") == "prometheus") {
    options.format = stats::Format::kPrometheus;
  }
  options.used_only = request.Param("usedonly").has_value();
  return {200, "text/plain; charset=UTF-8", stats::Render(parts_.store, options), {}};
}

}  // namespace sluice::server

#include "sluice/admin/endpoints.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "tables.h"

namespace sluice::admin {

Response TextResponse(std::string body, uint32_t status) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Response JsonResponse(std::string body) {
  Response response;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

Endpoints::Endpoints(AdminHost& host, match::StringMatchers allow_paths)
    : host_(host), allow_paths_(std::move(allow_paths)) {
  for (auto table : {StatsEndpoints(), ClusterEndpoints(), ServerEndpoints(), ControlEndpoints(),
                     ConfigDumpEndpoints()}) {
    for (Endpoint& endpoint : table) Add(std::move(endpoint));
  }
  Add({.path = "/help",
       .help = "print out list of admin commands",
       .params = {},
       .handle = [this](const Request&, AdminHost&) { return TextResponse(Help()); }});
  Add({.path = "/",
       .help = "Admin home page",
       .params = {},
       .handle = [this](const Request&, AdminHost&) {
         Response response = TextResponse(HomePage());
         response.content_type = "text/html; charset=UTF-8";
         return response;
       }});
}

void Endpoints::Add(Endpoint endpoint) {
  const auto at =
      std::lower_bound(endpoints_.begin(), endpoints_.end(), endpoint,
                       [](const Endpoint& a, const Endpoint& b) { return a.path < b.path; });
  endpoints_.insert(at, std::move(endpoint));
}

const Endpoint* Endpoints::Find(std::string_view path) const {
  for (const Endpoint& endpoint : endpoints_) {
    if (endpoint.path == path) return &endpoint;
  }
  return nullptr;
}

Response Endpoints::Handle(const Request& request) {
  if (!allow_paths_.empty() && !match::AnyMatches(allow_paths_, request.path)) {
    return TextResponse(fmt::format("request to path {} not allowed", request.path), 403);
  }
  const Endpoint* endpoint = Find(request.path);
  if (endpoint == nullptr) return TextResponse("invalid path. " + Help(), 404);
  if (endpoint->mutates && request.method != "POST") {
    return TextResponse(fmt::format("Method {} not allowed, POST required.", request.method), 405);
  }
  return endpoint->handle(request, host_);
}

std::string Endpoints::Help() const {
  std::string out = "admin commands are:\n";
  for (const Endpoint& endpoint : endpoints_) {
    out += fmt::format("  {}{}: {}\n", endpoint.path, endpoint.mutates ? " (POST)" : "",
                       endpoint.help);
    for (const Parameter& param : endpoint.params) {
      out += fmt::format("      {}: {}", param.name, param.help);
      if (!param.choices.empty()) out += fmt::format("; One of ({})", param.choices);
      out += "\n";
    }
  }
  return out;
}

// Plain on purpose: a list that works without scripts. Names and texts are our own constants.
std::string Endpoints::HomePage() const {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>sluice admin</title></head>\n<body>\n"
      "<h1>sluice admin</h1>\n<table>\n";
  for (const Endpoint& endpoint : endpoints_) {
    const std::string_view name = endpoint.path.substr(1);
    const std::string action =
        endpoint.mutates
            ? fmt::format("<form method=\"post\" action=\"{0}\"><button>{0}</button></form>", name)
            : fmt::format("<a href=\"{0}\">{0}</a>", name.empty() ? "/" : name);
    out += fmt::format("<tr><td>{}</td><td>{}</td></tr>\n", action, endpoint.help);
  }
  return out + "</table>\n</body>\n</html>\n";
}

}  // namespace sluice::admin

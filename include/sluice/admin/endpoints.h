// The admin endpoints: a table of paths, help texts and functions of a request and the server's
// views. Bodies, statuses and content types are Envoy's. Main thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/admin/admin.h"
#include "sluice/admin/host.h"
#include "sluice/match/string_matcher.h"

namespace sluice::admin {

struct Parameter {
  std::string_view name;
  std::string_view help;
  std::string_view choices = {};  // "text, json"
};

struct Endpoint {
  std::string_view path;
  std::string_view help;
  bool mutates = false;  // POST only
  std::vector<Parameter> params;
  std::function<Response(const Request&, AdminHost&)> handle;
};

Response TextResponse(std::string body, uint32_t status = 200);
Response JsonResponse(std::string body);

class Endpoints final : public Handler {
 public:
  // Without any matcher all paths are allowed. The host outlives us.
  explicit Endpoints(AdminHost& host, match::StringMatchers allow_paths = {});
  Endpoints(const Endpoints&) = delete;
  Endpoints& operator=(const Endpoints&) = delete;

  // For folders that bring endpoints of their own (/explain).
  void Add(Endpoint endpoint);
  // Handler
  Response Handle(const Request& request) override;

 private:
  const Endpoint* Find(std::string_view path) const;
  std::string Help() const;
  std::string HomePage() const;

  AdminHost& host_;
  match::StringMatchers allow_paths_;
  std::vector<Endpoint> endpoints_;  // by path
};

}  // namespace sluice::admin

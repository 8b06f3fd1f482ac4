// envoy.filters.http.basic_auth: a request needs the name and password of a user (RFC 7617); others
// get 401. Per stream; one worker.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/config/common.h"
#include "sluice/filter/http_filter.h"
#include "sluice/stats/table.h"
#include "users.h"

namespace sluice::filters::basic_auth {

struct BasicAuthConfig {
  std::optional<config::DataSource> users;
  config::Located<std::string> forward_username_header;
  config::Located<std::string> authentication_header;
  bool allow_missing = false;
  static const config::Message& Schema();
};

struct PerRouteConfig {
  config::DataSource users;
  static const config::Message& Schema();
};

// Immutable, shared by all workers.
struct Policy {
  Users users;
  std::string credentials = "authorization";  // the field that has them; lower case, as the next
  std::string forward;                        // where the name goes; empty: nowhere
  bool allow_missing = false;
};

struct BasicAuthStats {
  stats::Counter allowed;
  stats::Counter denied;
  static constexpr stats::Field<BasicAuthStats> kFields[] = {
      {&BasicAuthStats::allowed, "allowed", "Requests of a user, or that need none"},
      {&BasicAuthStats::denied, "denied", "Requests answered 401"},
  };
};

class BasicAuthFilter final : public filter::HttpFilter {
 public:
  BasicAuthFilter(const Policy& policy, BasicAuthStats& stats) : policy_(policy), stats_(stats) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return false; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;

 private:
  filter::FilterStatus Deny(std::string_view body, std::string_view details);

  const Policy& policy_;
  BasicAuthStats& stats_;
};

}  // namespace sluice::filters::basic_auth

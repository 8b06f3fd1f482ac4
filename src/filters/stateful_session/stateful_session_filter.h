// envoy.filters.http.stateful_session: a client's requests go to the host that its cookie names, as
// long as that host can take them. Per stream; one worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::stateful_session {

struct SessionCookieAttribute {
  std::string name;
  std::string value;
  static const config::Message& Schema();
};

struct SessionCookie {
  std::string name;
  Duration ttl{};  // zero: as long as the browser runs
  std::string path;
  std::vector<SessionCookieAttribute> attributes;
  static const config::Message& Schema();
};

struct CookieSessionState {
  SessionCookie cookie;
  static const config::Message& Schema();
};

struct StatefulSessionConfig {
  std::optional<config::NamedExtension> session_state;  // none: the filter does nothing
  bool strict = false;
  static const config::Message& Schema();

  const SessionCookie* cookie() const;
};

// Exactly one of the two is set.
struct StatefulSessionPerRoute {
  std::optional<bool> disabled;
  std::optional<StatefulSessionConfig> stateful_session;
  static const config::Message& Schema();
};

class StatefulSessionFilter final : public filter::HttpFilter {
 public:
  explicit StatefulSessionFilter(const StatefulSessionConfig& config) : config_(&config) {}

  // filter::HttpFilter
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;

 private:
  const StatefulSessionConfig* config_;
  std::string asked_;  // the host that the cookie names
};

// Base64 with padding, as the cookie holds the address; empty: not well-formed.
std::string EncodeSession(std::string_view address);
std::string DecodeSession(std::string_view value);

}  // namespace sluice::filters::stateful_session

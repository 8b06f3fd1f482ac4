#include "stateful_session_filter.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "sluice/config/schema.h"
#include "sluice/filter/planned_http_filter.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/match/cookie_matcher.h"
#include "sluice/route/filter_config.h"
#include "sluice/stream/override_host.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::stateful_session {

using filter::FilterStatus;

namespace {

constexpr std::string_view kType =
    "envoy.extensions.filters.http.stateful_session.v3.StatefulSession";
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
// No address is longer; more is somebody's nonsense.
constexpr size_t kMaxCookie = 256;

std::string_view MakeCookie(const SessionCookie& cookie, std::string_view address, Arena& arena) {
  std::string text = fmt::format("{}=\"{}\"", cookie.name, EncodeSession(address));
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(cookie.ttl).count();
  if (seconds > 0) text += fmt::format("; Max-Age={}", seconds);
  if (!cookie.path.empty()) text += "; Path=" + cookie.path;
  for (const SessionCookieAttribute& each : cookie.attributes) {
    text += "; " + each.name;
    if (!each.value.empty()) text += "=" + each.value;
  }
  text += "; HttpOnly";
  return arena.Copy(text);
}

}  // namespace

const SessionCookie* StatefulSessionConfig::cookie() const {
  if (!session_state) return nullptr;
  const auto* state = session_state->typed_config.As<CookieSessionState>();
  return state != nullptr ? &state->cookie : nullptr;
}

std::string EncodeSession(std::string_view address) {
  std::string out;
  for (size_t i = 0; i < address.size(); i += 3) {
    const std::string_view part = address.substr(i, 3);
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (k < part.size() ? static_cast<unsigned char>(part[k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += k <= part.size() ? kDigits[bits >> (18 - 6 * k) & 0x3f] : '=';
    }
  }
  return out;
}

std::string DecodeSession(std::string_view value) {
  while (value.ends_with('=')) value.remove_suffix(1);
  std::string out;
  uint32_t bits = 0;
  int have = 0;
  for (const char c : value) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return {};
    bits = bits << 6 | static_cast<uint32_t>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>(bits >> have & 0xff);
  }
  return out;
}

FilterStatus StatefulSessionFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  if (const auto* route = static_cast<const StatefulSessionPerRoute*>(host().route_config())) {
    config_ = route->stateful_session ? &*route->stateful_session : nullptr;
  }
  const SessionCookie* cookie = config_ != nullptr ? config_->cookie() : nullptr;
  if (cookie == nullptr) return FilterStatus::kContinue;
  const auto value = match::FindCookie(head, cookie->name);
  if (!value || value->size() > kMaxCookie) return FilterStatus::kContinue;
  asked_ = DecodeSession(*value);
  if (asked_.empty()) return FilterStatus::kContinue;
  host().info().filter_state().Set(stream::kOverrideHost,
                                   std::make_unique<stream::OverrideHost>(asked_, config_->strict));
  return FilterStatus::kContinue;
}

FilterStatus StatefulSessionFilter::OnResponseHead(http::HeaderMap& head, bool /*end*/) {
  const SessionCookie* cookie = config_ != nullptr ? config_->cookie() : nullptr;
  const std::string_view served_by = host().info().upstream_host.address;
  if (cookie == nullptr || served_by.empty() || served_by == asked_) return FilterStatus::kContinue;
  head.AddView(http::HeaderId::kSetCookie, MakeCookie(*cookie, served_by, host().arena()));
  return FilterStatus::kContinue;
}

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<
      filter::HttpFilterExtension, filter::HttpFilterFactory, StatefulSessionConfig,
      filter::PlannedHttpFilter<StatefulSessionFilter, StatefulSessionConfig>>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &StatefulSessionConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.stateful_session"});
}

ExtensionPtr MakeRouteExtension() {
  return std::make_unique<route::FilterRouteExtension>(
      kType, StatefulSessionPerRoute::Schema().type(), &StatefulSessionPerRoute::Schema);
}

ExtensionPtr MakeCookieExtension() {
  return std::make_unique<config::Extension>(
      "envoy.http.stateful_session", CookieSessionState::Schema().type(),
      &CookieSessionState::Schema,
      std::vector<std::string_view>{"envoy.http.stateful_session.cookie"});
}

}  // namespace sluice::filters::stateful_session

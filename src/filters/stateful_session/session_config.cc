// The schemas.
#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "stateful_session_filter.h"

namespace sluice::filters::stateful_session {

using config::Field;
using config::Message;

const Message& SessionCookieAttribute::Schema() {
  using C = SessionCookieAttribute;
  static const auto message =
      Message::Of<C>("envoy.type.http.v3.CookieAttribute", "A further attribute of the cookie.",
                     {Field("name", &C::name, "Its name.").Required().Size(1, 16384),
                      Field("value", &C::value, "Its value.").Size(0, 16384)});
  return message;
}

const Message& SessionCookie::Schema() {
  using C = SessionCookie;
  static const auto message = Message::Of<C>(
      "envoy.type.http.v3.Cookie", "A cookie.",
      {Field("name", &C::name, "Its name.").Required().NonEmpty(),
       Field("ttl", &C::ttl, "How long it holds; 0: as long as the browser runs.").Min(Duration{}),
       Field("path", &C::path, "The paths it is sent for."),
       Field("attributes", &C::attributes, "Further attributes.")});
  return message;
}

const Message& CookieSessionState::Schema() {
  using C = CookieSessionState;
  static const auto message =
      Message::Of<C>("envoy.extensions.http.stateful_session.cookie.v3.CookieBasedSessionState",
                     "The client keeps its host's address in a cookie.",
                     {Field("cookie", &C::cookie, "The cookie.").Required()});
  return message;
}

const Message& StatefulSessionConfig::Schema() {
  using C = StatefulSessionConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.stateful_session.v3.StatefulSession",
      "Keeps a client with its host.",
      {Field("session_state", &C::session_state, "Where the client's host is kept.")
           .Category("envoy.http.stateful_session"),
       Field("strict", &C::strict, "That host or none: 503 when it cannot take the request."),
       config::Unimplemented("stat_prefix", "the filter has no counters"),
       config::Unimplemented("status_on_strict_destination_not_found", "it is 503")});
  return message;
}

const Message& StatefulSessionPerRoute::Schema() {
  using C = StatefulSessionPerRoute;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.stateful_session.v3.StatefulSessionPerRoute",
                     "Another way to keep clients with their hosts, or none, on these routes.",
                     {Field("disabled", &C::disabled, "true: any host.").Oneof("override"),
                      Field("stateful_session", &C::stateful_session,
                            "What holds in place of the filter's config.")
                          .Oneof("override")})
          .RequireOneof("override")
          .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
            if (value.disabled == false) ctx.Fail(node, "disabled can only be true");
          });
  return message;
}

}  // namespace sluice::filters::stateful_session

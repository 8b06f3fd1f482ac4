#include "lua_config.h"

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::filters::lua {

using config::Field;
using config::Message;

const Message& LuaConfig::Schema() {
  using C = LuaConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.lua.v3.Lua", "Runs Lua scripts on requests and responses.",
          {Field("inline_code", &C::inline_code, "The script.").Deprecated("default_source_code"),
           Field("source_codes", &C::source_codes, "Scripts that routes choose by name."),
           Field("default_source_code", &C::default_source_code,
                 "The script of requests whose route names no other."),
           Field("stat_prefix", &C::stat_prefix,
                 "A part of the counters' names: lua.<stat_prefix>.errors."),
           Field("clear_route_cache", &C::clear_route_cache,
                 "Whether the route is chosen again after a script has changed the request's "
                 "head.")})
          .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
            if (!value.inline_code.value.empty() && value.default_source_code) {
              ctx.Fail(node, "only one of inline_code and default_source_code can be set");
            }
          });
  return message;
}

const Message& LuaPerRouteConfig::Schema() {
  using C = LuaPerRouteConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.lua.v3.LuaPerRoute",
          "Another script, or none, on these routes.",
          {Field("disabled", &C::disabled, "true: no script runs.").Oneof("override"),
           Field("name", &C::name, "One of the filter's source_codes.")
               .NonEmpty()
               .Oneof("override"),
           Field("source_code", &C::source_code, "A script of the route's own.").Oneof("override"),
           Field("filter_context", &C::filter_context,
                 "What the script gets from handle:filterContext().")})
          .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
            if (value.disabled == false) ctx.Fail(node, "disabled can only be true");
          });
  return message;
}

}  // namespace sluice::filters::lua

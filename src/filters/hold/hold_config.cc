#include "hold_config.h"

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::filters::hold {

using config::Field;
using config::Message;

namespace {

constexpr Duration kShortest = std::chrono::milliseconds(10);

// They go into a request line as they are.
bool IsPath(std::string_view path) {
  if (!path.starts_with('/')) return false;
  return path.find_first_of(std::string_view(" \t\r\n\0", 5)) == std::string_view::npos;
}

void CheckPaths(const ControlPlaneConfig& value, const config::Node& node, config::Context& ctx) {
  if (!IsPath(value.list_path)) ctx.Fail(node, "list_path must be a path that begins with '/'");
  if (!value.poke_path.empty() && !IsPath(value.poke_path)) {
    ctx.Fail(node, "poke_path must be a path that begins with '/', or empty");
  }
}

}  // namespace

const Message& ControlPlaneConfig::Schema() {
  using C = ControlPlaneConfig;
  static const auto message =
      Message::Of<C>(
          "sluice.filters.http.hold.v1.ControlPlane", "Who knows which services are asleep.",
          {Field("cluster", &C::cluster, "The cluster that it is.").Required(),
           Field("authority", &C::authority, "The host to ask for; the cluster's name unless set."),
           Field("list_path", &C::list_path,
                 "GET answers a JSON list of the hosts that are scaled to zero.")
               .NonEmpty(),
           Field("poke_path", &C::poke_path,
                 "POST to it, with the host at its end, asks for a host to be woken; empty: "
                 "nobody is asked."),
           Field("poll_interval", &C::poll_interval, "Between an answer and the next poll.")
               .Min(kShortest),
           Field("poke_interval", &C::poke_interval,
                 "A host that requests wait for is asked for again after this.")
               .Min(kShortest),
           Field("timeout", &C::timeout, "Of each poll and poke.").Min(kShortest),
           Field("max_staleness", &C::max_staleness,
                 "A list that could not be renewed for so long counts for nothing any more.")
               .Min(kShortest),
           Field("max_list_bytes", &C::max_list_bytes, "The longest list that is taken.").Min(2)})
          .Check(&CheckPaths);
  return message;
}

const Message& HoldConfig::Schema() {
  using C = HoldConfig;
  static const auto message = Message::Of<C>(
      "sluice.filters.http.hold.v1.Hold",
      "Holds requests while their service is scaled to zero, and has it woken.",
      {Field("stat_prefix", &C::stat_prefix, "The stats are hold.<stat_prefix>.*.")
           .Required()
           .NonEmpty(),
       Field("control_plane", &C::control_plane, "Who knows which services are asleep.").Required(),
       Field("hosts", &C::hosts,
             "Only requests for these hosts (lower case, without port) are held; all by default."),
       Field("max_held", &C::max_held,
             "Most requests held at a time, over all workers; further ones are answered 503.")
           .Min(1),
       Field("max_wait", &C::max_wait, "A request that has waited so long is answered 504.")
           .Min(kShortest),
       Field("max_request_bytes", &C::max_request_bytes,
             "Of the body of a held request; a client that sends more is held back.")
           .Min(1)});
  return message;
}

}  // namespace sluice::filters::hold

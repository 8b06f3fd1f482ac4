// An explanation as text and as JSON.
#include <fmt/format.h>

#include "sluice/route/explain.h"

namespace sluice::route {
namespace {

std::string RouteText(const ExplainedRoute& route) {
  return fmt::format("#{}{} {}", route.index, route.name.empty() ? "" : " `" + route.name + "`",
                     route.rule);
}

void Put(config::Node& map, std::string_view name, std::string text) {
  config::Node& member = map.Append(name);
  member.kind = config::Node::Kind::kScalar;
  member.quoted = true;
  member.scalar = std::move(text);
}

void PutNumber(config::Node& map, std::string_view name, size_t number) {
  config::Node& member = map.Append(name);
  member.kind = config::Node::Kind::kScalar;
  member.scalar = std::to_string(number);
}

void PutRoute(config::Node& map, const ExplainedRoute& route) {
  map.kind = config::Node::Kind::kMap;
  PutNumber(map, "index", route.index);
  if (!route.name.empty()) Put(map, "name", route.name);
  Put(map, "rule", route.rule);
  if (!route.why.empty()) Put(map, "why", route.why);
}

}  // namespace

std::string Explanation::ToText() const {
  std::string out;
  const auto line = [&](std::string_view name, const std::string& text) {
    out += fmt::format("  {:<13} {}\n", name, text);
  };
  line("virtual host", virtual_host.empty() ? "none: " + host_why
                                            : fmt::format("`{}` ({})", virtual_host, host_why));
  for (const ExplainedRoute& passed : passed_over) {
    line("not", RouteText(passed) + ": " + passed.why);
  }
  if (passed_over_total > passed_over.size()) {
    line("not", fmt::format("{} more", passed_over_total - passed_over.size()));
  }
  if (entry != nullptr) line("route", entry->is_tls_redirect ? route.rule : RouteText(route));
  line("outcome", outcome);
  for (const ExplainedChange& change : changes) {
    const std::string before = change.before.empty() ? "(none)" : change.before;
    const std::string after = change.after.empty() ? "(none)" : change.after;
    line("changes", fmt::format("{}: {} -> {}", change.what, before, after));
  }
  return out;
}

config::Node Explanation::ToNode() const {
  config::Node out = config::Node::Map();
  Put(out, "route_config", route_config);
  Put(out, "virtual_host", virtual_host);
  Put(out, "virtual_host_reason", host_why);
  if (entry != nullptr) {
    if (entry->is_tls_redirect) {
      Put(out.Append("route"), "rule", route.rule);
      out.items.back().kind = config::Node::Kind::kMap;
    } else {
      PutRoute(out.Append("route"), route);
    }
    Put(out, "action", action);
  }
  Put(out, "outcome", outcome);
  config::Node& list = out.Append("changes");
  list.kind = config::Node::Kind::kList;
  for (const ExplainedChange& change : changes) {
    config::Node& item = list.Append({});
    item.kind = config::Node::Kind::kMap;
    Put(item, "what", change.what);
    Put(item, "before", change.before);
    Put(item, "after", change.after);
  }
  config::Node& passed = out.Append("passed_over");
  passed.kind = config::Node::Kind::kList;
  for (const ExplainedRoute& one : passed_over) PutRoute(passed.Append({}), one);
  PutNumber(out, "passed_over_total", passed_over_total);
  return out;
}

}  // namespace sluice::route

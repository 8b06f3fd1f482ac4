#include "explain.h"

#include <algorithm>

#include <fmt/format.h>

#include "sluice/buffer/arena.h"
#include "sluice/http/authority.h"
#include "sluice/http/chars.h"
#include "sluice/http/header_map.h"
#include "sluice/http/target.h"
#include "sluice/listener/build.h"
#include "sluice/route/explain.h"

namespace sluice::server {
namespace {

constexpr uint16_t kClientPort = 49152;  // of the client that we imagine, on loopback

// What one listener makes of the request.
struct Answer {
  std::string listener;
  std::string address;
  std::string chain;  // empty: none matches
  std::string note;   // what the client should know beside that
  bool http = false;  // `explanation` is set
  route::Explanation explanation;
};

Result<> Bad(std::string detail) {
  return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, std::move(detail));
}

Result<> SetTarget(std::string_view url, ExplainRequest& request) {
  const auto target = http::SplitAbsoluteTarget(url);
  if (!target) return Bad(fmt::format("`{}` is no URL such as https://host/path", url));
  request.https = http::EqualsIgnoreCase(target->scheme, "https");
  if (!request.https && !http::EqualsIgnoreCase(target->scheme, "http")) {
    return Bad(fmt::format("`{}`: the scheme is http or https", url));
  }
  const auto parts = http::SplitHostPort(target->authority);
  if (!parts || parts->host.empty()) return Bad(fmt::format("`{}`: no valid host", url));
  request.authority = target->authority;
  request.port = parts->port;
  request.path = target->path.substr(0, target->path.find('#'));
  if (!request.path.starts_with('/')) request.path.insert(0, "/");
  return {};
}

Result<> AddHeader(std::string_view line, ExplainRequest& request) {
  const size_t colon = line.find(':');
  if (colon == 0 || colon == std::string_view::npos) {
    return Bad(fmt::format("`{}` is no header such as `name: value`", line));
  }
  std::string_view value = line.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  std::string name;
  for (const char c : line.substr(0, colon)) name += http::ToLowerAscii(c);
  if (name == "host") {
    if (!http::IsValidAuthority(value)) return Bad(fmt::format("`{}`: no valid host", line));
    request.authority = value;
  } else {
    request.headers.emplace_back(std::move(name), value);
  }
  return {};
}

void FillHead(const ExplainRequest& request, http::HeaderMap& head) {
  head.Add(http::HeaderId::kMethod, request.method);
  head.Add(http::HeaderId::kScheme, request.https ? "https" : "http");
  head.Add(http::HeaderId::kAuthority, request.authority);
  head.Add(http::HeaderId::kPath, request.path);
  for (const auto& [name, value] : request.headers) head.Add(name, value);
}

std::string ChainName(const listener::ListenerPlan& plan, int index) {
  const listener::ChainPlan& chain = plan.chains[static_cast<size_t>(index)];
  return chain.name.empty() ? fmt::format("#{}", index)
                            : fmt::format("#{} `{}`", index, chain.name);
}

Answer Ask(const ListenerManager::View& view, const net::Address& bound,
           const ExplainRequest& request) {
  const listener::ListenerPlan& plan = view.plan;
  Answer answer{plan.name, bound.ToString(), {}, {}, false, {}};
  const net::Address local = bound.IsAny() ? net::Address::V4(0x7f000001, bound.port()) : bound;
  const net::Address remote = net::Address::V4(0x7f000001, kClientPort);
  filter::AcceptedInfo accepted;
  accepted.direct_remote = remote;
  accepted.transport_protocol = request.https ? "tls" : "raw_buffer";
  const auto parts = http::SplitHostPort(request.authority);
  if (request.https && parts) accepted.server_name = parts->host;
  const int index = plan.matcher.Find({local, remote, accepted});
  if (index == listener::ChainMatcher::kNone) {
    answer.note = "no filter chain matches: the connection is closed";
    return answer;
  }
  answer.chain = ChainName(plan, index);
  const listener::ChainPlan& chain = plan.chains[static_cast<size_t>(index)];
  stream::ConnectionInfo connection;
  connection.local = connection.direct_local = &local;
  connection.remote = connection.direct_remote = &remote;
  connection.requested_server_name = accepted.server_name;
  Arena arena;
  http::HeaderMap head(arena);
  FillHead(request, head);
  answer.http =
      !chain.filters.empty() && chain.filters.back()->Explain(head, connection, answer.explanation);
  if (!answer.http) {
    answer.note = "its filters carry bytes and read no HTTP";
  } else if (request.https && (chain.transport == nullptr || !chain.transport->is_tls())) {
    answer.note = "it speaks plain text, not TLS: taken as if TLS ended in front of it";
  }
  return answer;
}

uint16_t PortOf(const ExplainRequest& request) {
  return request.port.value_or(request.https ? 443 : 80);
}

std::string NoListener(const ListenerManager& listeners, const ExplainRequest& request) {
  std::string known;
  for (const ListenerManager::View& view : listeners.Views()) {
    if (auto address = listener::ToAddress(view.config.address)) {
      known +=
          fmt::format("{}`{}` {}", known.empty() ? "" : ", ", view.plan.name, address->ToString());
    }
  }
  if (known.empty()) return "there is no listener";
  if (!request.port) return "no listener speaks HTTP; there are " + known;
  return fmt::format("no listener has port {}; there are {}", *request.port, known);
}

Result<std::vector<Answer>> AskAll(const ListenerManager& listeners,
                                   const ExplainRequest& request) {
  std::vector<Answer> on_port;
  std::vector<Answer> others;
  for (const ListenerManager::View& view : listeners.Views()) {
    const auto address = listener::ToAddress(view.config.address);
    if (!address) continue;
    Answer answer = Ask(view, *address, request);
    if (address->is_ip() && address->port() == PortOf(request)) {
      on_port.push_back(std::move(answer));
    } else if (!request.port && answer.http) {
      others.push_back(std::move(answer));
    }
  }
  if (!on_port.empty()) return on_port;
  if (!others.empty()) return others;
  return Fail(ErrorCode::kNotFound, Origin::kConfig, NoListener(listeners, request));
}

}  // namespace

Result<ExplainRequest> ParseExplainRequest(std::string_view text,
                                           std::span<const std::string> headers) {
  ExplainRequest request;
  if (const size_t space = text.find(' '); space != std::string_view::npos) {
    request.method = text.substr(0, space);
    text.remove_prefix(std::min(text.find_first_not_of(' ', space), text.size()));
  }
  if (auto set = SetTarget(text, request); !set) return std::unexpected(set.error());
  for (const std::string& line : headers) {
    if (auto added = AddHeader(line, request); !added) return std::unexpected(added.error());
  }
  return request;
}

Result<std::string> ExplainAsText(const ListenerManager& listeners, const ExplainRequest& request) {
  auto answers = AskAll(listeners, request);
  if (!answers) return std::unexpected(answers.error());
  std::string out;
  for (const Answer& answer : *answers) {
    out += fmt::format("listener `{}` {}\n", answer.listener, answer.address);
    if (!answer.chain.empty()) out += fmt::format("  {:<13} {}\n", "filter chain", answer.chain);
    if (!answer.note.empty()) out += fmt::format("  {:<13} {}\n", "note", answer.note);
    if (answer.http) out += answer.explanation.ToText();
  }
  return out;
}

Result<config::Node> ExplainAsNode(const ListenerManager& listeners,
                                   const ExplainRequest& request) {
  auto answers = AskAll(listeners, request);
  if (!answers) return std::unexpected(answers.error());
  config::Node out = config::Node::Map();
  config::Node& list = out.Append("listeners");
  list.kind = config::Node::Kind::kList;
  for (Answer& answer : *answers) {
    config::Node item = answer.http ? answer.explanation.ToNode() : config::Node::Map();
    const auto put = [&](std::string_view name, std::string text) {
      if (text.empty()) return;
      config::Node node = config::Node::Text(std::move(text));
      node.key = name;
      item.items.insert(item.items.begin(), std::move(node));
    };
    put("note", std::move(answer.note));
    put("filter_chain", std::move(answer.chain));
    put("address", std::move(answer.address));
    put("listener", std::move(answer.listener));
    list.items.push_back(std::move(item));
  }
  return out;
}

admin::Endpoint ExplainEndpoint(const ListenerManager& listeners) {
  const auto handle = [&listeners](const admin::Request& asked, admin::AdminHost&) {
    std::string text(asked.Param("method").value_or("GET"));
    text.append(" ").append(asked.Param("scheme").value_or("http")).append("://");
    text.append(asked.Param("host").value_or("")).append(asked.Param("path").value_or("/"));
    std::vector<std::string> headers;
    for (const auto& [name, value] : asked.query) {
      if (name == "header") headers.push_back(value);
    }
    auto request = ParseExplainRequest(text, headers);
    if (!request) return admin::TextResponse(request.error().detail + "\n", 400);
    auto answer = ExplainAsNode(listeners, *request);
    if (!answer) return admin::TextResponse(answer.error().detail + "\n", 404);
    return admin::JsonResponse(config::ToJson(*answer) + "\n");
  };
  return {"/explain",
          "print which listener, virtual host, route and cluster would take a request, and why",
          false,
          {{"method", "GET unless given"},
           {"scheme", "http unless given", "http, https"},
           {"host", "host or host:port; with a port, only listeners on it are asked"},
           {"path", "path and query, percent-encoded"},
           {"header", "`name: value`; may be given more than once"}},
          handle};
}

}  // namespace sluice::server

#include "sluice/stats/tags.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace sluice::stats {
namespace {

// A part of the name that goes away, and the part inside it that is the tag's value.
struct Capture {
  std::string_view tag;
  size_t cut_begin;
  size_t cut_end;
  std::string_view value;
};

// Patterns over the name's tokens (split at '.'): '$' is the tag's value, '*' any one token, '@' a
// listener's address (which may span several), '**' the rest, at least one token; "word_#" a token
// that starts so and ends in digits, which is the value as a whole. The order is the order of the
// labels.
struct Rule {
  std::string_view tag;
  std::string_view pattern;
};

constexpr std::string_view kCodeTag = "envoy.response_code";
constexpr std::string_view kCodeClassTag = "envoy.response_code_class";

constexpr Rule kRules[] = {
    {"envoy.dynamo_table", "http.*.dynamodb.table.$.**"},
    {"envoy.dynamo_table", "http.*.dynamodb.error.$.**"},
    {"envoy.mongo_cmd", "mongo.*.cmd.$.**"},
    {"envoy.mongo_collection", "mongo.*.collection.$.**"},
    {"envoy.http_user_agent", "http.*.user_agent.$.**"},
    {"envoy.virtual_cluster", "vhost.*.vcluster.$.**"},
    {"envoy.fault_downstream_cluster", "http.*.fault.$.**"},
    {"envoy.ssl_cipher", "listener.@.ssl.ciphers.$"},
    {"envoy.ssl_cipher", "cluster.*.ssl.ciphers.$"},
    {"envoy.ssl_version", "listener.@.ssl.versions.$"},
    {"envoy.ssl_version", "cluster.*.ssl.versions.$"},
    {"envoy.ssl_curve", "listener.@.ssl.curves.$"},
    {"envoy.ssl_curve", "cluster.*.ssl.curves.$"},
    {"envoy.ssl_sigalg", "listener.@.ssl.sigalgs.$"},
    {"envoy.ssl_sigalg", "cluster.*.ssl.sigalgs.$"},
    {"envoy.grpc_bridge_method", "cluster.*.grpc.*.$.**"},
    {"envoy.grpc_bridge_service", "cluster.*.grpc.$.**"},
    {"envoy.tcp_prefix", "tcp.$.**"},
    {"envoy.udp_prefix", "udp.$.**"},
    {"envoy.clientssl_prefix", "auth.clientssl.$.**"},
    {"envoy.ratelimit_prefix", "ratelimit.$.**"},
    {"envoy.connection_limit_prefix", "connection_limit.$.**"},
    {"envoy.local_network_ratelimit_prefix", "local_rate_limit.$.**"},
    {"envoy.local_listener_ratelimit_prefix", "listener_local_ratelimit.$.**"},
    {"envoy.local_http_ratelimit_prefix", "$.http_local_rate_limit.**"},
    {"envoy.cluster_name", "cluster.$.**"},
    {"envoy.http_conn_manager_prefix", "listener.@.http.$.**"},
    {"envoy.http_conn_manager_prefix", "http.$.**"},
    {"envoy.listener_address", "listener.@$.**"},
    {"envoy.worker_id", "listener.@.worker_#.**"},
    {"envoy.worker_id", "listener_manager.worker_#.**"},
    {"envoy.worker_id", "server.worker_#.**"},
    {"envoy.route", "vhost.*.route.$.**"},
    {"envoy.virtual_host", "vhost.$.**"},
    {"envoy.mongo_prefix", "mongo.$.**"},
    {"envoy.redis_prefix", "redis.$.**"},
    {"envoy.rds_route_config", "http.*.rds.$.**"},
    {"envoy.scoped_rds_config", "http.*.scoped_rds.$.**"},
};

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view TakeToken(std::string_view& rest) {
  const size_t dot = rest.find('.');
  const std::string_view token = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(dot + 1);
  return token;
}

// "0.0.0.0_80" or "[__]_80" in front of a dot, or empty.
std::string_view ListenerAddress(std::string_view rest) {
  size_t end = 0;
  if (rest.starts_with('[')) {
    const size_t close = rest.find(']');
    if (close == std::string_view::npos) return {};
    end = rest.find('.', close);
  } else {
    while (end < rest.size() && (IsDigit(rest[end]) || rest[end] == '.' || rest[end] == '_')) ++end;
    end = rest.substr(0, end).rfind('.');
  }
  return end == std::string_view::npos ? std::string_view{} : rest.substr(0, end);
}

bool IsNumbered(std::string_view token, std::string_view stem) {
  return token.size() > stem.size() && token.starts_with(stem) &&
         std::all_of(token.begin() + static_cast<ptrdiff_t>(stem.size()), token.end(), IsDigit);
}

// Takes what one element of a pattern matches from `rest`; false when it does not.
bool MatchElement(std::string_view element, std::string_view& rest, std::string_view& value) {
  if (element.starts_with('@')) {
    const std::string_view address = ListenerAddress(rest);
    if (address.empty()) return false;
    rest.remove_prefix(address.size() + 1);
    if (element == "@$") value = address;
    return true;
  }
  const std::string_view token = TakeToken(rest);
  if (element == "*") return !token.empty();
  if (element == "$") {
    value = token;
    return !token.empty();
  }
  if (element.ends_with('#')) {
    if (!IsNumbered(token, element.substr(0, element.size() - 1))) return false;
    value = token;
    return true;
  }
  return token == element;
}

bool Match(const Rule& rule, std::string_view name, Capture& out) {
  std::string_view pattern = rule.pattern;
  std::string_view rest = name;
  std::string_view value;
  while (!pattern.empty()) {
    const std::string_view element = TakeToken(pattern);
    if (element == "**") {
      if (rest.empty()) return false;
      rest = {};
    } else if (!MatchElement(element, rest, value)) {
      return false;
    }
  }
  if (!rest.empty() || value.empty()) return false;
  size_t begin = static_cast<size_t>(value.data() - name.data());
  size_t end = begin + value.size();
  // The dot behind the value goes with it, or the one before it at the end of the name.
  if (end < name.size()) {
    ++end;
  } else {
    --begin;
  }
  out = {rule.tag, begin, end, value};
  return true;
}

// "..._rq_200" and "..._rq_2xx".
bool MatchResponseCode(std::string_view name, Capture& out) {
  if (name.size() < 7) return false;
  const std::string_view tail = name.substr(name.size() - 7);
  if (!tail.starts_with("_rq_") || !IsDigit(tail[4])) return false;
  const size_t digits = name.size() - 3;
  if (tail.ends_with("xx")) {
    out = {kCodeClassTag, digits, digits + 1, name.substr(digits, 1)};
    return true;
  }
  if (!IsDigit(tail[5]) || !IsDigit(tail[6])) return false;
  out = {kCodeTag, digits - 1, name.size(), name.substr(digits)};
  return true;
}

bool HasTag(const std::vector<Capture>& found, std::string_view tag) {
  return std::ranges::any_of(found, [tag](const Capture& other) { return other.tag == tag; });
}

void FindDefaults(std::string_view name, const TagRules& rules, std::vector<Capture>& found) {
  const auto wanted = [&rules](std::string_view tag) {
    return rules.all_defaults || std::ranges::count(rules.some_defaults, tag) != 0;
  };
  Capture capture;
  if (MatchResponseCode(name, capture) && wanted(capture.tag)) found.push_back(capture);
  for (const Rule& rule : kRules) {
    if (rule.pattern[0] != '$' && (name.empty() || rule.pattern[0] != name[0])) continue;
    if (!wanted(rule.tag) || !Match(rule, name, capture)) continue;
    const bool taken = std::any_of(found.begin(), found.end(), [&](const Capture& other) {
      return other.value.data() == capture.value.data();
    });
    if (!taken) found.push_back(capture);
  }
}

}  // namespace

bool IsDefaultTag(std::string_view tag) {
  if (tag == kCodeTag || tag == kCodeClassTag) return true;
  return std::ranges::any_of(kRules, [tag](const Rule& rule) { return rule.tag == tag; });
}

TaggedName ExtractTags(std::string_view name, const TagRules& rules) {
  std::vector<Capture> found;
  FindDefaults(name, rules, found);
  for (const auto& rule : rules.own) {
    TagCut cut;
    if (HasTag(found, rule->tag()) || !rule->Match(name, cut)) continue;
    found.push_back({rule->tag(), cut.begin, cut.end, cut.value});
  }
  TaggedName result;
  for (const Capture& tag : found) {
    result.tags.push_back({std::string(tag.tag), std::string(tag.value)});
  }
  std::sort(found.begin(), found.end(),
            [](const Capture& a, const Capture& b) { return a.cut_begin < b.cut_begin; });
  size_t at = 0;
  for (const Capture& cut : found) {
    if (cut.cut_begin > at) result.family.append(name.substr(at, cut.cut_begin - at));
    at = std::max(at, cut.cut_end);
  }
  result.family.append(name.substr(at));
  return result;
}

}  // namespace sluice::stats

#include "rules.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sluice/http/target.h"
#include "sluice/match/cidr.h"
#include "sluice/match/uri_template.h"
#include "sluice/net/address.h"
#include "sluice/route/extensions.h"
#include "sluice/stream/filter_state.h"
#include "sluice/stream/tls_info.h"

namespace sluice::rbac {
namespace {

using Rules = std::vector<std::unique_ptr<Rule>>;

class AnyOf final : public Rule {
 public:
  explicit AnyOf(Rules rules) : rules_(std::move(rules)) {}
  // Rule
  bool Matches(const Subject& subject) const override {
    return std::any_of(rules_.begin(), rules_.end(),
                       [&](const auto& rule) { return rule->Matches(subject); });
  }

 private:
  Rules rules_;
};

class AllOf final : public Rule {
 public:
  explicit AllOf(Rules rules) : rules_(std::move(rules)) {}
  // Rule
  bool Matches(const Subject& subject) const override {
    return std::all_of(rules_.begin(), rules_.end(),
                       [&](const auto& rule) { return rule->Matches(subject); });
  }

 private:
  Rules rules_;
};

class Not final : public Rule {
 public:
  explicit Not(std::unique_ptr<Rule> rule) : rule_(std::move(rule)) {}
  // Rule
  bool Matches(const Subject& subject) const override { return !rule_->Matches(subject); }

 private:
  std::unique_ptr<Rule> rule_;
};

// A rule that is a function of the subject.
template <typename Test>
class Simple final : public Rule {
 public:
  explicit Simple(Test test) : test_(std::move(test)) {}
  // Rule
  bool Matches(const Subject& subject) const override { return test_(subject); }

 private:
  Test test_;
};

template <typename Test>
std::unique_ptr<Rule> MakeRule(Test test) {
  return std::make_unique<Simple<Test>>(std::move(test));
}

enum class Side : uint8_t { kDestination, kDirectRemote, kRemote };

const net::Address* AddressOf(const Subject& subject, Side side) {
  const stream::ConnectionInfo* connection = subject.info.connection;
  if (side == Side::kRemote && subject.info.remote != nullptr) return subject.info.remote;
  if (connection == nullptr) return nullptr;
  if (side == Side::kDestination) return connection->local;
  return side == Side::kRemote ? connection->remote : connection->direct_remote;
}

std::unique_ptr<Rule> IpRule(const config::CidrRange& config, Side side) {
  const std::vector<config::CidrRange> one{config};
  return MakeRule([range = match::Compile(one), side](const Subject& subject) {
    const net::Address* address = AddressOf(subject, side);
    return address != nullptr && address->is_ip() && range.Contains(address->IpBytes());
  });
}

std::unique_ptr<Rule> PortRule(uint32_t first, uint32_t behind_last) {
  return MakeRule([first, behind_last](const Subject& subject) {
    const net::Address* address = AddressOf(subject, Side::kDestination);
    return address != nullptr && address->port() >= first && address->port() < behind_last;
  });
}

std::unique_ptr<Rule> HeaderRule(const match::HeaderMatcherConfig& config) {
  return MakeRule([matcher = match::Compile(config)](const Subject& subject) {
    return subject.head != nullptr && matcher.Matches(*subject.head);
  });
}

std::unique_ptr<Rule> PathRule(const match::PathMatcherConfig& config) {
  return MakeRule([matcher = match::Compile(config.path)](const Subject& subject) {
    if (subject.head == nullptr) return false;
    const auto path = subject.head->Get(http::HeaderId::kPath);
    return path && matcher.Matches(http::SplitPath(*path).path);
  });
}

std::unique_ptr<Rule> MetadataRule(const match::MetadataMatcherConfig& config) {
  return MakeRule([matcher = match::Compile(config)](const Subject& subject) {
    return matcher.Matches(subject.info.dynamic_metadata());
  });
}

std::unique_ptr<Rule> SourcedRule(const SourcedMetadataConfig& config) {
  if (config.metadata_source == MetadataSource::kDynamic) {
    return MetadataRule(config.metadata_matcher);
  }
  return MakeRule([matcher = match::Compile(config.metadata_matcher)](const Subject& subject) {
    return matcher.Matches(subject.route_metadata);
  });
}

std::unique_ptr<Rule> TemplateRule(const PathTemplateConfig& config) {
  const auto* given = config.typed_config.As<route::UriTemplateMatchConfig>();
  if (given == nullptr) return MakeRule([](const Subject& /*subject*/) { return false; });
  // It has been checked when it was parsed.
  return MakeRule([matcher = match::UriTemplate::Compile(given->path_template).value()](
                      const Subject& subject) {
    if (subject.head == nullptr) return false;
    const auto path = subject.head->Get(http::HeaderId::kPath);
    return path && matcher.Matches(http::SplitPath(*path).path);
  });
}

std::unique_ptr<Rule> StateRule(const FilterStateMatcherConfig& config) {
  return MakeRule(
      [key = config.key, matcher = match::Compile(*config.string_match)](const Subject& subject) {
        const stream::FilterStateObject* object = subject.info.FindState(key);
        const auto text = object == nullptr ? std::nullopt : object->Text();
        return text && matcher.Matches(*text);
      });
}

std::unique_ptr<Rule> ServerNameRule(const match::StringMatcherConfig& config) {
  return MakeRule([matcher = match::Compile(config)](const Subject& subject) {
    return subject.info.connection != nullptr &&
           matcher.Matches(subject.info.connection->requested_server_name);
  });
}

// The name of the peer, by Envoy's order: a URI SAN, a DNS SAN, the subject.
bool PeerNameMatches(const stream::TlsInfo& tls, const match::StringMatcher& matcher) {
  for (auto field : {stream::TlsField::kPeerUriSan, stream::TlsField::kPeerDnsSan,
                     stream::TlsField::kPeerSubject}) {
    std::string names;
    if (!tls.Append(field, names)) continue;
    if (field == stream::TlsField::kPeerSubject) return matcher.Matches(names);
    for (size_t at = 0; at <= names.size();) {
      const size_t end = std::min(names.find(',', at), names.size());
      if (matcher.Matches(std::string_view(names).substr(at, end - at))) return true;
      at = end + 1;
    }
    return false;
  }
  return matcher.Matches("");
}

std::unique_ptr<Rule> AuthenticatedRule(const AuthenticatedConfig& config) {
  std::optional<match::StringMatcher> name;
  if (config.principal_name) name = match::Compile(*config.principal_name);
  return MakeRule([name = std::move(name)](const Subject& subject) {
    const stream::ConnectionInfo* connection = subject.info.connection;
    if (connection == nullptr || connection->tls == nullptr) return false;
    if (!connection->tls->peer_presented()) return false;
    return !name || PeerNameMatches(*connection->tls, *name);
  });
}

template <typename Config>
Rules CompileEach(const std::vector<Config>& configs) {
  Rules rules;
  for (const Config& one : configs) rules.push_back(Compile(one));
  return rules;
}

std::unique_ptr<Rule> Constant(bool value) {
  return MakeRule([value](const Subject& /*subject*/) { return value; });
}

}  // namespace

std::unique_ptr<Rule> CompileAny(const std::vector<PermissionConfig>& configs) {
  return std::make_unique<AnyOf>(CompileEach(configs));
}

std::unique_ptr<Rule> CompileAny(const std::vector<PrincipalConfig>& configs) {
  return std::make_unique<AnyOf>(CompileEach(configs));
}

std::unique_ptr<Rule> Compile(const PermissionConfig& config) {
  if (config.and_rules) return std::make_unique<AllOf>(CompileEach(config.and_rules->rules));
  if (config.or_rules) return CompileAny(config.or_rules->rules);
  if (config.not_rule) return std::make_unique<Not>(Compile(*config.not_rule));
  if (config.header) return HeaderRule(*config.header);
  if (config.url_path) return PathRule(*config.url_path);
  if (config.destination_ip) return IpRule(*config.destination_ip, Side::kDestination);
  if (config.destination_port)
    return PortRule(*config.destination_port, *config.destination_port + 1);
  if (config.destination_port_range) {
    return PortRule(static_cast<uint32_t>(config.destination_port_range->start),
                    static_cast<uint32_t>(config.destination_port_range->end));
  }
  if (config.metadata) return MetadataRule(*config.metadata);
  if (config.requested_server_name) return ServerNameRule(*config.requested_server_name);
  if (config.uri_template) return TemplateRule(*config.uri_template);
  if (config.sourced_metadata) return SourcedRule(*config.sourced_metadata);
  return Constant(config.any.value_or(false));
}

std::unique_ptr<Rule> Compile(const PrincipalConfig& config) {
  if (config.and_ids) return std::make_unique<AllOf>(CompileEach(config.and_ids->ids));
  if (config.or_ids) return CompileAny(config.or_ids->ids);
  if (config.not_id) return std::make_unique<Not>(Compile(*config.not_id));
  if (config.authenticated) return AuthenticatedRule(*config.authenticated);
  if (config.source_ip) return IpRule(*config.source_ip, Side::kRemote);
  if (config.direct_remote_ip) return IpRule(*config.direct_remote_ip, Side::kDirectRemote);
  if (config.remote_ip) return IpRule(*config.remote_ip, Side::kRemote);
  if (config.header) return HeaderRule(*config.header);
  if (config.url_path) return PathRule(*config.url_path);
  if (config.metadata) return MetadataRule(*config.metadata);
  if (config.filter_state) return StateRule(*config.filter_state);
  if (config.sourced_metadata) return SourcedRule(*config.sourced_metadata);
  return Constant(config.any.value_or(false));
}

}  // namespace sluice::rbac

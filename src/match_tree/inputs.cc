#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "matchers.h"
#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "sluice/http/chars.h"
#include "sluice/http/target.h"
#include "sluice/match/metadata_matcher.h"
#include "sluice/match/query_matcher.h"
#include "sluice/match_tree/config.h"
#include "sluice/match_tree/input.h"
#include "sluice/match_tree/tree.h"
#include "sluice/net/address.h"

namespace sluice::match_tree {
namespace {

using config::Field;
using config::Message;

// --- Configs.

struct HeaderInputConfig {
  std::string header_name;
  static const Message& Schema() {
    using C = HeaderInputConfig;
    static const auto message =
        Message::Of<C>("envoy.type.matcher.v3.HttpRequestHeaderMatchInput",
                       "A field of the request; several of a name are joined by ','.",
                       {Field("header_name", &C::header_name, "Its name.").Required().NonEmpty()})
            .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
              const config::Node* at = node.Find("header_name");
              match::CheckHeaderName(value.header_name, at != nullptr ? *at : node, ctx);
            });
    return message;
  }
};

struct QueryInputConfig {
  std::string query_param;
  static const Message& Schema() {
    using C = QueryInputConfig;
    static const auto message =
        Message::Of<C>("envoy.type.matcher.v3.HttpRequestQueryParamMatchInput",
                       "A parameter of the query string, undecoded.",
                       {Field("query_param", &C::query_param, "Its name.").Required().NonEmpty()});
    return message;
  }
};

struct FilterStateInputConfig {
  std::string key;
  static const Message& Schema() {
    using C = FilterStateInputConfig;
    static const auto message =
        Message::Of<C>("envoy.extensions.matching.common_inputs.network.v3.FilterStateInput",
                       "The text of an object that a filter left.",
                       {Field("key", &C::key, "Its name.").Required().NonEmpty()});
    return message;
  }
};

struct MetadataInputConfig {
  std::string filter;
  std::vector<match::PathSegmentConfig> path;
  static const Message& Schema() {
    using C = MetadataInputConfig;
    static const auto message = Message::Of<C>(
        "envoy.extensions.matching.common_inputs.network.v3.DynamicMetadataInput",
        "A value in dynamic metadata, for the metadata matcher.",
        {Field("filter", &C::filter, "Whose metadata it is.").Required().NonEmpty(),
         Field("path", &C::path, "The keys that lead to it.").Required().NonEmpty()});
    return message;
  }
};

// --- Inputs.

std::string NameInHeads(std::string name) {
  std::ranges::transform(name, name.begin(), http::ToLowerAscii);
  return name == "host" ? ":authority" : name;
}

class HeaderInput final : public Input {
 public:
  explicit HeaderInput(const HeaderInputConfig& config) : name_(NameInHeads(config.header_name)) {}
  // Input
  std::optional<std::string_view> Text(const Subject& subject,
                                       std::string& /*room*/) const override {
    return subject.request == nullptr ? std::nullopt : subject.request->GetJoined(name_);
  }

 private:
  std::string name_;
};

class QueryInput final : public Input {
 public:
  explicit QueryInput(const QueryInputConfig& config) : name_(config.query_param) {}
  // Input
  std::optional<std::string_view> Text(const Subject& subject,
                                       std::string& /*room*/) const override {
    if (subject.request == nullptr) return std::nullopt;
    const auto path = subject.request->Get(http::HeaderId::kPath);
    if (!path) return std::nullopt;
    return match::FindQueryParameter(http::SplitPath(*path).query, name_);
  }

 private:
  std::string name_;
};

class FilterStateInput final : public Input {
 public:
  explicit FilterStateInput(const FilterStateInputConfig& config) : key_(config.key) {}
  // Input
  std::optional<std::string_view> Text(const Subject& subject, std::string& room) const override {
    const stream::FilterStateObject* object = subject.info.FindState(key_);
    std::optional<std::string> text = object == nullptr ? std::nullopt : object->Text();
    if (!text) return std::nullopt;
    room = *std::move(text);
    return room;
  }

 private:
  std::string key_;
};

class MetadataInput final : public Input {
 public:
  explicit MetadataInput(const MetadataInputConfig& config) : filter_(config.filter) {
    for (const match::PathSegmentConfig& step : config.path) path_.push_back(step.key);
  }
  // Input
  InputKind kind() const override { return InputKind::kData; }
  std::optional<std::string_view> Text(const Subject& /*subject*/,
                                       std::string& /*room*/) const override {
    return std::nullopt;
  }
  const Value* Data(const Subject& subject) const override {
    return match::FindMetadata(subject.info.dynamic_metadata(), filter_, path_);
  }

 private:
  std::string filter_;
  std::vector<std::string> path_;
};

enum class Side : uint8_t { kDestination, kSource, kDirectSource };

const net::Address* AddressOf(const Subject& subject, Side side) {
  if (side == Side::kSource && subject.info.remote != nullptr) return subject.info.remote;
  const stream::ConnectionInfo* connection = subject.info.connection;
  if (connection == nullptr) return nullptr;
  const net::Address* address = side == Side::kDestination ? connection->local
                                : side == Side::kSource    ? connection->remote
                                                           : connection->direct_remote;
  return address != nullptr && address->is_ip() ? address : nullptr;
}

template <Side side>
class IpInput final : public Input {
 public:
  // Input
  InputKind kind() const override { return InputKind::kAddress; }
  std::optional<std::string_view> Text(const Subject& subject, std::string& room) const override {
    const net::Address* address = AddressOf(subject, side);
    if (address == nullptr) return std::nullopt;
    room = address->Ip();
    return room;
  }
  const net::Address* Address(const Subject& subject) const override {
    return AddressOf(subject, side);
  }
};

template <Side side>
class PortInput final : public Input {
 public:
  // Input
  std::optional<std::string_view> Text(const Subject& subject, std::string& room) const override {
    const net::Address* address = AddressOf(subject, side);
    if (address == nullptr) return std::nullopt;
    std::array<char, 8> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), address->port());
    room.assign(digits.data(), end.ptr);
    return room;
  }
};

class ServerNameInput final : public Input {
 public:
  // Input
  std::optional<std::string_view> Text(const Subject& subject,
                                       std::string& /*room*/) const override {
    const stream::ConnectionInfo* connection = subject.info.connection;
    if (connection == nullptr || connection->requested_server_name.empty()) return std::nullopt;
    return connection->requested_server_name;
  }
};

// Of the client's certificate; several names are joined by ','.
template <stream::TlsField field>
class CertificateInput final : public Input {
 public:
  // Input
  std::optional<std::string_view> Text(const Subject& subject, std::string& room) const override {
    const stream::ConnectionInfo* connection = subject.info.connection;
    if (connection == nullptr || connection->tls == nullptr) return std::nullopt;
    if (!connection->tls->Append(field, room)) return std::nullopt;
    return room;
  }
};

// --- Extensions.

enum class Needs : uint8_t { kConnection, kRequest };

template <typename C, typename I>
struct WithConfig final : InputExtension {
  explicit WithConfig(Needs needs)
      : InputExtension(kInputs, C::Schema().type(), &C::Schema), needs_(needs) {}
  // InputExtension
  bool needs_request() const override { return needs_ == Needs::kRequest; }
  std::unique_ptr<const Input> Make(const config::TypedConfig& config) const override {
    return std::make_unique<I>(*config.As<C>());
  }

 private:
  Needs needs_;
};

template <typename I>
struct WithoutConfig final : InputExtension {
  explicit WithoutConfig(std::string_view type)
      : InputExtension(kInputs, type, &config::Empty::Schema) {}
  // InputExtension
  std::unique_ptr<const Input> Make(const config::TypedConfig& /*config*/) const override {
    return std::make_unique<I>();
  }
};

}  // namespace

void AddInputs(config::ExtensionRegistry& registry) {
  const auto add = [&]<typename I>(std::string_view type) {
    registry.Emplace<WithoutConfig<I>>(type);
  };
  registry.Emplace<WithConfig<HeaderInputConfig, HeaderInput>>(Needs::kRequest);
  registry.Emplace<WithConfig<QueryInputConfig, QueryInput>>(Needs::kRequest);
  registry.Emplace<WithConfig<FilterStateInputConfig, FilterStateInput>>(Needs::kConnection);
  registry.Emplace<WithConfig<MetadataInputConfig, MetadataInput>>(Needs::kConnection);
  add.operator()<IpInput<Side::kDestination>>(
      "envoy.extensions.matching.common_inputs.network.v3.DestinationIPInput");
  add.operator()<IpInput<Side::kSource>>(
      "envoy.extensions.matching.common_inputs.network.v3.SourceIPInput");
  add.operator()<IpInput<Side::kDirectSource>>(
      "envoy.extensions.matching.common_inputs.network.v3.DirectSourceIPInput");
  add.operator()<PortInput<Side::kDestination>>(
      "envoy.extensions.matching.common_inputs.network.v3.DestinationPortInput");
  add.operator()<PortInput<Side::kSource>>(
      "envoy.extensions.matching.common_inputs.network.v3.SourcePortInput");
  add.operator()<ServerNameInput>(
      "envoy.extensions.matching.common_inputs.network.v3.ServerNameInput");
  add.operator()<CertificateInput<stream::TlsField::kPeerUriSan>>(
      "envoy.extensions.matching.common_inputs.ssl.v3.UriSanInput");
  add.operator()<CertificateInput<stream::TlsField::kPeerDnsSan>>(
      "envoy.extensions.matching.common_inputs.ssl.v3.DnsSanInput");
  add.operator()<CertificateInput<stream::TlsField::kPeerSubject>>(
      "envoy.extensions.matching.common_inputs.ssl.v3.SubjectInput");
}

}  // namespace sluice::match_tree

#include "metadata_filter.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "sluice/base/base64.h"
#include "sluice/base/protobuf.h"
#include "sluice/base/protobuf_value.h"
#include "sluice/filter/planned_http_filter.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/http/chars.h"
#include "sluice/match/cookie_matcher.h"
#include "sluice/route/filter_config.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::header_to_metadata {

using filter::FilterStatus;

namespace {

constexpr std::string_view kType = "envoy.extensions.filters.http.header_to_metadata.v3.Config";
constexpr std::string_view kName = "envoy.filters.http.header_to_metadata";
constexpr size_t kLongestValue = 8192;

std::optional<Value> ParseNumber(const std::string& text) {
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size() || !std::isfinite(number)) {
    return std::nullopt;
  }
  return Value(number);
}

// A google.protobuf.Value as bytes: read as the one member of a struct.
std::optional<Value> ParseMessage(std::string_view bytes) {
  std::string wrapped;
  ProtoWriter out(wrapped);
  out.Message(1, [&] {
    out.Text(1, "value");
    out.OneofText(2, bytes);
  });
  ValueStruct fields;
  if (!ReadStruct(wrapped, fields)) return std::nullopt;
  return std::move(fields["value"]);
}

// Nothing: it is not what it is said to be.
std::optional<Value> ToValue(std::string_view text, ValueType type, ValueEncode encode) {
  if (text.empty() || text.size() >= kLongestValue) return std::nullopt;
  std::optional<std::string> plain(text);
  if (encode == ValueEncode::kBase64) plain = DecodeBase64(text);
  if (!plain || plain->empty()) return std::nullopt;
  switch (type) {
    case ValueType::kString: return Value(*std::move(plain));
    case ValueType::kNumber: return ParseNumber(*plain);
    case ValueType::kProtobufValue: return ParseMessage(*plain);
  }
  return std::nullopt;
}

std::optional<Entry> Compile(const std::optional<KeyValueConfig>& config) {
  if (!config) return std::nullopt;
  Entry entry;
  entry.space = config->metadata_namespace.empty() ? kName : config->metadata_namespace;
  entry.key = config->key;
  entry.type = config->type;
  entry.encode = config->encode;
  if (!config->value.empty()) {
    entry.fixed = ToValue(config->value, config->type, config->encode).value_or(Value());
  }
  if (config->regex_value_rewrite) entry.rewrite = match::Compile(*config->regex_value_rewrite);
  return entry;
}

std::vector<Rule> Compile(const std::vector<RuleConfig>& configs) {
  std::vector<Rule> rules;
  for (const RuleConfig& config : configs) {
    Rule& rule = rules.emplace_back();
    rule.cookie = config.header.empty();
    rule.name = rule.cookie ? config.cookie : config.header;
    if (!rule.cookie) {
      std::ranges::transform(rule.name, rule.name.begin(), http::ToLowerAscii);
    }
    rule.remove = config.remove;
    rule.present = Compile(config.on_header_present);
    rule.missing = Compile(config.on_header_missing);
  }
  return rules;
}

}  // namespace

Rules::Rules(const HeaderToMetadataConfig& config)
    : request(Compile(config.request_rules)), response(Compile(config.response_rules)) {}

FilterStatus MetadataFilter::OnRequestHead(http::HeaderMap& head, bool /*end*/) {
  for (const Rule& rule : rules().request) Apply(rule, head);
  return FilterStatus::kContinue;
}

FilterStatus MetadataFilter::OnResponseHead(http::HeaderMap& head, bool /*end*/) {
  for (const Rule& rule : rules().response) Apply(rule, head);
  return FilterStatus::kContinue;
}

const Rules& MetadataFilter::rules() {
  const auto* route = static_cast<const Rules*>(host().route_config());
  return route != nullptr ? *route : own_;
}

void MetadataFilter::Apply(const Rule& rule, http::HeaderMap& head) {
  const std::string_view name = rule.name;
  const auto found = rule.cookie ? match::FindCookie(head, name) : head.GetJoined(name);
  if (!found) {
    if (rule.missing) Put(*rule.missing, *rule.missing->fixed);
    return;
  }
  if (const auto& entry = rule.present) {
    if (entry->fixed) {
      Put(*entry, *entry->fixed);
    } else {
      const std::string_view text =
          entry->rewrite ? entry->rewrite->Apply(*found, host().arena()) : *found;
      if (auto value = ToValue(text, entry->type, entry->encode)) Put(*entry, *std::move(value));
    }
  }
  if (rule.remove) head.Remove(name);
}

void MetadataFilter::Put(const Entry& entry, Value value) {
  if (value.IsNull() && entry.type != ValueType::kProtobufValue) return;  // it is no number
  host().info().dynamic_metadata(entry.space).insert_or_assign(entry.key, std::move(value));
}

namespace {

struct Extension final : filter::HttpFilterExtension {
  using HttpFilterExtension::HttpFilterExtension;
  std::unique_ptr<filter::HttpFilterFactory> Make(const config::TypedConfig& config,
                                                  filter::LoadContext& /*ctx*/) const override {
    return std::make_unique<filter::PlannedHttpFilter<MetadataFilter, Rules>>(
        std::make_shared<const Rules>(*config.As<HeaderToMetadataConfig>()));
  }
};

struct RouteExtension final : route::FilterRouteExtension {
  using FilterRouteExtension::FilterRouteExtension;
  std::shared_ptr<const void> Compile(const config::TypedConfig& config,
                                      config::Problems& /*problems*/) const override {
    return std::make_shared<const Rules>(*config.As<HeaderToMetadataConfig>());
  }
};

}  // namespace

ExtensionPtr MakeExtension() {
  return std::make_unique<Extension>(filter::kHttpFilters, kType, &HeaderToMetadataConfig::Schema,
                                     std::vector<std::string_view>{kName});
}

ExtensionPtr MakeRouteExtension() {
  return std::make_unique<RouteExtension>(kType, kType, &HeaderToMetadataConfig::Schema);
}

}  // namespace sluice::filters::header_to_metadata

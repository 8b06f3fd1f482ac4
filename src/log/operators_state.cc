// Operators for metadata (dynamic, and what the config gives clusters, hosts and routes) and for
// filter state.
#include <cmath>
#include <cstdio>

#include "operators.h"
#include "sluice/config/node.h"
#include "sluice/config/types.h"

namespace sluice::log {
namespace {

enum Source : uint8_t {
  kDynamic,
  kCluster,
  kUpstreamHost,
  kRoute,
  kVirtualHost,
  kListener,
  kChain
};

struct SourceName {
  std::string_view name;
  Source source;
};
constexpr SourceName kSources[] = {
    {"DYNAMIC", kDynamic},
    {"CLUSTER", kCluster},
    {"UPSTREAM_HOST", kUpstreamHost},
    {"ROUTE", kRoute},
    {"VIRTUAL_HOST", kVirtualHost},
    {"LISTENER", kListener},
    {"LISTENER_FILTER_CHAIN", kChain},
};

const config::Metadata* ConfigMetadata(const stream::StreamInfo& info, uint8_t source) {
  switch (static_cast<Source>(source)) {
    case kCluster: return info.cluster_metadata;
    case kUpstreamHost: return info.upstream_host.metadata;
    case kRoute: return info.route_metadata;
    case kVirtualHost: return info.virtual_host_metadata;
    case kListener: return info.connection ? info.connection->listener_metadata : nullptr;
    case kChain: return info.connection ? info.connection->filter_chain_metadata : nullptr;
    case kDynamic: break;
  }
  return nullptr;
}

void AppendJson(std::string& out, const Value& value);

void AppendJsonText(std::string& out, std::string_view text) {
  const size_t from = out.size();
  out.append(text);
  QuoteTail(out, from);
}

void AppendDouble(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out.append("null");  // JSON has no other word for it
    return;
  }
  char buffer[32];
  const bool whole = std::floor(number) == number && std::fabs(number) < 9e15;
  const int size = std::snprintf(buffer, sizeof(buffer), whole ? "%.0f" : "%.17g", number);
  out.append(buffer, static_cast<size_t>(size));
}

void AppendStruct(std::string& out, const ValueStruct& fields) {
  const char* separator = "{";
  for (const auto& [key, value] : fields) {
    out.append(separator);
    AppendJsonText(out, key);
    out.push_back(':');
    AppendJson(out, value);
    separator = ",";
  }
  out.append(fields.empty() ? "{}" : "}");
}

void AppendJson(std::string& out, const Value& value) {
  if (const bool* b = value.AsBool()) {
    out.append(*b ? "true" : "false");
  } else if (const double* number = value.AsNumber()) {
    AppendDouble(out, *number);
  } else if (const std::string* text = value.AsString()) {
    AppendJsonText(out, *text);
  } else if (const ValueStruct* fields = value.AsStruct()) {
    AppendStruct(out, *fields);
  } else if (const ValueList* list = value.AsList()) {
    const char* separator = "[";
    for (const Value& item : *list) {
      out.append(separator);
      AppendJson(out, item);
      separator = ",";
    }
    out.append(list->empty() ? "[]" : "]");
  } else {
    out.append("null");
  }
}

Emitted EmitValue(std::string& out, const Value* value) {
  if (value == nullptr || value->IsNull()) return Emitted::kMissing;
  if (const std::string* text = value->AsString()) {
    out.append(*text);
    return Emitted::kText;
  }
  AppendJson(out, *value);
  return value->AsNumber() != nullptr ? Emitted::kNumber : Emitted::kJson;
}

Emitted EmitNode(std::string& out, const config::Node* node) {
  if (node == nullptr || node->IsNull()) return Emitted::kMissing;
  std::string json = config::ToJson(*node, config::JsonStyle::kCompact);
  if (node->IsScalar() && json.starts_with('"')) {
    out.append(node->scalar);
    return Emitted::kText;
  }
  out.append(json);
  return Emitted::kJson;
}

Emitted EmitDynamic(const Op& op, std::string& out, const FormatContext& context) {
  const Value* value = context.info.FindMetadata(op.text);
  for (const std::string& key : op.path) value = value == nullptr ? nullptr : value->Find(key);
  return EmitValue(out, value);
}

Emitted EmitMetadata(const Op& op, std::string& out, const FormatContext& context) {
  if (op.variant == kDynamic) return EmitDynamic(op, out, context);
  const config::Metadata* metadata = ConfigMetadata(context.info, op.variant);
  if (metadata == nullptr) return Emitted::kMissing;
  const auto found = metadata->filter_metadata.find(op.text);
  if (found == metadata->filter_metadata.end()) return Emitted::kMissing;
  const config::Node* node = &found->second;
  for (const std::string& key : op.path) node = node == nullptr ? nullptr : node->Find(key);
  return EmitNode(out, node);
}

std::vector<std::string> SplitPath(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const size_t colon = text.find(':');
    parts.emplace_back(text.substr(0, colon));
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

// ["ns", "key"], the spelling of old header values.
std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> parts;
  for (size_t open = text.find('"'); open != std::string_view::npos; open = text.find('"', open)) {
    const size_t close = text.find('"', open + 1);
    if (close == std::string_view::npos) break;
    parts.emplace_back(text.substr(open + 1, close - open - 1));
    open = close + 1;
  }
  return parts;
}

Result<> SetPath(std::string_view arguments, Op& op) {
  std::vector<std::string> parts =
      arguments.starts_with('[') ? SplitList(arguments) : SplitPath(arguments);
  if (parts.empty() || parts[0].empty()) return BadFormat("a metadata namespace is missing");
  op.text = std::move(parts[0]);
  op.path.assign(std::make_move_iterator(parts.begin() + 1), std::make_move_iterator(parts.end()));
  return {};
}

template <Source kSource>
Result<> SetSourceAndPath(std::string_view arguments, Op& op) {
  op.variant = kSource;
  return SetPath(arguments, op);
}

Result<> SetTypeAndPath(std::string_view arguments, Op& op) {
  const size_t colon = arguments.find(':');
  for (const SourceName& known : kSources) {
    if (known.name != arguments.substr(0, colon)) continue;
    if (colon == std::string_view::npos) return BadFormat("TYPE:NAMESPACE:KEY");
    op.variant = known.source;
    return SetPath(arguments.substr(colon + 1), op);
  }
  return BadFormat(
      "the type is one of DYNAMIC, CLUSTER, UPSTREAM_HOST, ROUTE, VIRTUAL_HOST, LISTENER, "
      "LISTENER_FILTER_CHAIN");
}

enum StateForm : uint8_t { kTyped, kPlain, kField };

// KEY, KEY:PLAIN, KEY:TYPED or KEY:FIELD:name
Result<> SetState(std::string_view arguments, Op& op) {
  const std::vector<std::string> parts = SplitPath(arguments);
  op.text = parts[0];
  if (op.text.empty()) return BadFormat("the key is missing");
  op.variant = kTyped;
  if (parts.size() == 1 || parts[1] == "TYPED") return {};
  if (parts[1] == "PLAIN") {
    op.variant = kPlain;
    return {};
  }
  if (parts[1] != "FIELD") return BadFormat("only PLAIN, TYPED and FIELD are known");
  if (parts.size() != 3) return BadFormat("FIELD needs the name of a field: KEY:FIELD:NAME");
  op.variant = kField;
  op.other = parts[2];
  return {};
}

Result<> SetPlainState(std::string_view arguments, Op& op) {
  op.text = arguments;
  op.variant = kPlain;
  return op.text.empty() ? Result<>(BadFormat("the key is missing")) : Result<>();
}

Emitted EmitState(const Op& op, std::string& out, const FormatContext& context) {
  const stream::FilterStateObject* object = context.info.FindState(op.text);
  if (object == nullptr) return Emitted::kMissing;
  const std::optional<std::string> text =
      op.variant == kField ? object->Field(op.other) : object->Text();
  if (!text) return Emitted::kMissing;
  if (op.variant != kTyped) {
    out.append(*text);
    return Emitted::kText;
  }
  AppendJsonText(out, *text);
  return Emitted::kJson;
}

constexpr auto kMust = Arguments::kRequired;

constexpr Command kCommands[] = {
    {"DYNAMIC_METADATA", kMust, true, EmitMetadata, SetSourceAndPath<kDynamic>},
    {"CLUSTER_METADATA", kMust, true, EmitMetadata, SetSourceAndPath<kCluster>},
    {"UPSTREAM_METADATA", kMust, true, EmitMetadata, SetSourceAndPath<kUpstreamHost>},
    {"METADATA", kMust, true, EmitMetadata, SetTypeAndPath},
    {"FILTER_STATE", kMust, true, EmitState, SetState},
    {"PER_REQUEST_STATE", kMust, false, EmitState, SetPlainState},
};

}  // namespace

std::span<const Command> StateCommands() { return kCommands; }

}  // namespace sluice::log

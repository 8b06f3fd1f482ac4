// envoy.filters.http.set_metadata: puts fixed values into the dynamic metadata of each request.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "sluice/filter/http_filter.h"
#include "sluice/filter/registry.h"
#include "sluice/filters/extensions.h"
#include "sluice/stats/store.h"
#include "sluice/stream/stream_info.h"

namespace sluice::filters::set_metadata {
namespace {

using config::Field;
using config::Message;

constexpr std::string_view kType = "envoy.extensions.filters.http.set_metadata.v3.Config";

struct MetadataConfig {
  std::string metadata_namespace;
  bool allow_overwrite = false;
  std::optional<config::Node> value;
  static const Message& Schema();
};

struct SetMetadataConfig {
  std::string metadata_namespace;
  std::optional<config::Node> value;
  std::vector<MetadataConfig> metadata;
  static const Message& Schema();
};

void CheckStruct(const std::optional<config::Node>& value, const config::Node& node,
                 config::Context& ctx) {
  if (value && !value->IsMap()) ctx.Fail(node, "value has to be a map");
}

const Message& MetadataConfig::Schema() {
  using C = MetadataConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.set_metadata.v3.Metadata",
                     "Values of one namespace.",
                     {Field("metadata_namespace", &C::metadata_namespace, "The namespace.")
                          .Required()
                          .NonEmpty(),
                      Field("allow_overwrite", &C::allow_overwrite,
                            "Whether they are added to what is there; else that stays as it is."),
                      Field("value", &C::value, "The values."),
                      config::Unimplemented("typed_value", "use `value`")})
          .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
            CheckStruct(value.value, node, ctx);
          });
  return message;
}

const Message& SetMetadataConfig::Schema() {
  using C = SetMetadataConfig;
  static const auto message =
      Message::Of<C>(
          kType, "Puts fixed values into the dynamic metadata.",
          {Field("metadata_namespace", &C::metadata_namespace, "Where `value` goes.")
               .Deprecated("metadata"),
           Field("value", &C::value, "Values, added to what is there.").Deprecated("metadata"),
           Field("metadata", &C::metadata, "What to put where.")})
          .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
            CheckStruct(value.value, node, ctx);
            if (value.value && value.metadata_namespace.empty()) {
              ctx.Fail(node, "value needs a metadata_namespace to go to");
            }
          });
  return message;
}

struct Entry {
  std::string space;
  bool overwrite;
  ValueStruct values;
};

struct SetMetadataStats {
  stats::Counter overwrite_denied;
};

// Structs into structs, lists behind lists; anything else takes the place of what was there.
void Merge(ValueStruct& into, const ValueStruct& from) {
  for (const auto& [key, value] : from) {
    const auto [at, added] = into.try_emplace(key, value);
    if (added) continue;
    ValueStruct* old = at->second.AsStruct();
    const ValueList* old_list = at->second.AsList();
    if (old != nullptr && value.AsStruct() != nullptr) {
      Merge(*old, *value.AsStruct());
    } else if (old_list != nullptr && value.AsList() != nullptr) {
      ValueList joined = *old_list;
      joined.insert(joined.end(), value.AsList()->begin(), value.AsList()->end());
      at->second = Value(std::move(joined));
    } else {
      at->second = value;
    }
  }
}

class SetMetadataFilter final : public filter::HttpFilter {
 public:
  SetMetadataFilter(const std::vector<Entry>& entries, SetMetadataStats& stats)
      : entries_(entries), stats_(stats) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return false; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& /*head*/, bool /*end*/) override {
    for (const Entry& entry : entries_) {
      if (!entry.overwrite && host().info().FindMetadata(entry.space) != nullptr) {
        stats_.overwrite_denied.Inc();
        continue;
      }
      Merge(host().info().dynamic_metadata(entry.space), entry.values);
    }
    return filter::FilterStatus::kContinue;
  }

 private:
  const std::vector<Entry>& entries_;
  SetMetadataStats& stats_;
};

class Worker final : public filter::HttpFilterWorker {
 public:
  Worker(const std::vector<Entry>& entries, const stats::Scope& scope)
      : entries_(entries), stats_{scope.MakeCounter("overwrite_denied")} {}
  // filter::HttpFilterWorker
  filter::HttpFilter* Create(Arena& arena) override {
    return arena.New<SetMetadataFilter>(entries_, stats_);
  }

 private:
  const std::vector<Entry>& entries_;
  SetMetadataStats stats_;
};

class Factory final : public filter::HttpFilterFactory {
 public:
  explicit Factory(std::vector<Entry> entries) : entries_(std::move(entries)) {}
  static std::unique_ptr<filter::HttpFilterFactory> Make(
      const std::shared_ptr<const SetMetadataConfig>& config, const config::Where& /*where*/,
      filter::LoadContext& /*ctx*/) {
    std::vector<Entry> entries;
    const auto add = [&](const std::string& space, bool overwrite,
                         const std::optional<config::Node>& value) {
      Value values = value ? config::ToValue(*value) : Value(ValueStruct{});
      entries.push_back({space, overwrite, std::move(*values.AsStruct())});
    };
    if (!config->metadata_namespace.empty()) {
      add(config->metadata_namespace, true, config->value);
    }
    for (const MetadataConfig& each : config->metadata) {
      add(each.metadata_namespace, each.allow_overwrite, each.value);
    }
    return std::make_unique<Factory>(std::move(entries));
  }
  // filter::HttpFilterFactory
  std::unique_ptr<filter::HttpFilterWorker> MakeWorker(filter::WorkerContext& /*worker*/,
                                                       const stats::Scope& manager) const override {
    return std::make_unique<Worker>(entries_, manager.Sub("set_metadata"));
  }

 private:
  const std::vector<Entry> entries_;
};

}  // namespace

ExtensionPtr MakeExtension() {
  using Extension = filter::SimpleExtension<filter::HttpFilterExtension, filter::HttpFilterFactory,
                                            SetMetadataConfig, Factory>;
  return std::make_unique<Extension>(
      filter::kHttpFilters, kType, &SetMetadataConfig::Schema,
      std::vector<std::string_view>{"envoy.filters.http.set_metadata"});
}

}  // namespace sluice::filters::set_metadata

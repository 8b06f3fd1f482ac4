// envoy.filters.http.header_to_metadata: what fields and cookies have becomes dynamic metadata, for
// subsets, logs and other filters. Per stream; one worker.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "metadata_config.h"
#include "sluice/base/value.h"
#include "sluice/filter/http_filter.h"

namespace sluice::filters::header_to_metadata {

struct Entry {
  std::string space;
  std::string key;
  std::optional<Value> fixed;  // in place of what the field has
  std::optional<match::RegexRewrite> rewrite;
  ValueType type = ValueType::kString;
  ValueEncode encode = ValueEncode::kNone;
};

struct Rule {
  std::string name;  // of a field in lower case, or of a cookie
  bool cookie = false;
  bool remove = false;
  std::optional<Entry> present;
  std::optional<Entry> missing;
};

struct Rules {
  std::vector<Rule> request;
  std::vector<Rule> response;

  explicit Rules(const HeaderToMetadataConfig& config);
};

class MetadataFilter final : public filter::HttpFilter {
 public:
  explicit MetadataFilter(const Rules& rules) : own_(rules) {}

  // filter::HttpFilter
  bool WantsBodies() const override { return false; }
  filter::FilterStatus OnRequestHead(http::HeaderMap& head, bool end) override;
  filter::FilterStatus OnResponseHead(http::HeaderMap& head, bool end) override;

 private:
  const Rules& rules();
  void Apply(const Rule& rule, http::HeaderMap& head);
  void Put(const Entry& entry, Value value);

  const Rules& own_;
};

}  // namespace sluice::filters::header_to_metadata

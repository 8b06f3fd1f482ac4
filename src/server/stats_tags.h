// stats_config compiled: which stats are kept, and the tags that Prometheus samples carry. Main
// thread, at load.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/config/problems.h"
#include "sluice/match/string_matcher.h"
#include "sluice/server/bootstrap_config.h"
#include "sluice/stats/store.h"
#include "sluice/stats/tags.h"

namespace sluice::server {

// Empty: all are kept.
stats::Store::NameFilter StatsFilter(const StatsConfig& config);

// `given` are those of --stats-tag, "name:value".
stats::Tagging CompileStatsTags(const StatsConfig& config, const std::vector<std::string>& given,
                                config::Problems& problems);

// histogram_bucket_settings: the first whose matcher takes the name.
class HistogramBounds {
 public:
  HistogramBounds() = default;
  explicit HistogramBounds(const StatsConfig& config);
  std::span<const double> Find(std::string_view name) const;

 private:
  struct Rule {
    match::StringMatcher names;
    std::vector<double> bounds;  // ascending
  };
  std::vector<Rule> rules_;
};

}  // namespace sluice::server

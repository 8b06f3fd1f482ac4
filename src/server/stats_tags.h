// stats_config compiled: which stats are kept, and the tags that Prometheus samples carry. Main
// thread, at load.
#pragma once

#include <string>
#include <vector>

#include "sluice/config/problems.h"
#include "sluice/server/bootstrap_config.h"
#include "sluice/stats/store.h"
#include "sluice/stats/tags.h"

namespace sluice::server {

// Empty: all are kept.
stats::Store::NameFilter StatsFilter(const StatsConfig& config);

// `given` are those of --stats-tag, "name:value".
stats::Tagging CompileStatsTags(const StatsConfig& config, const std::vector<std::string>& given,
                                config::Problems& problems);

}  // namespace sluice::server

// The renderers behind Render(), one file each. Counters and gauges are listed as one sequence by
// name, text readouts before and histograms after them.
#pragma once

#include <string>
#include <vector>

#include "sluice/stats/render.h"

namespace sluice::stats {

std::string RenderText(const std::vector<StatView>& views, HistogramBuckets buckets);
std::string RenderJson(const std::vector<StatView>& views, HistogramBuckets buckets);
std::string RenderPrometheus(const std::vector<StatView>& views, const RenderOptions& options);

// Pointers to the views in the order of /stats.
std::vector<const StatView*> InAdminOrder(const std::vector<StatView>& views);

}  // namespace sluice::stats

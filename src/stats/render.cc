#include "sluice/stats/render.h"

#include <cstdio>
#include <string_view>
#include <vector>

#include "render_internal.h"

namespace sluice::stats {

bool TypeMatches(Type type, Kind kind) {
  switch (type) {
    case Type::kAll: return true;
    case Type::kCounters: return kind == Kind::kCounter;
    case Type::kGauges: return kind == Kind::kGauge;
    case Type::kHistograms: return kind == Kind::kHistogram;
    case Type::kTextReadouts: return kind == Kind::kText;
  }
  return false;
}

std::vector<StatView> Select(const Store& store, const RenderOptions& options) {
  std::vector<StatView> views = store.Collect(options.filter);
  std::erase_if(views, [&](const StatView& view) {
    return (options.used_only && !view.used) || !TypeMatches(options.type, view.kind);
  });
  if (!options.bounds) return views;
  for (StatView& view : views) {
    if (view.histogram != nullptr) view.histogram->bounds = options.bounds(view.name);
  }
  return views;
}

void AppendJsonString(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"': out.append("\\\""); break;
      case '\\': out.append("\\\\"); break;
      case '\n': out.append("\\n"); break;
      case '\r': out.append("\\r"); break;
      case '\t': out.append("\\t"); break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          char buffer[8];
          std::snprintf(buffer, sizeof(buffer), "\\u%04x", static_cast<unsigned>(c));
          out.append(buffer);
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
}

std::string Render(const Store& store, const RenderOptions& options) {
  const std::vector<StatView> views = Select(store, options);
  switch (options.format) {
    case Format::kText: return RenderText(views, options.buckets);
    case Format::kJson: return RenderJson(views, options.buckets);
    case Format::kPrometheus: return RenderPrometheus(views, options);
  }
  return {};
}

}  // namespace sluice::stats

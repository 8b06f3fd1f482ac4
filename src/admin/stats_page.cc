#include <array>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "tables.h"

namespace sluice::admin {
namespace {

// Filters come from whoever made the link, and names from the configuration.
std::string Escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

std::string Select(std::string_view name, std::string_view chosen,
                   std::initializer_list<std::string_view> values) {
  std::string out = fmt::format("<label>{0} <select name=\"{0}\">", name);
  for (const std::string_view value : values) {
    out += fmt::format("<option{}>{}</option>", value == chosen ? " selected" : "", value);
  }
  return out + "</select></label>\n";
}

}  // namespace

// Works without scripts, as the home page does.
Response StatsPage(const Request& request, std::string_view text) {
  std::string page =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>sluice stats</title></head>\n<body>\n"
      "<h1><a href=\"/\">sluice admin</a>: stats</h1>\n<form action=\"stats\">\n";
  page += Select("format", "html", {"html", "text", "json", "prometheus"});
  page += Select("type", request.Param("type").value_or("All"),
                 {"All", "Counters", "Gauges", "Histograms", "TextReadouts"});
  page += Select("histogram_buckets", request.Param("histogram_buckets").value_or("none"),
                 {"none", "summary", "cumulative", "disjoint", "detailed"});
  page += fmt::format("<label>filter <input name=\"filter\" value=\"{}\"></label>\n",
                      Escaped(request.Param("filter").value_or("")));
  page += fmt::format("<label><input type=\"checkbox\" name=\"usedonly\"{}> usedonly</label>\n",
                      request.Param("usedonly") ? " checked" : "");
  page += "<button>show</button>\n</form>\n<pre>\n" + Escaped(text) + "</pre>\n</body>\n</html>\n";
  Response response = TextResponse(std::move(page));
  response.content_type = "text/html; charset=UTF-8";
  return response;
}

}  // namespace sluice::admin

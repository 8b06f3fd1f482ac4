// A struct of stats declared once: members, names and help stand in one table beside them.
//
//   struct EchoStats {
//     stats::Counter echoed;
//     static constexpr stats::Field<EchoStats> kFields[] = {
//         {&EchoStats::echoed, "echoed", "Bytes sent back"},
//     };
//   };
//   auto s = stats::Make<EchoStats>(scope);   // binds every member under the scope's prefix
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/stats/stats.h"
#include "sluice/stats/store.h"

namespace sluice::stats {

template <typename S>
struct Field {
  constexpr Field(Counter S::* member, std::string_view field_name, std::string_view field_help)
      : kind(Kind::kCounter), counter(member), name(field_name), help(field_help) {}
  constexpr Field(Gauge S::* member, std::string_view field_name, std::string_view field_help)
      : kind(Kind::kGauge), gauge(member), name(field_name), help(field_help) {}
  constexpr Field(Histogram S::* member, std::string_view field_name, std::string_view field_help)
      : kind(Kind::kHistogram), histogram(member), name(field_name), help(field_help) {}

  Kind kind;
  Counter S::* counter = nullptr;
  Gauge S::* gauge = nullptr;
  Histogram S::* histogram = nullptr;
  std::string_view name;
  std::string_view help;
};

template <typename S>
S Make(const Scope& scope) {
  S made;
  for (const Field<S>& field : S::kFields) {
    switch (field.kind) {
      case Kind::kCounter: made.*field.counter = scope.MakeCounter(field.name); break;
      case Kind::kGauge: made.*field.gauge = scope.MakeGauge(field.name); break;
      case Kind::kHistogram: made.*field.histogram = scope.MakeHistogram(field.name); break;
      case Kind::kText: break;
    }
  }
  return made;
}

std::string_view KindName(Kind kind);
void DescribeOne(std::string& out, std::string_view name, Kind kind, std::string_view help);

// One section of the reference manual, in Markdown: `--stats-reference`.
template <typename S>
void Describe(std::string& out, std::string_view prefix) {
  out.append("## `").append(prefix).append(".`\n\n| name | kind | meaning |\n|---|---|---|\n");
  for (const Field<S>& field : S::kFields) DescribeOne(out, field.name, field.kind, field.help);
  out.append("\n");
}

}  // namespace sluice::stats

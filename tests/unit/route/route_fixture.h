// Builds route tables from YAML for tests, with clusters a, b, c, a formatter that knows
// %REQ(name)% only, and a chain of two filters: `limits` (takes LimitConfig) and a cors filter.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/config/schema.h"
#include "sluice/route/apply.h"
#include "sluice/route/build.h"
#include "sluice/route/config.h"
#include "sluice/route/extensions.h"
#include "sluice/route/filter_config.h"
#include "support/head.h"
#include "support/parse_config.h"

namespace sluice::route::testing {

class FakeClusters final : public ClusterDirectory {
 public:
  std::optional<uint32_t> FindId(std::string_view name) const override {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) return std::nullopt;
    return static_cast<uint32_t>(found - names_.begin());
  }
  std::string_view NearestName(std::string_view name) const override {
    return config::Nearest(name, names_);
  }

 private:
  std::vector<std::string_view> names_{"a", "b", "c", "backend"};
};

// "x-%REQ(name)%-y": text around one operator.
class FakeFormat final : public TextFormat {
 public:
  FakeFormat(std::string before, std::string name, std::string after)
      : before_(std::move(before)), name_(std::move(name)), after_(std::move(after)) {}
  std::string_view Format(const FormatInput& input, Arena& arena) const override {
    const auto value = input.request_head ? input.request_head->Get(name_) : std::nullopt;
    return arena.Copy(before_ + std::string(value.value_or("")) + after_);
  }

 private:
  std::string before_, name_, after_;
};

class FakeCompiler final : public TextFormatCompiler {
 public:
  Result<std::unique_ptr<const TextFormat>> Compile(std::string_view text) const override {
    const size_t begin = text.find("%REQ(");
    const size_t end = text.find(")%");
    if (begin == std::string_view::npos || end == std::string_view::npos) {
      return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, "unknown command operator");
    }
    return std::make_unique<const FakeFormat>(std::string(text.substr(0, begin)),
                                              std::string(text.substr(begin + 5, end - begin - 5)),
                                              std::string(text.substr(end + 2)));
  }
};

struct LimitConfig {
  uint32_t limit = 0;
  static const config::Message& Schema() {
    static const auto message = config::Message::Of<LimitConfig>(
        "test.Limit", "A limit.", {config::Field("limit", &LimitConfig::limit, "The limit.")});
    return message;
  }
};

// The outer level's limit is added to the inner one's.
struct LimitRouteExtension final : FilterRouteExtension {
  LimitRouteExtension()
      : FilterRouteExtension("test.LimitFilter", "test.Limit", &LimitConfig::Schema) {}
  std::shared_ptr<const void> Merge(const std::shared_ptr<const void>& outer,
                                    const std::shared_ptr<const void>& inner) const override {
    auto sum = std::make_shared<LimitConfig>();
    sum->limit = static_cast<const LimitConfig*>(outer.get())->limit +
                 static_cast<const LimitConfig*>(inner.get())->limit;
    return sum;
  }
};

struct Fixture {
  Fixture() {
    AddRouteExtensions(registry);
    registry.Emplace<LimitRouteExtension>();
  }

  std::shared_ptr<const RouteTable> Build(const std::string& yaml, config::Problems& problems) {
    config::ParseOptions options;
    options.extensions = &registry;
    auto parsed = std::make_shared<RouteConfiguration>();
    if (!test::ParseInto(*parsed, problems, yaml, options)) return nullptr;
    BuildInput input;
    input.config = parsed;
    input.clusters = &clusters;
    input.formats = &compiler;
    input.filters = slots;
    return BuildTable(input, problems);
  }
  std::shared_ptr<const RouteTable> Build(const std::string& yaml) {
    config::Problems problems;
    auto table = Build(yaml, problems);
    EXPECT_NE(table, nullptr) << problems.Text();
    return table;
  }
  // One virtual host for all domains.
  std::shared_ptr<const RouteTable> BuildRoutes(const std::string& routes) {
    return Build("virtual_hosts: [{name: v, domains: ['*'], routes: [" + routes + "]}]");
  }
  // What is wrong; empty: nothing.
  std::string ProblemsOf(const std::string& yaml) {
    config::Problems problems;
    auto table = Build(yaml, problems);
    return table == nullptr ? problems.Text() : "";
  }
  std::string RouteProblems(const std::string& route) {
    return ProblemsOf("virtual_hosts: [{name: v, domains: ['*'], routes: [" + route + "]}]");
  }

  config::ExtensionRegistry registry;
  FakeClusters clusters;
  FakeCompiler compiler;
  config::Extension limits_type{"envoy.filters.http", "test.LimitFilter", &config::Empty::Schema};
  config::Extension cors_type{
      "envoy.filters.http", kCorsFilterType, &config::Empty::Schema, {"envoy.filters.http.cors"}};
  std::vector<FilterSlot> slots{{"limits", &limits_type}, {"my-cors", &cors_type}};
};

inline const RouteEntry* Match(const RouteTable& table, const http::HeaderMap& head,
                               uint64_t random = 0) {
  MatchInput input{head};
  input.random = random;
  return table.Match(input);
}

// The name of the route or "-".
inline std::string Named(const RouteTable& table, const http::HeaderMap& head,
                         uint64_t random = 0) {
  const RouteEntry* entry = Match(table, head, random);
  return entry != nullptr ? std::string(entry->name) : "-";
}

}  // namespace sluice::route::testing

// The compiled table against the definition: the first route of the list whose path and conditions
// match, over random tables and requests.
#include <random>

#include "route_fixture.h"
#include "sluice/http/chars.h"

namespace sluice::route {
namespace {

using test::Head;
using namespace testing;

struct Naive {
  std::string kind;
  std::string text;
  bool any_case = false;
  std::string header;  // empty: none needed

  bool Takes(std::string path, bool has_x, bool has_y) const {
    if (header == "x" && !has_x) return false;
    if (header == "y" && !has_y) return false;
    std::string own = text;
    if (any_case) {
      for (char& c : path) c = http::ToLowerAscii(c);
      for (char& c : own) c = http::ToLowerAscii(c);
    }
    if (kind == "path") return path == own;
    if (kind == "prefix") return path.starts_with(own);
    if (kind == "path_separated_prefix") {
      return path.starts_with(own) && (path.size() == own.size() || path[own.size()] == '/');
    }
    return path.starts_with("/" + text.substr(1, 1));  // regex "/c.*"
  }
};

std::string RandomPath(std::mt19937& random) {
  static constexpr std::string_view kPieces[] = {"/", "a", "b", "A", "/a", "/b", "ab"};
  std::string out = "/";
  const size_t size = random() % 6;
  for (size_t i = 0; i < size; ++i) out += kPieces[random() % std::size(kPieces)];
  return out;
}

Naive RandomRoute(std::mt19937& random) {
  static constexpr const char* kKinds[] = {"path", "prefix", "prefix", "path_separated_prefix",
                                           "regex"};
  Naive out;
  out.kind = kKinds[random() % std::size(kKinds)];
  out.text = RandomPath(random);
  if (out.kind == "path_separated_prefix") {
    while (out.text.back() == '/') out.text += 'a';
  }
  if (out.kind == "regex") out.text = random() % 2 == 0 ? "/a" : "/b";
  out.any_case = out.kind != "regex" && random() % 4 == 0;
  const auto condition = random() % 4;
  if (condition < 2) out.header = condition == 0 ? "x" : "y";
  return out;
}

std::string Yaml(const std::vector<Naive>& routes) {
  std::string out;
  for (size_t i = 0; i < routes.size(); ++i) {
    const Naive& route = routes[i];
    out += i == 0 ? "" : ",\n";
    out += "{name: '" + std::to_string(i) + "', match: {";
    out += route.kind == "regex" ? "safe_regex: {regex: '" + route.text + ".*'}"
                                 : route.kind + ": '" + route.text + "'";
    if (route.any_case) out += ", case_sensitive: false";
    if (!route.header.empty()) out += ", headers: [{name: " + route.header + "}]";
    out += "}, route: {cluster: a}}";
  }
  return out;
}

TEST(RoutePropertyTest, CompiledTableAgreesWithALinearSearch) {
  std::mt19937 random(20261121);
  Fixture fixture;
  for (int round = 0; round < 300; ++round) {
    std::vector<Naive> routes(1 + random() % 40);
    for (Naive& route : routes) route = RandomRoute(random);
    const auto table = fixture.BuildRoutes(Yaml(routes));
    ASSERT_NE(table, nullptr);
    for (int request = 0; request < 60; ++request) {
      const std::string path = RandomPath(random);
      const bool has_x = random() % 2 == 0;
      const bool has_y = random() % 2 == 0;
      Head head = Head::Get("h", path + (random() % 3 == 0 ? "?q=/a" : ""));
      if (has_x) head.map().Add("x", "1");
      if (has_y) head.map().Add("y", "1");
      std::string expected = "-";
      for (size_t i = 0; i < routes.size() && expected == "-"; ++i) {
        if (routes[i].Takes(path, has_x, has_y)) expected = std::to_string(i);
      }
      ASSERT_EQ(Named(*table, head), expected) << path << " x" << has_x << " y" << has_y << "\n"
                                               << Yaml(routes);
    }
  }
}

TEST(RoutePropertyTest, TenThousandPrefixesEachFound) {
  std::string routes;
  for (int i = 0; i < 10'000; ++i) {
    routes += "{name: '" + std::to_string(i) + "', match: {prefix: /service-" + std::to_string(i) +
              "/}, route: {cluster: a}},\n";
  }
  const auto table =
      Fixture().BuildRoutes(routes + "{name: rest, match: {prefix: /}, route: {cluster: b}}");
  for (int i = 0; i < 10'000; i += 7) {
    EXPECT_EQ(Named(*table, Head::Get("h", "/service-" + std::to_string(i) + "/x")),
              std::to_string(i));
  }
  EXPECT_EQ(Named(*table, Head::Get("h", "/service-10000/x")), "rest");
}

}  // namespace
}  // namespace sluice::route

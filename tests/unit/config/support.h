// A config struct with a field of every kind of value, and short ways to read and complain.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/config/common.h"
#include "sluice/config/parse.h"
#include "sluice/config/reader.h"
#include "sluice/config/schema.h"

namespace sluice::config {

enum class Color : uint8_t { kRed = 0, kGreen = 1, kDarkBlue = 4 };
const EnumTable& ConfigEnum(Color);

struct Leaf {
  std::string name;
  uint32_t port_value = 0;
  std::string password;
  std::unique_ptr<Leaf> child;
  Where where;
  static const Message& Schema();
};

struct Plugin {
  std::string word = "default";
  std::vector<Leaf> leaves;
  static const Message& Schema();
};

struct Everything {
  bool flag = false;
  int32_t small = 0;
  uint32_t positive = 10;
  int64_t big = 0;
  uint64_t huge = 0;
  double ratio = 0.5;
  std::string text;
  Bytes bytes;
  Duration timeout = std::chrono::seconds(5);
  Color color = Color::kRed;
  Percent percent;
  FractionalPercent fraction;
  std::optional<RuntimeFractionalPercent> runtime_fraction;
  std::optional<uint32_t> wrapped;
  std::optional<bool> wrapped_flag;
  std::optional<std::string> left;
  std::optional<Leaf> right;
  std::vector<std::string> words;
  std::vector<uint32_t> ports = {80};
  std::vector<Leaf> leaves;
  std::map<std::string, Leaf> by_name;
  std::map<std::string, std::string> labels;
  Located<std::string> cluster;
  Node free;
  TypedConfig typed_config;
  std::vector<NamedExtension> plugins;
  static const Message& Schema();
};

// `name` and the text of Everything in one registry: category "test".
ExtensionRegistry TestRegistry();

// Reads and parses YAML; what went wrong is in problems().
class Reading {
 public:
  explicit Reading(const std::string& text, Format format = Format::kYaml,
                   bool allow_unknown = false);
  bool ok() const { return ok_; }
  const Everything& value() const { return value_; }
  const Problems& problems() const { return problems_; }
  std::string text() const { return problems_.Text(); }
  // The first line of each problem.
  std::vector<std::string> lines() const;

 private:
  ExtensionRegistry registry_ = TestRegistry();
  Problems problems_;
  Everything value_;
  bool ok_ = false;
};

// The only problem's first line.
std::string Complaint(const std::string& yaml);

}  // namespace sluice::config

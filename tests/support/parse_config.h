// YAML text to a config struct, for tests.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "sluice/config/parse.h"
#include "sluice/config/reader.h"

namespace sluice::test {

template <typename T>
bool ParseInto(T& out, config::Problems& problems, const std::string& yaml,
               const config::ParseOptions& options = {}) {
  const auto node =
      config::ReadText("test.yaml", yaml, config::Format::kYaml, config::ReadOptions(), problems);
  return node && config::Parse(*node, options, problems, out);
}

template <typename T>
T ParseConfig(const std::string& yaml, const config::ParseOptions& options = {}) {
  config::Problems problems;
  T out;
  EXPECT_TRUE(ParseInto(out, problems, yaml, options)) << problems.Text();
  return out;
}

// What is wrong with it; empty: nothing.
template <typename T>
std::string ProblemsOf(const std::string& yaml, const config::ParseOptions& options = {}) {
  config::Problems problems;
  T out;
  ParseInto(out, problems, yaml, options);
  return problems.errors() != 0 ? problems.Text() : "";
}

}  // namespace sluice::test

// Where a piece of configuration was written: source (an index into Problems' list), line and
// column, both from 1; line 0 means "nowhere". Located<T> is a value that remembers it, for checks
// that come after parsing ("no such cluster") and must still point at the text.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace sluice::config {

struct Mark {
  uint32_t source = 0;
  uint32_t line = 0;
  uint32_t column = 0;

  bool known() const { return line != 0; }
  bool operator==(const Mark&) const = default;
};

struct Where {
  Mark mark;
  std::string path;  // "static_resources.clusters[0].name"
};

template <typename T>
struct Located {
  T value{};
  Where where;

  Located() = default;
  Located(T initial) : value(std::move(initial)) {}  // NOLINT: a value is a Located from nowhere

  operator const T&() const { return value; }  // NOLINT: reads like the value itself
  const T& operator*() const { return value; }
  const T* operator->() const { return &value; }
};

}  // namespace sluice::config

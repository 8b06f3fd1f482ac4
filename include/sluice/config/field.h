// One row of a config struct's table: a field of the Envoy message, as data. Made in the .cc of the
// struct, inside Message::Of<C>(...).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/config/codec.h"
#include "sluice/config/codec_for.h"

namespace sluice::config {

class Field {
 public:
  template <typename C, typename T>
  Field(std::string_view name, T C::* member, std::string_view help)
      : Field(name, std::bit_cast<ptrdiff_t>(member), CodecFor<T>::Get(), help) {}

  // A field of Envoy that sluice does not implement: a clear error, never ignored.
  static Field MakeUnimplemented(std::string_view name, std::string_view why);
  // A deprecated field that is read as its successor, with one warning.
  static Field MakeRenamed(std::string_view name, std::string_view successor,
                           Node (*rewrite)(const Node&));

  // Declared, but nothing runs behind it yet: refused when present, until this call is removed.
  Field& NotYet(std::string_view why) { return note_ = why, not_yet_ = true, *this; }
  Field& Required() { return required_ = true, *this; }
  Field& Secret() { return secret_ = true, *this; }
  // Still read, with a warning that names the successor.
  Field& Deprecated(std::string_view successor) {
    return note_ = successor, deprecated_ = true, *this;
  }
  // Bounds of a number (each element's, for a list). Durations take Durations.
  Field& Range(double min, double max) { return min_ = min, max_ = max, *this; }
  Field& Min(double min) { return min_ = min, *this; }
  Field& Max(double max) { return max_ = max, *this; }
  Field& Min(Duration min) { return min_ = static_cast<double>(min.count()), *this; }
  Field& Max(Duration max) { return max_ = static_cast<double>(max.count()), *this; }
  Field& Positive() { return min_ = 0, exclusive_min_ = true, *this; }
  Field& GreaterThan(Duration min) { return Min(min), exclusive_min_ = true, *this; }
  // Characters of a string, elements of a list, members of a map.
  Field& NonEmpty() { return min_size_ = 1, *this; }
  Field& Size(size_t min, size_t max) { return min_size_ = min, max_size_ = max, *this; }
  // Member of a oneof: at most one of the group may be present (see Message::RequireOneof).
  Field& Oneof(std::string_view group) { return oneof_ = group, *this; }
  // The kind of extension that a TypedConfig may hold.
  Field& Category(std::string_view category) { return category_ = category, *this; }
  // Of an unimplemented field: values that change nothing and are therefore accepted, e.g. "false".
  Field& Accept(std::initializer_list<std::string_view> values) {
    return accepted_ = values, *this;
  }

  std::string_view name() const { return name_; }
  std::string_view help() const { return help_; }
  std::string_view note() const { return note_; }
  std::string_view oneof() const { return oneof_; }
  std::string_view category() const { return category_; }
  const std::vector<std::string_view>& accepted() const { return accepted_; }
  const Codec* codec() const { return codec_; }
  auto rewrite() const { return rewrite_; }
  double min() const { return min_; }
  double max() const { return max_; }
  bool exclusive_min() const { return exclusive_min_; }
  size_t min_size() const { return min_size_; }
  size_t max_size() const { return max_size_; }
  bool required() const { return required_; }
  bool secret() const { return secret_; }
  bool deprecated() const { return deprecated_; }
  bool implemented() const { return !not_yet_ && (codec_ != nullptr || rewrite_ != nullptr); }

  void* In(void* message) const { return static_cast<char*>(message) + offset_; }
  const void* In(const void* message) const { return static_cast<const char*>(message) + offset_; }

 private:
  Field(std::string_view name, ptrdiff_t offset, const Codec& codec, std::string_view help)
      : name_(name), help_(help), codec_(&codec), offset_(offset) {}
  explicit Field(std::string_view name) : name_(name) {}

  std::string_view name_;
  std::string_view help_;
  std::string_view
      note_;  // the reason of an unimplemented field, the successor of a deprecated one
  std::string_view oneof_;
  std::string_view category_;
  std::vector<std::string_view> accepted_;
  const Codec* codec_ = nullptr;
  Node (*rewrite_)(const Node&) = nullptr;
  ptrdiff_t offset_ = 0;
  double min_ = -std::numeric_limits<double>::infinity();
  double max_ = std::numeric_limits<double>::infinity();
  size_t min_size_ = 0;
  size_t max_size_ = std::numeric_limits<size_t>::max();
  bool exclusive_min_ = false;
  bool required_ = false;
  bool secret_ = false;
  bool deprecated_ = false;
  bool not_yet_ = false;
};

inline Field Unimplemented(std::string_view name, std::string_view why = {}) {
  return Field::MakeUnimplemented(name, why);
}
inline Field Renamed(std::string_view name, std::string_view successor,
                     Node (*rewrite)(const Node&)) {
  return Field::MakeRenamed(name, successor, rewrite);
}

}  // namespace sluice::config

// What filters leave for one another on a stream or connection, by name: objects of their own
// types. Nothing is allocated until the first one is set. One worker.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::stream {

class FilterStateObject {
 public:
  virtual ~FilterStateObject() = default;
  // For %FILTER_STATE(key:PLAIN)%.
  virtual std::optional<std::string> Text() const { return std::nullopt; }
  // For %FILTER_STATE(key:FIELD:name)%.
  virtual std::optional<std::string> Field(std::string_view /*name*/) const { return std::nullopt; }
};

// The common case: a value that is text.
class TextState final : public FilterStateObject {
 public:
  explicit TextState(std::string text) : text_(std::move(text)) {}
  const std::string& text() const { return text_; }
  // FilterStateObject
  std::optional<std::string> Text() const override { return text_; }

 private:
  std::string text_;
};

class FilterState {
 public:
  void Set(std::string_view name, std::unique_ptr<FilterStateObject> object);  // replaces
  const FilterStateObject* Find(std::string_view name) const;
  bool empty() const { return objects_.empty(); }
  size_t size() const { return objects_.size(); }
  void Clear() { objects_.clear(); }

 private:
  std::vector<std::pair<std::string, std::unique_ptr<FilterStateObject>>> objects_;  // few
};

}  // namespace sluice::stream

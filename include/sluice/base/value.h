// A JSON-like value: what dynamic metadata and Struct-typed settings are made of. A plain value,
// owned like a string; numbers are doubles, as in google.protobuf.Value.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sluice {

class Value;
using ValueList = std::vector<Value>;
using ValueStruct = std::map<std::string, Value, std::less<>>;

class Value {
 public:
  Value() = default;  // null
  explicit Value(bool b) : data_(b) {}
  explicit Value(double number) : data_(number) {}
  explicit Value(std::string text) : data_(std::move(text)) {}
  explicit Value(std::string_view text) : data_(std::string(text)) {}
  explicit Value(const char* text) : data_(std::string(text)) {}
  explicit Value(ValueList list) : data_(std::move(list)) {}
  explicit Value(ValueStruct fields) : data_(std::move(fields)) {}

  bool IsNull() const { return std::holds_alternative<std::monostate>(data_); }
  const bool* AsBool() const { return std::get_if<bool>(&data_); }
  const double* AsNumber() const { return std::get_if<double>(&data_); }
  const std::string* AsString() const { return std::get_if<std::string>(&data_); }
  const ValueList* AsList() const { return std::get_if<ValueList>(&data_); }
  const ValueStruct* AsStruct() const { return std::get_if<ValueStruct>(&data_); }
  ValueStruct* AsStruct() { return std::get_if<ValueStruct>(&data_); }

  // The member of a struct; null when there is none or this is no struct.
  const Value* Find(std::string_view key) const {
    const ValueStruct* fields = AsStruct();
    if (fields == nullptr) return nullptr;
    const auto found = fields->find(key);
    return found == fields->end() ? nullptr : &found->second;
  }

  bool operator==(const Value&) const = default;

 private:
  std::variant<std::monostate, bool, double, std::string, ValueList, ValueStruct> data_;
};

}  // namespace sluice

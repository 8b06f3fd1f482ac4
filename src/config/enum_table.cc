#include "sluice/config/enum_table.h"

#include <algorithm>

namespace sluice::config {
namespace {

bool SameFolded(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

}  // namespace

const EnumValue* EnumTable::FindName(std::string_view name) const {
  for (const EnumValue& value : values_) {
    if (SameFolded(value.name, name)) return &value;
  }
  return nullptr;
}

const EnumValue* EnumTable::FindNumber(int64_t number) const {
  for (const EnumValue& value : values_) {
    if (value.number == number) return &value;
  }
  return nullptr;
}

std::vector<std::string_view> EnumTable::Names() const {
  std::vector<std::string_view> names;
  for (const EnumValue& value : values_) {
    if (value.status == ValueStatus::kImplemented) names.push_back(value.name);
  }
  return names;
}

}  // namespace sluice::config

#include "sluice/config/field.h"

namespace sluice::config {

Field Field::MakeUnimplemented(std::string_view name, std::string_view why) {
  Field field(name);
  field.note_ = why;
  return field;
}

Field Field::MakeRenamed(std::string_view name, std::string_view successor,
                         Node (*rewrite)(const Node&)) {
  Field field(name);
  field.note_ = successor;
  field.rewrite_ = rewrite;
  field.deprecated_ = true;
  return field;
}

}  // namespace sluice::config

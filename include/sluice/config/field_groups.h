// The table of a long message, written in groups. Main thread, at load.
#pragma once

#include <initializer_list>
#include <vector>

#include "sluice/config/field.h"

namespace sluice::config {

using FieldGroup = std::vector<Field>;

inline FieldGroup Joined(std::initializer_list<FieldGroup> groups) {
  FieldGroup all;
  for (const FieldGroup& group : groups) all.insert(all.end(), group.begin(), group.end());
  return all;
}

}  // namespace sluice::config

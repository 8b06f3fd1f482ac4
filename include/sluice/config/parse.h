// Node to struct, and back. The entry points for those who load and show configs.
#pragma once

#include <string>

#include "sluice/config/context.h"
#include "sluice/config/message.h"

namespace sluice::config {

bool ParseMessage(const Message& schema, const Node& node, const ParseOptions& options,
                  Problems& problems, void* out);

// Reports v2 leftovers first: a v2 file gets one headline and the v3 name of each thing found, not
// a hundred unknown fields. False if it is one.
bool RefuseV2(const Node& root, Problems& problems);

template <typename T>
bool Parse(const Node& node, const ParseOptions& options, Problems& problems, T& out) {
  return ParseMessage(T::Schema(), node, options, problems, &out);
}

template <typename T>
Node Dump(const T& value, const DumpOptions& options = {}) {
  return T::Schema().Dump(&value, options);
}

template <typename T>
bool Equal(const T& a, const T& b) {
  return T::Schema().Equal(&a, &b);
}

}  // namespace sluice::config

// Checks that several messages of the route configuration share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "sluice/match/config.h"

namespace sluice::route {

// The member, or the message when it is not there.
inline const config::Node& Member(const config::Node& node, std::string_view name) {
  const config::Node* found = node.Find(name);
  return found != nullptr ? *found : node;
}

// An optional field that holds a header's name.
inline void CheckOptionalName(const std::string& name, std::string_view field,
                              const config::Node& node, config::Context& ctx) {
  if (name.empty()) return;
  const config::Context::Scope scope(ctx, field);
  match::CheckHeaderName(name, Member(node, field), ctx);
}

inline void CheckNames(const std::vector<std::string>& names, std::string_view field,
                       const config::Node& node, config::Context& ctx) {
  const config::Context::Scope scope(ctx, field);
  for (const std::string& name : names) {
    match::CheckHeaderName(name, Member(node, field), ctx);
  }
}

// Text that becomes a header value or part of a path.
void CheckValueText(const std::string& text, std::string_view field, const config::Node& node,
                    config::Context& ctx);

}  // namespace sluice::route

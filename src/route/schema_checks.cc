#include "schema_checks.h"

#include "sluice/http/chars.h"

namespace sluice::route {

void CheckValueText(const std::string& text, std::string_view field, const config::Node& node,
                    config::Context& ctx) {
  if (http::IsFieldValue(text)) return;
  const config::Context::Scope scope(ctx, field);
  ctx.Fail(Member(node, field), "holds control characters");
}

}  // namespace sluice::route

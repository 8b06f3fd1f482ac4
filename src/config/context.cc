#include "sluice/config/context.h"

#include <utility>

#include "scalars.h"
#include "sluice/base/check.h"

namespace sluice::config {

Context::Scope::Scope(Context& ctx, std::string_view name, bool secret)
    : ctx_(ctx), up_(ctx.top_), name_(name), secret_(secret) {
  ctx.top_ = this;
}

Context::Scope::Scope(Context& ctx, const Node& member, std::string_view name, bool secret)
    : Scope(ctx, name, secret) {
  hidden_ = member.made;
}

Context::Scope::Scope(Context& ctx, size_t index)
    : ctx_(ctx), up_(ctx.top_), index_(index), is_index_(true) {
  ctx.top_ = this;
}

std::string Context::Path() const {
  std::string path;
  std::vector<const Scope*> steps;
  for (const Scope* step = top_; step != nullptr; step = step->up_) steps.push_back(step);
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    if ((*step)->hidden_) continue;
    if ((*step)->is_index_) {
      path.append("[").append(std::to_string((*step)->index_)).append("]");
    } else {
      if (!path.empty()) path += '.';
      path.append((*step)->name_);
    }
  }
  return path;
}

bool Context::InSecret() const {
  for (const Scope* step = top_; step != nullptr; step = step->up_) {
    if (step->secret_) return true;
  }
  return false;
}

bool Context::FailAt(const Mark& mark, std::string message, std::string expected,
                     std::string hint) {
  problems_.Add(Problem{Severity::kError, Where{mark, Path()}, std::move(message),
                        std::move(expected), std::move(hint), InSecret()});
  return false;
}

bool Context::Fail(const Node& at, std::string message, std::string expected, std::string hint) {
  return FailAt(at.mark, std::move(message), std::move(expected), std::move(hint));
}

void Context::Warn(const Mark& mark, std::string message, std::string hint) {
  problems_.Add(Problem{Severity::kWarning,
                        Where{mark, Path()},
                        std::move(message),
                        {},
                        std::move(hint),
                        InSecret()});
}

bool Context::WrongType(const Node& at, std::string_view expected) {
  return Fail(at, "wrong type: " + (InSecret() ? "this value" : Describe(at)),
              std::string(expected));
}

std::string Describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull: return "nothing";
    case Node::Kind::kList: return "a list";
    case Node::Kind::kMap: return "a map";
    case Node::Kind::kScalar: break;
  }
  const std::string shown =
      node.scalar.size() > 40 ? node.scalar.substr(0, 40) + "..." : node.scalar;
  if (node.quoted) return "the text \"" + shown + "\"";
  return (IsJsonLiteral(node) ? "" : "the text ") + ("`" + shown + "`");
}

}  // namespace sluice::config

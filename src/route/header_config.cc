#include "sluice/route/header_config.h"

#include <algorithm>
#include <utility>

#include "schema_checks.h"
#include "sluice/http/chars.h"

namespace sluice::route {

using config::Context;
using config::Field;
using config::Message;
using config::Node;

namespace {

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), http::ToLowerAscii);
  return text;
}

bool IsProtected(std::string_view lower_name) {
  return lower_name.starts_with(':') || lower_name == "host";
}

std::optional<HeaderAddition> CompileAddition(const config::HeaderValueOption& config,
                                              const TextFormatCompiler* formats,
                                              config::Problems& problems) {
  HeaderAddition out;
  out.name = LowerCase(config.header.key);
  if (IsProtected(out.name)) {
    problems.Add(config.header.where, "`" + config.header.key + "` cannot be added or changed here",
                 "use the rewrites of the route action");
    return std::nullopt;
  }
  if (!http::IsToken(out.name)) {
    problems.Add(config.header.where, "not a header name: `" + config.header.key + "`");
    return std::nullopt;
  }
  out.id = http::FindHeaderId(out.name);
  out.action = config.append_action;
  out.keep_empty = config.keep_empty_value;
  out.text = config.header.raw_value ? config.header.raw_value->value : config.header.value;
  if (!http::IsFieldValue(out.text)) {
    problems.Add(config.header.where,
                 "the value of `" + config.header.key + "` holds control characters");
    return std::nullopt;
  }
  if (config.header.raw_value) {
    out.literal = out.text;  // raw bytes hold no operators
    return out;
  }
  out.format = CompileText(out.text, config.header.where, formats, problems);
  if (!out.format) out.literal = UnescapePercent(out.text);
  return out;
}

std::optional<HeaderMutation> CompileMutation(const HeaderMutationConfig& config,
                                              const TextFormatCompiler* formats,
                                              config::Problems& problems) {
  HeaderMutation out;
  if (config.remove) {
    out.remove = LowerCase(*config.remove);
    if (!IsProtected(out.remove)) return out;
    problems.Add(config.where, "`" + *config.remove + "` cannot be removed");
    return std::nullopt;
  }
  if (config.remove_on_match) {
    out.remove_if = match::Compile(config.remove_on_match->key_matcher);
    return out;
  }
  out.add = CompileAddition(*config.append, formats, problems);
  return out.add ? std::optional(std::move(out)) : std::nullopt;
}

}  // namespace

const Message& RemoveOnMatchConfig::Schema() {
  using C = RemoveOnMatchConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch",
      "Removes fields by their names.",
      {Field("key_matcher", &C::key_matcher, "Matches the name, in lower case.").Required()});
  return message;
}

const Message& HeaderMutationConfig::Schema() {
  using C = HeaderMutationConfig;
  static const auto message =
      Message::Of<C>("envoy.config.common.mutation_rules.v3.HeaderMutation",
                     "A change of header fields.",
                     {Field("remove", &C::remove, "Removes the field of this name.")
                          .NonEmpty()
                          .Oneof("action"),
                      Field("append", &C::append, "Adds or replaces a field.").Oneof("action"),
                      Field("remove_on_match", &C::remove_on_match, "Removes fields by a matcher.")
                          .Oneof("action")})
          .RequireOneof("action")
          .RecordWhere(&C::where);
  return message;
}

std::string UnescapePercent(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '%' && i + 1 < text.size() && text[i + 1] == '%') ++i;
  }
  return out;
}

std::unique_ptr<const TextFormat> CompileText(const std::string& text, const config::Where& where,
                                              const TextFormatCompiler* formats,
                                              config::Problems& problems) {
  bool operators = false;
  for (size_t i = 0; i < text.size() && !operators; ++i) {
    if (text[i] != '%') continue;
    operators = i + 1 >= text.size() || text[i + 1] != '%';
    ++i;
  }
  if (!operators) return nullptr;
  if (formats == nullptr) {
    problems.Add(where, "command operators are not available here", "write %% for a percent sign");
    return nullptr;
  }
  auto compiled = formats->Compile(text);
  if (compiled) return *std::move(compiled);
  problems.Add(where, compiled.error().detail, "write %% for a percent sign");
  return nullptr;
}

HeaderEdits CompileEdits(const std::vector<config::HeaderValueOption>& add,
                         const std::vector<std::string>& remove, const config::Where& where,
                         const TextFormatCompiler* formats, config::Problems& problems) {
  HeaderEdits out;
  for (const std::string& name : remove) {
    out.remove.push_back(LowerCase(name));
    if (IsProtected(out.remove.back())) {
      problems.Add(where, "`" + name + "` cannot be removed");
    }
  }
  for (const config::HeaderValueOption& option : add) {
    if (auto addition = CompileAddition(option, formats, problems)) {
      out.add.push_back(*std::move(addition));
    }
  }
  return out;
}

HeaderMutations CompileMutations(const std::vector<HeaderMutationConfig>& mutations,
                                 const TextFormatCompiler* formats, config::Problems& problems) {
  HeaderMutations out;
  for (const HeaderMutationConfig& mutation : mutations) {
    if (auto step = CompileMutation(mutation, formats, problems)) {
      out.steps.push_back(*std::move(step));
    }
  }
  return out;
}

}  // namespace sluice::route

// One run of parsing: where we are in the document, and where problems go. Lives on the stack of
// Parse(); codecs and Message::Check functions get it by reference.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sluice/config/node.h"
#include "sluice/config/problems.h"

namespace sluice::config {

class ExtensionRegistry;

struct ParseOptions {
  const ExtensionRegistry* extensions = nullptr;
  bool allow_unknown_fields = false;  // then they are warnings, and counted
  const Node* secrets = nullptr;      // static_resources.secrets of a document that is not this one
};

class Context {
 public:
  Context(Problems& problems, const ParseOptions& options)
      : problems_(problems), options_(options), secrets_(options.secrets) {}

  // A step of the path: a field's name or a list's index.
  class Scope {
   public:
    Scope(Context& ctx, std::string_view name, bool secret = false);
    // The same for a member, which is left out of the path when nobody wrote it.
    Scope(Context& ctx, const Node& member, std::string_view name, bool secret = false);
    Scope(Context& ctx, size_t index);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { ctx_.top_ = up_; }

   private:
    friend class Context;
    Context& ctx_;
    const Scope* up_;
    std::string_view name_;
    size_t index_ = 0;
    bool is_index_ = false;
    bool secret_ = false;
    bool hidden_ = false;
  };

  // All return false, so that a codec can `return ctx.Fail(...)`.
  bool Fail(const Node& at, std::string message, std::string expected = {}, std::string hint = {});
  bool FailAt(const Mark& mark, std::string message, std::string expected = {},
              std::string hint = {});
  void Warn(const Mark& mark, std::string message, std::string hint = {});
  bool WrongType(const Node& at, std::string_view expected);

  std::string Path() const;
  Where At(const Node& node) const { return Where{node.mark, Path()}; }

  Problems& problems() { return problems_; }
  const ParseOptions& options() const { return options_; }
  // The message being read, for codecs that look at siblings.
  const Node* message() const { return message_; }
  void set_message(const Node* node) { message_ = node; }
  // The map whose `@type` has been used and is not a field.
  const Node* any() const { return any_; }
  void set_any(const Node* node) { any_ = node; }
  // static_resources.secrets, whose members messages further down may stand for by their names.
  const Node* secrets() const { return secrets_; }
  void set_secrets(const Node* list) { secrets_ = list; }
  // The kind of extension that a nested {name, typed_config} may hold.
  std::string_view category() const { return category_; }
  void set_category(std::string_view category) { category_ = category; }

 private:
  bool InSecret() const;

  Problems& problems_;
  const ParseOptions& options_;
  const Scope* top_ = nullptr;
  const Node* message_ = nullptr;
  const Node* any_ = nullptr;
  const Node* secrets_ = nullptr;
  std::string_view category_;
};

// "a map", "a list", "the number 5", "text": for "wrong type" messages.
std::string Describe(const Node& node);

}  // namespace sluice::config

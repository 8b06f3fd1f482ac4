// Extensions: what a `typed_config` may hold. The server fills one ExtensionRegistry by hand (no
// registration by static objects) and parsing resolves `@type`, TypedStruct and well-known names in
// it. The parsed config is an immutable object of the extension's own struct.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/config/mark.h"

namespace sluice::config {

class Message;

// The base of every factory. A folder that owns a kind of extension derives its factory interface
// from it and gets it back by TypedConfig::Factory<F>(); the category guarantees the kind.
struct Extension {
  std::string_view category;  // "envoy.filters.http"
  std::string_view type;      // "envoy.extensions.filters.http.router.v3.Router"
  const Message& (*schema)() = nullptr;
  // Names that stand for it without a typed_config: "envoy.filters.http.router", "envoy.router".
  std::vector<std::string_view> names;

  Extension() = default;
  Extension(std::string_view category_name, std::string_view type_name,
            const Message& (*schema_function)(), std::vector<std::string_view> well_known = {})
      : category(category_name),
        type(type_name),
        schema(schema_function),
        names(std::move(well_known)) {}
  virtual ~Extension() = default;
};

class ExtensionRegistry {
 public:
  void Add(std::unique_ptr<const Extension> extension);
  template <typename F, typename... Args>
  void Emplace(Args&&... args) {
    Add(std::make_unique<const F>(std::forward<Args>(args)...));
  }

  const Extension* FindType(std::string_view category, std::string_view type) const;
  const Extension* FindName(std::string_view category, std::string_view name) const;
  // Any category: tells "not allowed here" from "unknown".
  const Extension* FindTypeAnywhere(std::string_view type) const;
  std::vector<std::string_view> Types(std::string_view category) const;
  std::vector<std::string_view> Names(std::string_view category) const;
  std::vector<const Extension*> All() const;

 private:
  std::vector<std::unique_ptr<const Extension>> extensions_;
  std::map<std::pair<std::string_view, std::string_view>, const Extension*> by_type_;
  std::map<std::pair<std::string_view, std::string_view>, const Extension*> by_name_;
};

// The value of a `typed_config` field. Empty when the field was absent and nothing stood for it.
class TypedConfig {
 public:
  TypedConfig() = default;
  TypedConfig(const Extension* extension, std::shared_ptr<const void> value, Where where)
      : extension_(extension), value_(std::move(value)), where_(std::move(where)) {}

  explicit operator bool() const { return extension_ != nullptr; }
  const Extension* extension() const { return extension_; }
  const std::shared_ptr<const void>& value() const { return value_; }
  const Where& where() const { return where_; }

  template <typename F>
  const F& Factory() const {
    return static_cast<const F&>(*extension_);
  }
  // The config struct; null when it is of another type.
  template <typename T>
  const T* As() const {
    return extension_ && extension_->schema == &T::Schema ? static_cast<const T*>(value_.get())
                                                          : nullptr;
  }
  // The same, sharing ownership.
  template <typename T>
  std::shared_ptr<const T> Share() const {
    return As<T>() ? std::static_pointer_cast<const T>(value_) : nullptr;
  }

 private:
  const Extension* extension_ = nullptr;
  std::shared_ptr<const void> value_;
  Where where_;
};

}  // namespace sluice::config

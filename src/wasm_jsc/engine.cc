// The engine interface over JavaScriptCore's C API. A plugin of its own: nothing else of sluice is
// linked into it, and nobody pays for the library who does not use it.
#include "sluice/wasm/engine.h"

#include <cmath>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <JavaScriptCore/JavaScript.h>

namespace sluice::wasm {
namespace {

// JavaScript that the C API has no words for. i64 comes as BigInt: it is given to us in halves.
constexpr const char* kGlue = R"((function() { return {
  compile: (bytes) => new WebAssembly.Module(bytes),
  instantiate: (module, names, functions) => {
    const imports = {};
    names = names.split("\n");
    for (let i = 0; i + 1 < names.length; i += 2)
      (imports[names[i]] ??= {})[names[i + 1]] = functions[i / 2];
    return new WebAssembly.Instance(module, imports).exports;
  },
  split: (f, wide) => (...a) => {
    const out = [];
    for (let i = 0; i < a.length; ++i) {
      if (wide[i] !== 'I') { out.push(a[i]); continue; }
      out.push(Number(BigInt.asUintN(32, a[i])), Number(BigInt.asUintN(32, a[i] >> 32n)));
    }
    return f(...out);
  },
  bytes: (memory) => new Uint8Array(memory.buffer),
}; })())";

constexpr size_t kMaxArguments = 16;

class Text {
 public:
  explicit Text(const std::string& text) : ref_(JSStringCreateWithUTF8CString(text.c_str())) {}
  ~Text() { JSStringRelease(ref_); }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  operator JSStringRef() const { return ref_; }  // NOLINT: that is what it is for

 private:
  JSStringRef ref_;
};

std::string ToText(JSContextRef context, JSValueRef value) {
  JSStringRef text = JSValueToStringCopy(context, value, nullptr);
  if (text == nullptr) return "an exception without words";
  std::string out(JSStringGetMaximumUTF8CStringSize(text), '\0');
  out.resize(JSStringGetUTF8CString(text, out.data(), out.size()));
  JSStringRelease(text);
  if (!out.empty()) out.pop_back();  // the NUL
  return out;
}

// i32 values are signed in JavaScript; ToInt32's rule for all else is the engine's.
uint32_t ToWord(double number) {
  if (!(std::fabs(number) < 9.2e18)) return 0;
  return static_cast<uint32_t>(static_cast<int64_t>(number));
}

// A context of its own: its heap, its lock, and what is in it.
class Context {
 public:
  Context()
      : group_(JSContextGroupCreate()), context_(JSGlobalContextCreateInGroup(group_, nullptr)) {
    JSValueRef exception = nullptr;
    glue_ = JSValueToObject(
        context_, JSEvaluateScript(context_, Text(kGlue), nullptr, nullptr, 1, &exception),
        nullptr);
    if (glue_ != nullptr) JSValueProtect(context_, glue_);
  }
  ~Context() {
    JSGlobalContextRelease(context_);
    JSContextGroupRelease(group_);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  JSGlobalContextRef get() const { return context_; }

  JSObjectRef Property(JSObjectRef object, const std::string& name) const {
    JSValueRef value = JSObjectGetProperty(context_, object, Text(name), nullptr);
    return value != nullptr && JSValueIsObject(context_, value)
               ? JSValueToObject(context_, value, nullptr)
               : nullptr;
  }
  // The collector looks for values on the stack, where these are, and not on our heap.
  JSObjectRef Glue(const std::string& name, std::initializer_list<JSValueRef> arguments,
                   std::string& error) const {
    if (glue_ == nullptr) return Failed("the engine does not start", error);
    JSValueRef exception = nullptr;
    JSValueRef made = JSObjectCallAsFunction(context_, Property(glue_, name), nullptr,
                                             arguments.size(), arguments.begin(), &exception);
    if (exception != nullptr) return Failed(ToText(context_, exception), error);
    return JSValueToObject(context_, made, nullptr);
  }
  JSObjectRef Array(const std::vector<JSValueRef>& values) const {
    return JSObjectMakeArray(context_, values.size(), values.data(), nullptr);
  }
  JSValueRef String(const std::string& text) const {
    return JSValueMakeString(context_, Text(text));
  }
  JSObjectRef Compile(std::string_view code, std::string& error) const {
    JSObjectRef bytes =
        JSObjectMakeTypedArray(context_, kJSTypedArrayTypeUint8Array, code.size(), nullptr);
    void* to = bytes == nullptr ? nullptr : JSObjectGetTypedArrayBytesPtr(context_, bytes, nullptr);
    if (to == nullptr) return Failed("no memory for the code", error);
    if (!code.empty()) std::memcpy(to, code.data(), code.size());
    return Glue("compile", {bytes}, error);
  }

 private:
  static JSObjectRef Failed(std::string words, std::string& error) {
    error = std::move(words);
    return nullptr;
  }

  JSContextGroupRef group_;
  JSGlobalContextRef context_;
  JSObjectRef glue_ = nullptr;
};

class JscInstance final : public Instance {
 public:
  JscInstance(std::span<const HostFunction> imports, HostCalls& host)
      : host_(host), class_(MakeClass()), imports_(imports.begin(), imports.end()) {
    for (size_t i = 0; i < imports_.size(); ++i) {
      bindings_.push_back({this, i, imports_[i].parameters.find('I') != std::string::npos});
    }
  }
  ~JscInstance() override { JSClassRelease(class_); }

  bool Start(std::string_view code, std::string& error) {
    JSObjectRef module = context_.Compile(code, error);
    if (module == nullptr) return false;
    std::string names;
    std::vector<JSValueRef> functions;
    for (size_t i = 0; i < imports_.size(); ++i) {
      names += imports_[i].module + "\n" + imports_[i].name + "\n";
      JSObjectRef function = MakeImport(i, error);
      if (function == nullptr) return false;
      functions.push_back(function);
      JSValueProtect(context_.get(), function);  // until the instance holds it
    }
    exports_ = context_.Glue("instantiate",
                             {module, context_.String(names), context_.Array(functions)}, error);
    if (exports_ == nullptr) return false;
    JSValueProtect(context_.get(), exports_);
    memory_ = context_.Property(exports_, "memory");
    return true;
  }

  // Instance
  int FindFunction(std::string_view name) override {
    JSObjectRef function = context_.Property(exports_, std::string(name));
    if (function == nullptr || !JSObjectIsFunction(context_.get(), function)) return -1;
    JSValueProtect(context_.get(), function);
    functions_.push_back(function);
    return static_cast<int>(functions_.size() - 1);
  }

  CallResult Call(int function, std::span<const uint32_t> arguments) override {
    JSGlobalContextRef context = context_.get();
    JSValueRef values[kMaxArguments];
    const size_t count = std::min(arguments.size(), kMaxArguments);
    for (size_t i = 0; i < count; ++i) values[i] = JSValueMakeNumber(context, arguments[i]);
    JSValueRef exception = nullptr;
    JSValueRef value = JSObjectCallAsFunction(context, functions_[static_cast<size_t>(function)],
                                              nullptr, count, values, &exception);
    CallResult result;
    if (exception != nullptr) {
      result.trapped = true;
      result.trap = ToText(context, exception);
    } else if (value != nullptr && JSValueIsNumber(context, value)) {
      result.value = ToWord(JSValueToNumber(context, value, nullptr));
    }
    return result;
  }

  // The view is detached by memory.grow: its length is 0 then, which costs nothing to ask.
  std::span<char> Memory() override {
    JSGlobalContextRef context = context_.get();
    if (view_ != nullptr) {
      if (JSObjectGetTypedArrayByteLength(context, view_, nullptr) == memory_bytes_.size() &&
          !memory_bytes_.empty()) {
        return memory_bytes_;
      }
      JSValueUnprotect(context, view_);
      view_ = nullptr;
    }
    memory_bytes_ = {};
    if (memory_ == nullptr) return {};
    std::string error;
    view_ = context_.Glue("bytes", {memory_}, error);
    if (view_ == nullptr) return {};
    JSValueProtect(context, view_);
    auto* at = static_cast<char*>(JSObjectGetTypedArrayBytesPtr(context, view_, nullptr));
    memory_bytes_ = {at,
                     at == nullptr ? 0 : JSObjectGetTypedArrayByteLength(context, view_, nullptr)};
    return memory_bytes_;
  }

 private:
  struct Binding {
    JscInstance* instance;
    size_t index;
    bool wide;
  };

  static JSClassRef MakeClass() {
    JSClassDefinition definition = kJSClassDefinitionEmpty;
    definition.className = "HostFunction";
    definition.callAsFunction = &Called;
    return JSClassCreate(&definition);
  }

  JSObjectRef MakeImport(size_t index, std::string& error) {
    JSObjectRef function = JSObjectMake(context_.get(), class_, &bindings_[index]);
    if (!bindings_[index].wide) return function;
    return context_.Glue("split", {function, context_.String(imports_[index].parameters)}, error);
  }

  static JSValueRef Called(JSContextRef context, JSObjectRef function, JSObjectRef /*self*/,
                           size_t count, const JSValueRef arguments[],
                           JSValueRef* exception) noexcept {
    const auto* binding = static_cast<const Binding*>(JSObjectGetPrivate(function));
    return binding->instance->FromModule(*binding, context, count, arguments, exception);
  }

  JSValueRef FromModule(const Binding& binding, JSContextRef context, size_t count,
                        const JSValueRef arguments[], JSValueRef* exception) {
    const HostFunction& import = imports_[binding.index];
    uint64_t words[kMaxArguments] = {};
    size_t from = 0;
    const auto next = [&]() -> uint64_t {
      if (from >= count) return 0;
      return ToWord(JSValueToNumber(context, arguments[from++], nullptr));
    };
    for (size_t i = 0; i < import.parameters.size() && i < kMaxArguments; ++i) {
      words[i] = next();
      if (import.parameters[i] == 'I') words[i] |= next() << 32;
    }
    uint32_t result = 0;
    if (!host_.OnHostCall(binding.index, words, result)) {
      *exception = context_.String("stopped by the host");
      return JSValueMakeUndefined(context);
    }
    return import.has_result ? JSValueMakeNumber(context, static_cast<int32_t>(result))
                             : JSValueMakeUndefined(context);
  }

  HostCalls& host_;
  Context context_;
  JSClassRef class_;
  std::vector<HostFunction> imports_;
  std::vector<Binding> bindings_;  // never moves once the functions are made
  JSObjectRef exports_ = nullptr;
  JSObjectRef memory_ = nullptr;  // held by exports_
  JSObjectRef view_ = nullptr;
  std::span<char> memory_bytes_;
  std::vector<JSObjectRef> functions_;
};

class JscEngine final : public Engine {
 public:
  std::string_view name() const override { return "javascriptcore"; }
  std::string Check(std::string_view code) override {
    const Context context;
    std::string error;
    context.Compile(code, error);
    return error;
  }
  std::unique_ptr<Instance> Make(std::string_view code, std::span<const HostFunction> imports,
                                 HostCalls& host, std::string& error) override {
    auto instance = std::make_unique<JscInstance>(imports, host);
    if (!instance->Start(code, error)) return nullptr;
    return instance;
  }
};

}  // namespace
}  // namespace sluice::wasm

extern "C" __attribute__((visibility("default"))) sluice::wasm::Engine* sluice_wasm_engine_1() {
  static sluice::wasm::JscEngine engine;
  return &engine;
}

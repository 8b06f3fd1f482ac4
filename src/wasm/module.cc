#include "sluice/wasm/module.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "binary.h"
#include "code_rewriter.h"

namespace sluice::wasm {
namespace {

enum Section : uint8_t {
  kCustom,
  kType,
  kImport,
  kFunction,
  kTable,
  kMemory,
  kGlobal,
  kExport,
  kStart,
  kElement,
  kCode,
  kData,
  kDataCount,
  kTag,
};
// The order in which sections stand: tags between memories and globals, the count before code.
constexpr std::array<uint8_t, 13> kOrder = {kType,      kImport, kFunction, kTable, kMemory,
                                            kTag,       kGlobal, kExport,   kStart, kElement,
                                            kDataCount, kCode,   kData};
constexpr uint8_t kI32 = 0x7f;
constexpr uint8_t kI64 = 0x7e;
constexpr uint8_t kFunctionType = 0x60;
constexpr std::string_view kHeader("\0asm\1\0\0\0", 8);

struct FunctionType {
  std::string parameters;  // raw value types
  std::string results;
};

class Rewriter {
 public:
  Rewriter(std::string_view code, const ModuleLimits& limits) : code_(code), limits_(limits) {}

  Result<Module> Run() {
    if (ReadSections() && ReadTypes() && ReadImports() && ReadFunctions() && RewriteLimits() &&
        AddGlobals() && RewriteExports() && RewriteCode()) {
      Assemble();
      return std::move(module_);
    }
    if (error_.empty()) error_ = "not a valid WebAssembly module";
    return Fail(ErrorCode::kInvalidConfig, Origin::kConfig, std::move(error_));
  }

 private:
  bool Refuse(std::string words) {
    error_ = std::move(words);
    return false;
  }

  bool ReadSections() {
    if (!code_.starts_with(kHeader)) return Refuse("not a WebAssembly module of version 1");
    BinaryReader in(code_.substr(kHeader.size()));
    while (!in.at_end()) {
      const uint8_t id = in.Byte();
      const std::string_view content = in.Name();
      if (id == kCustom) continue;
      if (id > kTag || (sections_[id] && !sections_[id]->empty())) return false;
      sections_[id] = std::string(content);
    }
    return in.ok();
  }

  BinaryReader Read(uint8_t id) const {
    static const std::string kNone(1, '\0');
    return BinaryReader(sections_[id] ? *sections_[id] : kNone);
  }

  bool ReadTypes() {
    BinaryReader in = Read(kType);
    for (uint32_t count = in.U32(); count > 0 && in.ok(); --count) {
      if (in.Byte() != kFunctionType) return Refuse("types that are not functions");
      FunctionType type;
      type.parameters = in.Name();
      type.results = in.Name();
      // References with a type of their own take more than a byte.
      for (const char c : type.parameters + type.results) {
        if (static_cast<uint8_t>(c) < 0x6a) return Refuse("value types that are not known");
      }
      types_.push_back(std::move(type));
    }
    return in.ok();
  }

  bool ReadImports() {
    BinaryReader in = Read(kImport);
    for (uint32_t count = in.U32(); count > 0 && in.ok(); --count) {
      const std::string_view module = in.Name();
      const std::string_view name = in.Name();
      if (in.Byte() != 0) {
        return Refuse(fmt::format("imports {}.{}, which is not a function", module, name));
      }
      const uint32_t type = in.U32();
      if (type >= types_.size()) return false;
      if (!AddImport(module, name, types_[type])) return false;
      function_types_.push_back(type);
    }
    return in.ok();
  }

  bool AddImport(std::string_view module, std::string_view name, const FunctionType& type) {
    HostFunction import{std::string(module), std::string(name), {}, !type.results.empty()};
    const bool results = type.results.empty() || (type.results.size() == 1 &&
                                                  static_cast<uint8_t>(type.results[0]) == kI32);
    bool known = results;
    for (const char c : type.parameters) {
      const auto kind = static_cast<uint8_t>(c);
      known = known && (kind == kI32 || kind == kI64);
      import.parameters.push_back(kind == kI64 ? 'I' : 'i');
    }
    if (!known) return Refuse(fmt::format("imports {}.{} with unknown types", module, name));
    module_.imports.push_back(std::move(import));
    return true;
  }

  bool ReadFunctions() {
    BinaryReader in = Read(kFunction);
    for (uint32_t count = in.U32(); count > 0 && in.ok(); --count) {
      const uint32_t type = in.U32();
      if (type >= types_.size()) return false;
      function_types_.push_back(type);
    }
    return in.ok();
  }

  bool CopyLimits(BinaryReader& in, uint32_t most, std::string_view what, std::string& out) {
    const uint8_t flags = in.Byte();
    if (flags > 1) return Refuse(fmt::format("a {} of an unknown kind", what));
    const uint32_t least = in.U32();
    const uint32_t own = flags == 1 ? in.U32() : most;
    if (least > most) return Refuse(fmt::format("its {} is larger than the limit", what));
    PutBytes(out, {1});
    PutU32(out, least);
    PutU32(out, std::max(least, std::min(own, most)));
    return in.ok();
  }

  bool RewriteLimits() {
    BinaryReader memory = Read(kMemory);
    const uint32_t memories = memory.U32();
    if (memories != 1) return Refuse("a module must have one memory");
    std::string out;
    PutU32(out, memories);
    if (!CopyLimits(memory, limits_.max_pages, "memory", out)) return false;
    sections_[kMemory] = std::move(out);
    return RewriteTables();
  }

  bool RewriteTables() {
    if (!sections_[kTable]) return true;
    BinaryReader table = Read(kTable);
    const uint32_t tables = table.U32();
    if (tables > 16) return Refuse("too many tables");
    std::string out;
    PutU32(out, tables);
    for (uint32_t i = 0; i < tables && table.ok(); ++i) {
      const uint8_t kind = table.Byte();
      if (kind != 0x70 && kind != 0x6f) return Refuse("a table of an unknown kind");
      PutBytes(out, {kind});
      if (!CopyLimits(table, limits_.max_table, "table", out)) return false;
    }
    sections_[kTable] = std::move(out);
    return table.ok();
  }

  // The steps that are left, and how deep the calls from outside are.
  bool AddGlobals() {
    BinaryReader in = Read(kGlobal);
    steps_ = in.U32();
    const std::string rest(sections_[kGlobal] ? sections_[kGlobal]->substr(in.position()) : "");
    std::string out;
    PutU32(out, steps_ + 2);
    out += rest;
    PutBytes(out, {kI32, 1, 0x41});
    PutS32(out, static_cast<int32_t>(limits_.max_steps));
    PutBytes(out, {0x0b, kI32, 1, 0x41, 0x00, 0x0b});
    sections_[kGlobal] = std::move(out);
    return in.ok();
  }

  bool RewriteExports() {
    BinaryReader in = Read(kExport);
    const uint32_t count = in.U32();
    std::string out;
    PutU32(out, count + 1);
    for (uint32_t i = 0; i < count && in.ok(); ++i) {
      const std::string_view name = in.Name();
      const uint8_t kind = in.Byte();
      uint32_t index = in.U32();
      if (kind == 0) {
        if (index >= function_types_.size()) return false;
        module_.exports.emplace_back(name);
        if (IsEntryPoint(name)) index = AddWrapper(index);
      }
      PutName(out, name);
      PutBytes(out, {kind});
      PutU32(out, index);
    }
    const auto left = static_cast<uint32_t>(function_types_.size() + added_types_.size());
    added_types_.push_back(static_cast<uint32_t>(types_.size()));  // () -> i32, see RewriteCode
    std::string body(1, '\0');
    PutBytes(body, {0x23});
    PutU32(body, steps_);
    PutBytes(body, {0x0b});
    added_bodies_.push_back(std::move(body));
    PutName(out, kStepsLeft);
    PutBytes(out, {0});
    PutU32(out, left);
    sections_[kExport] = std::move(out);
    return in.ok();
  }

  // if (depth == 0) steps = max_steps; ++depth; call; --depth. After a trap the depth stays: the
  // instance is not called again.
  uint32_t AddWrapper(uint32_t target) {
    const uint32_t type = function_types_[target];
    const uint32_t depth = steps_ + 1;
    std::string body(1, '\0');
    PutBytes(body, {0x23});
    PutU32(body, depth);
    PutBytes(body, {0x45, 0x04, 0x40, 0x41});  // i32.eqz, if, i32.const
    PutS32(body, static_cast<int32_t>(limits_.max_steps));
    PutBytes(body, {0x24});
    PutU32(body, steps_);
    PutBytes(body, {0x0b});
    PutAddToDepth(body, depth, 1);
    for (uint32_t i = 0; i < types_[type].parameters.size(); ++i) {
      PutBytes(body, {0x20});
      PutU32(body, i);
    }
    PutBytes(body, {0x10});
    PutU32(body, target);
    PutAddToDepth(body, depth, -1);
    PutBytes(body, {0x0b});
    added_types_.push_back(type);
    added_bodies_.push_back(std::move(body));
    return static_cast<uint32_t>(function_types_.size() + added_types_.size() - 1);
  }

  static void PutAddToDepth(std::string& body, uint32_t depth, int32_t amount) {
    PutBytes(body, {0x23});
    PutU32(body, depth);
    PutBytes(body, {0x41});
    PutS32(body, amount);
    PutBytes(body, {0x6a, 0x24});
    PutU32(body, depth);
  }

  bool RewriteCode() {
    BinaryReader in = Read(kCode);
    const uint32_t count = in.U32();
    if (count + module_.imports.size() != function_types_.size()) return false;
    std::string out;
    PutU32(out, count + static_cast<uint32_t>(added_bodies_.size()));
    std::string body;
    for (uint32_t i = 0; i < count && in.ok(); ++i) {
      body.clear();
      if (!RewriteBody(in.Name(), steps_, body)) {
        return Refuse(fmt::format("function {} has instructions that are not known or not allowed",
                                  i + module_.imports.size()));
      }
      PutName(out, body);
    }
    for (const std::string& added : added_bodies_) PutName(out, added);
    sections_[kCode] = std::move(out);
    AddDeclarations(count);
    return in.ok();
  }

  void AddDeclarations(uint32_t count) {
    BinaryReader functions = Read(kFunction);
    functions.U32();
    std::string out;
    PutU32(out, count + static_cast<uint32_t>(added_types_.size()));
    if (sections_[kFunction]) out += sections_[kFunction]->substr(functions.position());
    for (const uint32_t type : added_types_) PutU32(out, type);
    sections_[kFunction] = std::move(out);

    BinaryReader types = Read(kType);
    types.U32();
    std::string all;
    PutU32(all, static_cast<uint32_t>(types_.size()) + 1);
    if (sections_[kType]) all += sections_[kType]->substr(types.position());
    PutBytes(all, {kFunctionType, 0, 1, kI32});
    sections_[kType] = std::move(all);
  }

  void Assemble() {
    module_.code = kHeader;
    for (const uint8_t id : kOrder) {
      if (!sections_[id]) continue;
      module_.code.push_back(static_cast<char>(id));
      PutName(module_.code, *sections_[id]);
    }
  }

  std::string_view code_;
  const ModuleLimits limits_;
  std::array<std::optional<std::string>, kTag + 1> sections_;
  std::vector<FunctionType> types_;
  std::vector<uint32_t> function_types_;  // imported and own
  std::vector<uint32_t> added_types_;     // of the functions that are added behind them
  std::vector<std::string> added_bodies_;
  uint32_t steps_ = 0;  // the index of the first global that is added
  Module module_;
  std::string error_;
};

}  // namespace

bool IsEntryPoint(std::string_view name) {
  if (name == "proxy_on_memory_allocate") return false;  // called back while a call runs
  return name.starts_with("proxy_on_") || name == "_start" || name == "_initialize" ||
         name == "main";
}

Result<Module> MakeModule(std::string_view code, const ModuleLimits& limits) {
  return Rewriter(code, limits).Run();
}

}  // namespace sluice::wasm

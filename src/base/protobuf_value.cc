#include "sluice/base/protobuf_value.h"

#include <string>
#include <utility>

namespace sluice {
namespace {

constexpr int kMaxDepth = 32;
constexpr size_t kMaxValues = 10'000;

void WriteValue(ProtoWriter& out, const Value& value) {
  if (value.IsNull()) return out.OneofNumber(1, 0);
  if (const double* number = value.AsNumber()) return out.OneofDouble(2, *number);
  if (const std::string* text = value.AsString()) return out.OneofText(3, *text);
  if (const bool* flag = value.AsBool()) return out.OneofNumber(4, *flag ? 1 : 0);
  if (const ValueStruct* fields = value.AsStruct()) {
    return out.Message(5, [&] { WriteStruct(out, *fields); });
  }
  out.Message(6, [&] {
    for (const Value& item : *value.AsList()) out.Message(1, [&] { WriteValue(out, item); });
  });
}

class StructReader {
 public:
  bool ReadStruct(std::string_view bytes, ValueStruct& out, int depth = 0) {
    ProtoReader in(bytes);
    bool ok = depth < kMaxDepth;
    while (ok && in.Next()) {
      if (in.IsText(1)) ok = ReadMember(in.text(), out, depth);
    }
    return ok && in.ok();
  }

 private:
  bool ReadMember(std::string_view bytes, ValueStruct& out, int depth) {
    ProtoReader in(bytes);
    std::string key;
    Value value;
    bool ok = ++values_ <= kMaxValues;
    while (ok && in.Next()) {
      if (in.IsText(1)) key = in.text();
      if (in.IsText(2)) ok = ReadValue(in.text(), value, depth + 1);
    }
    if (ok && in.ok()) out.insert_or_assign(std::move(key), std::move(value));
    return ok && in.ok();
  }

  bool ReadValue(std::string_view bytes, Value& out, int depth) {
    ProtoReader in(bytes);
    bool ok = depth < kMaxDepth;
    while (ok && in.Next()) {
      if (in.IsDouble(2)) out = Value(in.real());
      if (in.IsText(3)) out = Value(in.text());
      if (in.IsNumber(4)) out = Value(in.number() != 0);
      if (in.IsText(5)) {
        ValueStruct fields;
        ok = ReadStruct(in.text(), fields, depth + 1);
        out = Value(std::move(fields));
      }
      if (in.IsText(6)) ok = ReadList(in.text(), out, depth + 1);
    }
    return ok && in.ok();
  }

  bool ReadList(std::string_view bytes, Value& out, int depth) {
    ProtoReader in(bytes);
    ValueList list;
    bool ok = depth < kMaxDepth;
    while (ok && in.Next()) {
      if (!in.IsText(1)) continue;
      ok = ++values_ <= kMaxValues && ReadValue(in.text(), list.emplace_back(), depth + 1);
    }
    out = Value(std::move(list));
    return ok && in.ok();
  }

  size_t values_ = 0;
};

}  // namespace

void WriteStruct(ProtoWriter& out, const ValueStruct& fields) {
  for (const auto& [key, value] : fields) {
    out.Message(1, [&] {
      out.Text(1, key);
      out.Message(2, [&] { WriteValue(out, value); });
    });
  }
}

bool ReadStruct(std::string_view bytes, ValueStruct& out) {
  return StructReader().ReadStruct(bytes, out);
}

}  // namespace sluice

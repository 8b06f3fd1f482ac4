// Codecs of bool, numbers, text, bytes and durations.
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include <fmt/core.h>

#include "scalars.h"
#include "sluice/base/base64.h"
#include "sluice/config/context.h"
#include "sluice/config/field.h"
#include "sluice/config/types.h"

namespace sluice::config {
namespace {

void SetPlain(Node& out, std::string text) {
  out.kind = Node::Kind::kScalar;
  out.quoted = false;
  out.scalar = std::move(text);
}

void SetText(Node& out, std::string text) {
  SetPlain(out, std::move(text));
  out.quoted = true;
}

// Bounds are doubles; the ends of the 64-bit types are beyond what those can hold exactly.
std::string BoundText(double value) {
  if (value >= 18446744073709551615.0) return "18446744073709551615";
  if (value >= 9223372036854775807.0) return "9223372036854775807";
  return std::floor(value) == value ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
}

// "from 1 to 65535", "above 0", as far as a field or its type is bounded.
std::string BoundsText(std::string_view noun, double min, double max, bool exclusive) {
  std::string text(noun);
  const bool has_min = std::isfinite(min);
  const bool has_max = std::isfinite(max);
  if (has_min && exclusive) {
    text += " above " + BoundText(min);
    if (has_max) text += ", at most " + BoundText(max);
  } else if (has_min && has_max) {
    text += fmt::format(" from {} to {}", BoundText(min), BoundText(max));
  } else if (has_min) {
    text += " of at least " + BoundText(min);
  } else if (has_max) {
    text += " of at most " + BoundText(max);
  }
  return text;
}

bool InBounds(double value, const Field& field) {
  if (field.exclusive_min() ? value <= field.min() : value < field.min()) return false;
  return value <= field.max();
}

class BoolCodec final : public Codec {
 public:
  constexpr BoolCodec() = default;
  bool Parse(Context& ctx, const Node& raw, const Field&, void* out) const override {
    const Node& node = Unwrapped(raw);
    const std::optional<bool> value = node.IsScalar() ? ReadBool(node) : std::nullopt;
    if (!value) return ctx.WrongType(node, "true or false");
    *static_cast<bool*>(out) = *value;
    return true;
  }
  bool Equal(const void* a, const void* b) const override {
    return *static_cast<const bool*>(a) == *static_cast<const bool*>(b);
  }
  void Dump(const void* value, const Field&, const DumpOptions&, Node& out) const override {
    SetPlain(out, *static_cast<const bool*>(value) ? "true" : "false");
  }
  TypeInfo Info() const override { return {.kind = TypeKind::kBool, .name = "bool"}; }
};

template <typename T>
class IntCodec final : public Codec {
 public:
  constexpr explicit IntCodec(std::string_view name) : name_(name) {}

  bool Parse(Context& ctx, const Node& raw, const Field& field, void* out) const override {
    const Node& node = Unwrapped(raw);
    const double min = std::max(field.min(), static_cast<double>(kMin));
    const double max = std::min(field.max(), static_cast<double>(kMax));
    const std::string expected = BoundsText("a whole number", min, max, field.exclusive_min());
    NumberError error = NumberError::kNotANumber;
    const std::optional<Integer> value = node.IsScalar() ? ReadInteger(node, error) : std::nullopt;
    if (!value) {
      if (node.IsScalar() && error == NumberError::kTooLarge) {
        return ctx.Fail(node, "out of range: " + node.scalar, expected);
      }
      return ctx.WrongType(node, expected);
    }
    const double approximate =
        (value->negative ? -1.0 : 1.0) * static_cast<double>(value->magnitude);
    if (!Fits(*value) || !InBounds(approximate, field)) {
      return ctx.Fail(node, "out of range: " + node.scalar, expected);
    }
    // Two's complement makes -magnitude right for the most negative value too.
    *static_cast<T*>(out) =
        static_cast<T>(value->negative ? 0 - value->magnitude : value->magnitude);
    return true;
  }
  bool Equal(const void* a, const void* b) const override {
    return *static_cast<const T*>(a) == *static_cast<const T*>(b);
  }
  void Dump(const void* value, const Field&, const DumpOptions&, Node& out) const override {
    SetPlain(out, std::to_string(*static_cast<const T*>(value)));
    out.quoted = sizeof(T) == 8;  // protobuf's JSON writes 64-bit integers as text
  }
  TypeInfo Info() const override {
    return {.kind = TypeKind::kInt,
            .name = name_,
            .min = static_cast<double>(kMin),
            .max = static_cast<double>(kMax)};
  }

 private:
  static constexpr T kMin = std::numeric_limits<T>::min();
  static constexpr T kMax = std::numeric_limits<T>::max();

  static bool Fits(const Integer& value) {
    if (!value.negative) return value.magnitude <= static_cast<uint64_t>(kMax);
    return kMin != 0 && value.magnitude <= static_cast<uint64_t>(kMax) + 1;
  }

  std::string_view name_;
};

class DoubleCodec final : public Codec {
 public:
  constexpr DoubleCodec() = default;
  bool Parse(Context& ctx, const Node& raw, const Field& field, void* out) const override {
    const Node& node = Unwrapped(raw);
    const std::string expected =
        BoundsText("a number", field.min(), field.max(), field.exclusive_min());
    const std::optional<double> value = node.IsScalar() ? ReadDouble(node) : std::nullopt;
    if (!value) return ctx.WrongType(node, expected);
    if (!InBounds(*value, field)) return ctx.Fail(node, "out of range: " + node.scalar, expected);
    *static_cast<double*>(out) = *value;
    return true;
  }
  bool Equal(const void* a, const void* b) const override {
    return *static_cast<const double*>(a) == *static_cast<const double*>(b);
  }
  void Dump(const void* value, const Field&, const DumpOptions&, Node& out) const override {
    SetPlain(out, WriteDouble(*static_cast<const double*>(value)));
  }
  TypeInfo Info() const override {
    return {.kind = TypeKind::kDouble,
            .name = "double",
            .min = -std::numeric_limits<double>::infinity(),
            .max = std::numeric_limits<double>::infinity()};
  }
};

bool CheckSize(Context& ctx, const Node& node, const Field& field, size_t size) {
  if (size < field.min_size()) {
    return size == 0 ? ctx.Fail(node, "must not be empty")
                     : ctx.Fail(node, fmt::format("too short: {} bytes", size),
                                fmt::format("at least {}", field.min_size()));
  }
  if (size > field.max_size()) {
    return ctx.Fail(node, fmt::format("too long: {} bytes", size),
                    fmt::format("at most {}", field.max_size()));
  }
  return true;
}

// For a list or a map the size bounds count elements, not characters.
bool ForElements(const Field& field) {
  const TypeKind kind = field.codec() ? field.codec()->Info().kind : TypeKind::kString;
  return kind == TypeKind::kList || kind == TypeKind::kMap;
}

class StringCodec final : public Codec {
 public:
  constexpr StringCodec() = default;
  bool Parse(Context& ctx, const Node& raw, const Field& field, void* out) const override {
    const Node& node = Unwrapped(raw);
    if (!node.IsScalar()) return ctx.WrongType(node, "text");
    if (!ForElements(field) && !CheckSize(ctx, node, field, node.scalar.size())) return false;
    *static_cast<std::string*>(out) = node.scalar;
    return true;
  }
  bool Equal(const void* a, const void* b) const override {
    return *static_cast<const std::string*>(a) == *static_cast<const std::string*>(b);
  }
  void Dump(const void* value, const Field&, const DumpOptions&, Node& out) const override {
    SetText(out, *static_cast<const std::string*>(value));
  }
  TypeInfo Info() const override { return {.kind = TypeKind::kString, .name = "string"}; }
};

class BytesCodec final : public Codec {
 public:
  constexpr BytesCodec() = default;
  bool Parse(Context& ctx, const Node& raw, const Field&, void* out) const override {
    const Node& node = Unwrapped(raw);
    std::optional<std::string> value =
        node.IsScalar() ? DecodeBase64OfFiles(node.scalar) : std::nullopt;
    if (!value) return ctx.WrongType(node, "bytes in base64");
    static_cast<Bytes*>(out)->value = std::move(*value);
    return true;
  }
  bool Equal(const void* a, const void* b) const override {
    return *static_cast<const Bytes*>(a) == *static_cast<const Bytes*>(b);
  }
  void Dump(const void* value, const Field&, const DumpOptions&, Node& out) const override {
    SetText(out, EncodeBase64(static_cast<const Bytes*>(value)->value));
  }
  TypeInfo Info() const override { return {.kind = TypeKind::kBytes, .name = "bytes"}; }
};

class DurationCodec final : public Codec {
 public:
  constexpr DurationCodec() = default;
  bool Parse(Context& ctx, const Node& raw, const Field& field, void* out) const override {
    const Node& node = Unwrapped(raw);
    std::optional<Duration> value;
    if (node.IsScalar()) {
      value = FromText(ctx, node);
    } else if (node.IsMap()) {
      value = FromParts(ctx, node);
    } else {
      ctx.WrongType(node, kExpected);
    }
    if (!value) return false;
    if (!InBounds(static_cast<double>(value->count()), field)) {
      return ctx.Fail(node, "out of range: " + WriteDuration(*value), Bounds(field));
    }
    *static_cast<Duration*>(out) = *value;
    return true;
  }
  bool Equal(const void* a, const void* b) const override {
    return *static_cast<const Duration*>(a) == *static_cast<const Duration*>(b);
  }
  void Dump(const void* value, const Field&, const DumpOptions&, Node& out) const override {
    SetText(out, WriteDuration(*static_cast<const Duration*>(value)));
  }
  TypeInfo Info() const override { return {.kind = TypeKind::kDuration, .name = "duration"}; }

 private:
  static constexpr std::string_view kExpected = "a duration in seconds such as \"0.25s\"";

  static std::string Bounds(const Field& field) {
    const auto write = [](double ns) { return WriteDuration(Duration(static_cast<int64_t>(ns))); };
    std::string text = "a duration";
    if (std::isfinite(field.min())) {
      text += (field.exclusive_min() ? " above " : " of at least ") + write(field.min());
    }
    if (std::isfinite(field.max())) text += " of at most " + write(field.max());
    return text;
  }

  static std::optional<Duration> FromText(Context& ctx, const Node& node) {
    DurationError error{};
    const std::optional<Duration> value = ReadDuration(node.scalar, error);
    if (value) return value;
    switch (error) {
      case DurationError::kSyntax: ctx.WrongType(node, kExpected); break;
      case DurationError::kNoUnit:
        ctx.Fail(node, "a duration needs its unit", "\"" + node.scalar + "s\"");
        break;
      case DurationError::kOtherUnit:
        ctx.Fail(node, "wrong unit in `" + node.scalar + "`", std::string(kExpected));
        break;
      case DurationError::kNegative:
        ctx.Fail(node, "a duration cannot be negative: " + node.scalar);
        break;
      case DurationError::kTooLarge:
        ctx.Fail(node, "a duration too long to count: " + node.scalar, "at most 292 years");
        break;
    }
    return std::nullopt;
  }

  // {seconds: 1, nanos: 500000000}
  static std::optional<Duration> FromParts(Context& ctx, const Node& node) {
    uint64_t seconds = 0;
    uint64_t nanos = 0;
    for (const Node& part : node.items) {
      NumberError error{};
      const bool is_seconds = part.key == "seconds";
      const std::optional<Integer> value =
          part.IsScalar() ? ReadInteger(part, error) : std::nullopt;
      const uint64_t limit = is_seconds ? 9'223'372'035ULL : 999'999'999ULL;
      if ((!is_seconds && part.key != "nanos") || !value || value->magnitude > limit) {
        ctx.WrongType(part, kExpected);
        return std::nullopt;
      }
      if (value->negative) {
        ctx.Fail(part, "a duration cannot be negative: " + part.scalar);
        return std::nullopt;
      }
      (is_seconds ? seconds : nanos) = value->magnitude;
    }
    return Duration(static_cast<int64_t>(seconds * 1'000'000'000ULL + nanos));
  }
};

// One form for each value, whatever notation the text used: `yes` is true, 0x10 is 16.
void Normalize(Node& node) {
  for (Node& item : node.items) Normalize(item);
  if (!node.IsScalar() || node.quoted || IsJsonLiteral(node)) return;
  NumberError ignored{};
  if (const std::optional<bool> flag = ReadBool(node)) {
    node.scalar = *flag ? "true" : "false";
  } else if (const std::optional<Integer> integer = ReadInteger(node, ignored)) {
    node.scalar = (integer->negative ? "-" : "") + std::to_string(integer->magnitude);
  } else if (const std::optional<double> number = ReadDouble(node)) {
    node.scalar = WriteDouble(*number);
  } else {
    node.quoted = true;
  }
}

// google.protobuf.Struct, Value and whatever else is kept as it is.
class FreeCodec final : public Codec {
 public:
  constexpr FreeCodec() = default;
  bool Parse(Context&, const Node& node, const Field&, void* out) const override {
    Node copy = node;
    copy.key.clear();
    Normalize(copy);
    *static_cast<Node*>(out) = std::move(copy);
    return true;
  }
  bool Equal(const void* a, const void* b) const override {
    return SameContent(*static_cast<const Node*>(a), *static_cast<const Node*>(b));
  }
  void Dump(const void* value, const Field&, const DumpOptions&, Node& out) const override {
    std::string key = std::move(out.key);
    out = *static_cast<const Node*>(value);
    out.key = std::move(key);
  }
  TypeInfo Info() const override { return {.kind = TypeKind::kFree, .name = "any value"}; }
};

template <typename C, auto... kArgs>
const Codec& Only() {
  static constexpr C kCodec(kArgs...);
  return kCodec;
}

}  // namespace

const Codec& CodecFor<bool>::Get() { return Only<BoolCodec>(); }
const Codec& CodecFor<double>::Get() { return Only<DoubleCodec>(); }
const Codec& CodecFor<std::string>::Get() { return Only<StringCodec>(); }
const Codec& CodecFor<Bytes>::Get() { return Only<BytesCodec>(); }
const Codec& CodecFor<Duration>::Get() { return Only<DurationCodec>(); }
const Codec& CodecFor<Node>::Get() { return Only<FreeCodec>(); }

const Codec& CodecFor<int32_t>::Get() {
  static constexpr IntCodec<int32_t> kCodec("int32");
  return kCodec;
}
const Codec& CodecFor<uint32_t>::Get() {
  static constexpr IntCodec<uint32_t> kCodec("uint32");
  return kCodec;
}
const Codec& CodecFor<int64_t>::Get() {
  static constexpr IntCodec<int64_t> kCodec("int64");
  return kCodec;
}
const Codec& CodecFor<uint64_t>::Get() {
  static constexpr IntCodec<uint64_t> kCodec("uint64");
  return kCodec;
}

}  // namespace sluice::config

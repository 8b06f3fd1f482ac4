#include "sluice/config/common.h"

#include <cstdlib>

#include "file.h"
#include "scalars.h"
#include "sluice/config/schema.h"

namespace sluice::config {

const EnumTable& ConfigEnum(HeaderAppendAction) {
  static const EnumTable table("envoy.config.core.v3.HeaderValueOption.HeaderAppendAction",
                               {{"APPEND_IF_EXISTS_OR_ADD", 0},
                                {"ADD_IF_ABSENT", 1},
                                {"OVERWRITE_IF_EXISTS_OR_ADD", 2},
                                {"OVERWRITE_IF_EXISTS", 3}});
  return table;
}

const EnumTable& ConfigEnum(RoutingPriority) {
  static const EnumTable table("envoy.config.core.v3.RoutingPriority",
                               {{"DEFAULT", 0}, {"HIGH", 1}});
  return table;
}

const Message& NamedExtension::Schema() {
  using C = NamedExtension;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.TypedExtensionConfig", "An extension and its configuration.",
      {Field("name", &C::name, "A name; a well-known one stands for its extension.")
           .Required()
           .NonEmpty(),
       Field("typed_config", &C::typed_config, "The configuration, with its @type.")});
  return message;
}

const Message& DataSource::Schema() {
  using C = DataSource;
  static const auto message =
      Message::Of<C>(
          "envoy.config.core.v3.DataSource", "Content from a file, the text or the environment.",
          {Field("filename", &C::filename, "A file.").NonEmpty().Oneof("specifier"),
           Field("inline_bytes", &C::inline_bytes, "The content in base64.").Oneof("specifier"),
           Field("inline_string", &C::inline_string, "The content.").Oneof("specifier"),
           Field("environment_variable", &C::environment_variable, "A variable's name.")
               .NonEmpty()
               .Oneof("specifier"),
           Unimplemented("watched_directory", "the file itself is watched")})
          .RequireOneof("specifier")
          .RecordWhere(&C::where);
  return message;
}

Result<std::string> Load(const DataSource& source, size_t max_bytes) {
  if (source.inline_string) return *source.inline_string;
  if (source.inline_bytes) return source.inline_bytes->value;
  if (source.environment_variable) {
    const char* value = std::getenv(source.environment_variable->c_str());  // NOLINT: at load
    if (value != nullptr) return std::string(value);
    return Fail(ErrorCode::kNotFound, Origin::kConfig,
                "environment variable " + *source.environment_variable + " is not set");
  }
  if (!source.filename) return std::string();
  return ReadFileText(*source.filename, max_bytes);
}

const Message& HeaderValue::Schema() {
  using C = HeaderValue;
  static const auto message =
      Message::Of<C>(
          "envoy.config.core.v3.HeaderValue", "A header field.",
          {Field("key", &C::key, "Its name.").Required().Size(1, 16384),
           Field("value", &C::value, "Its value; may hold command operators.")
               .Size(0, 16384)
               .Oneof("value_type"),
           Field("raw_value", &C::raw_value, "Its value as bytes, in base64.").Oneof("value_type")})
          .RecordWhere(&C::where);
  return message;
}

const Message& HeaderValueOption::Schema() {
  using C = HeaderValueOption;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.HeaderValueOption", "A header field to add, and how.",
      {Field("header", &C::header, "The field.").Required(),
       Renamed("append", "append_action",
               [](const Node& append) {
                 const Node& flag = Unwrapped(append);
                 const bool overwrite = flag.IsScalar() && ReadBool(flag) == false;
                 Node action = Node::Text(overwrite ? "OVERWRITE_IF_EXISTS_OR_ADD"
                                                    : "APPEND_IF_EXISTS_OR_ADD");
                 action.mark = append.mark;
                 return action;
               }),
       Field("append_action", &C::append_action, "What happens if the field exists already."),
       Field("keep_empty_value", &C::keep_empty_value,
             "Add the field even if its value is empty.")});
  return message;
}

const Message& Locality::Schema() {
  using C = Locality;
  static const auto message =
      Message::Of<C>("envoy.config.core.v3.Locality", "Where something runs.",
                     {Field("region", &C::region, "Region."), Field("zone", &C::zone, "Zone."),
                      Field("sub_zone", &C::sub_zone, "Rack or the like.")});
  return message;
}

const Message& Int64Range::Schema() {
  using C = Int64Range;
  static const auto message =
      Message::Of<C>("envoy.type.v3.Int64Range", "A half-open range.",
                     {Field("start", &C::start, "First value in the range."),
                      Field("end", &C::end, "First value after the range.")});
  return message;
}

const Message& HttpUri::Schema() {
  using C = HttpUri;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.HttpUri", "An HTTP service reached through a cluster.",
      {Field("uri", &C::uri, "Its full URI.").Required().NonEmpty(),
       Field("cluster", &C::cluster, "The cluster that carries it.").Required().NonEmpty(),
       Field("timeout", &C::timeout, "Longest wait for the response.").Required()});
  return message;
}

const Message& BackoffStrategy::Schema() {
  using C = BackoffStrategy;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.BackoffStrategy", "How long to wait between attempts.",
      {Field("base_interval", &C::base_interval, "Before the first.").Required().Positive(),
       Field("max_interval", &C::max_interval, "The longest; ten times the base unless set.")
           .Positive()});
  return message;
}

Value ToValue(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kNull: break;
    case Node::Kind::kScalar: {
      if (node.quoted) return Value(node.scalar);
      if (const std::optional<bool> flag = ReadBool(node)) return Value(*flag);
      NumberError ignored{};
      if (const auto integer = ReadInteger(node, ignored)) {
        const auto magnitude = static_cast<double>(integer->magnitude);
        return Value(integer->negative ? -magnitude : magnitude);
      }
      if (const std::optional<double> number = ReadDouble(node)) return Value(*number);
      return Value(node.scalar);
    }
    case Node::Kind::kList: {
      ValueList list;
      for (const Node& item : node.items) list.push_back(ToValue(item));
      return Value(std::move(list));
    }
    case Node::Kind::kMap: {
      ValueStruct fields;
      for (const Node& item : node.items) fields.insert_or_assign(item.key, ToValue(item));
      return Value(std::move(fields));
    }
  }
  return Value();
}

}  // namespace sluice::config

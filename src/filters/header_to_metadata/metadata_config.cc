#include "metadata_config.h"

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::filters::header_to_metadata {

using config::EnumTable;
using config::Field;
using config::Message;
using config::Unimplemented;

const EnumTable& ConfigEnum(ValueType) {
  static const EnumTable table(
      "envoy.extensions.filters.http.header_to_metadata.v3.Config.ValueType",
      {{"STRING", 0}, {"NUMBER", 1}, {"PROTOBUF_VALUE", 2}});
  return table;
}

const EnumTable& ConfigEnum(ValueEncode) {
  static const EnumTable table(
      "envoy.extensions.filters.http.header_to_metadata.v3.Config.ValueEncode",
      {{"NONE", 0}, {"BASE64", 1}});
  return table;
}

const Message& KeyValueConfig::Schema() {
  using C = KeyValueConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.header_to_metadata.v3.Config.KeyValuePair",
                     "What to put into the metadata.",
                     {Field("metadata_namespace", &C::metadata_namespace,
                            "Where; envoy.filters.http.header_to_metadata unless set."),
                      Field("key", &C::key, "Its name there.").Required().NonEmpty(),
                      Field("value", &C::value, "This, in place of what the field has."),
                      Field("regex_value_rewrite", &C::regex_value_rewrite,
                            "What the field has, with this replaced."),
                      Field("type", &C::type, "What it is."),
                      Field("encode", &C::encode, "How it is packed.")})
          .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
            if (!value.value.empty() && value.regex_value_rewrite) {
              ctx.Fail(node, "value and regex_value_rewrite do not go together");
            }
          });
  return message;
}

const Message& RuleConfig::Schema() {
  using C = RuleConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.header_to_metadata.v3.Config.Rule",
          "What to do about one field or cookie.",
          {Field("header", &C::header, "The field."), Field("cookie", &C::cookie, "The cookie."),
           Field("on_header_present", &C::on_header_present, "If it is there."),
           Field("on_header_missing", &C::on_header_missing, "If it is not there."),
           Field("remove", &C::remove, "Whether the field goes no further.")})
          .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
            if (value.header.empty() == value.cookie.empty()) {
              ctx.Fail(node, "one of `header` and `cookie` has to be set");
            }
            if (!value.cookie.empty() && value.remove) {
              ctx.Fail(node, "a cookie cannot be removed");
            }
            if (!value.on_header_present && !value.on_header_missing) {
              ctx.Fail(node, "on_header_present or on_header_missing has to be set");
            }
            if (value.on_header_missing && value.on_header_missing->value.empty()) {
              ctx.Fail(node, "on_header_missing has to have a value");
            }
          });
  return message;
}

const Message& HeaderToMetadataConfig::Schema() {
  using C = HeaderToMetadataConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.header_to_metadata.v3.Config",
                     "Puts what fields and cookies have into the dynamic metadata.",
                     {Field("request_rules", &C::request_rules, "Of requests."),
                      Field("response_rules", &C::response_rules, "Of responses."),
                      Unimplemented("stat_prefix", "nothing is counted")});
  return message;
}

}  // namespace sluice::filters::header_to_metadata

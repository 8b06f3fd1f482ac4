#include "sluice/config/schema.h"

namespace sluice::config {

const EnumTable& ConfigEnum(Denominator) {
  static const EnumTable table("envoy.type.v3.FractionalPercent.DenominatorType",
                               {{"HUNDRED", 0}, {"TEN_THOUSAND", 1}, {"MILLION", 2}});
  return table;
}

double FractionalPercent::Fraction() const {
  switch (denominator) {
    case Denominator::kHundred: return numerator / 1e2;
    case Denominator::kTenThousand: return numerator / 1e4;
    case Denominator::kMillion: return numerator / 1e6;
  }
  return 0;
}

const Message& Percent::Schema() {
  static const auto message =
      Message::Of<Percent>("envoy.type.v3.Percent", "A percentage.",
                           {Field("value", &Percent::value, "From 0 to 100.").Range(0, 100)});
  return message;
}

const Message& FractionalPercent::Schema() {
  using C = FractionalPercent;
  static const auto message =
      Message::Of<C>("envoy.type.v3.FractionalPercent", "A fraction, as numerator and denominator.",
                     {Field("numerator", &C::numerator, "How many of the denominator."),
                      Field("denominator", &C::denominator, "HUNDRED, TEN_THOUSAND or MILLION.")});
  return message;
}

const Message& RuntimeFractionalPercent::Schema() {
  using C = RuntimeFractionalPercent;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.RuntimeFractionalPercent", "A fraction that runtime can override.",
      {Field("default_value", &C::default_value, "Used while the runtime key is not set.")
           .Required(),
       Field("runtime_key", &C::runtime_key, "The runtime key.")});
  return message;
}

const Message& RuntimePercent::Schema() {
  using C = RuntimePercent;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.RuntimePercent", "A percentage that runtime can override.",
      {Field("default_value", &C::default_value, "Used while the runtime key is not set."),
       Field("runtime_key", &C::runtime_key, "The runtime key.")});
  return message;
}

const Message& RuntimeUInt32::Schema() {
  using C = RuntimeUInt32;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.RuntimeUInt32", "A number that runtime can override.",
      {Field("default_value", &C::default_value, "Used while the runtime key is not set."),
       Field("runtime_key", &C::runtime_key, "The runtime key.")});
  return message;
}

const Message& RuntimeDouble::Schema() {
  using C = RuntimeDouble;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.RuntimeDouble", "A number that runtime can override.",
      {Field("default_value", &C::default_value, "Used while the runtime key is not set."),
       Field("runtime_key", &C::runtime_key, "The runtime key.")});
  return message;
}

const Message& RuntimeFeatureFlag::Schema() {
  using C = RuntimeFeatureFlag;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.RuntimeFeatureFlag", "A switch that runtime can override.",
      {Field("default_value", &C::default_value, "Used while the runtime key is not set.")
           .Required(),
       Field("runtime_key", &C::runtime_key, "The runtime key.")});
  return message;
}

const Message& Empty::Schema() {
  static const auto message = Message::Of<Empty>("google.protobuf.Empty", "No fields.", {});
  return message;
}

const Message& Metadata::Schema() {
  using C = Metadata;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.Metadata", "Free data for filters, by filter name.",
      {Field("filter_metadata", &C::filter_metadata, "Struct by namespace."),
       Field("typed_filter_metadata", &C::typed_filter_metadata, "Any by namespace.")});
  return message;
}

}  // namespace sluice::config

#include "decompressor_config.h"

#include <algorithm>
#include <utility>

#include "sluice/config/context.h"
#include "sluice/config/schema.h"
#include "sluice/http/chars.h"

namespace sluice::filters::decompressor {

using config::Field;
using config::Message;

namespace {

DirectionPlan Compile(const DirectionConfig& config) {
  return {{config.enabled.default_value, config.enabled.runtime_key},
          config.ignore_no_transform_header};
}

}  // namespace

const Message& DirectionConfig::Schema() {
  using C = DirectionConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.decompressor.v3.Decompressor.CommonDirectionConfig",
      "What is decompressed in one direction.",
      {Field("enabled", &C::enabled, "Turns the direction on or off."),
       Field("ignore_no_transform_header", &C::ignore_no_transform_header,
             "Decompresses in spite of cache-control: no-transform.")});
  return message;
}

const Message& RequestConfig::Schema() {
  using C = RequestConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.decompressor.v3.Decompressor.RequestDirectionConfig",
      "Decompression of requests.",
      {Field("common_config", &C::common_config, "What is decompressed."),
       Field("advertise_accept_encoding", &C::advertise_accept_encoding,
             "Adds the coding to accept-encoding, if responses are decompressed.")});
  return message;
}

const Message& ResponseConfig::Schema() {
  static const auto message = Message::Of<ResponseConfig>(
      "envoy.extensions.filters.http.decompressor.v3.Decompressor.ResponseDirectionConfig",
      "Decompression of responses.",
      {Field("common_config", &ResponseConfig::common_config, "What is decompressed.")});
  return message;
}

const Message& DecompressorConfig::Schema() {
  using C = DecompressorConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.decompressor.v3.Decompressor", "Decompresses bodies.",
          {Field("decompressor_library", &C::decompressor_library, "The coding.")
               .Required()
               .Category(compression::kDecompressors),
           Field("request_direction_config", &C::request_direction_config, "Requests."),
           Field("response_direction_config", &C::response_direction_config, "Responses.")})
          .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
            if (http::IsToken(value.decompressor_library.name)) return;
            ctx.Fail(node, "the library's name becomes part of a trailer's, and cannot");
          });
  return message;
}

DecompressorPlan::DecompressorPlan(const DecompressorConfig& config,
                                   std::shared_ptr<const compression::DecompressorFactory> made)
    : library(std::move(made)),
      request(Compile(config.request_direction_config.common_config)),
      response(Compile(config.response_direction_config.common_config)),
      advertise(config.request_direction_config.advertise_accept_encoding) {
  std::string name = config.decompressor_library.name;
  stat_scope = "decompressor." + name + "." + std::string(library->stat_name());
  std::ranges::transform(name, name.begin(), http::ToLowerAscii);
  compressed_trailer = "x-envoy-decompressor-" + name + "-compressed-bytes";
  uncompressed_trailer = "x-envoy-decompressor-" + name + "-uncompressed-bytes";
}

}  // namespace sluice::filters::decompressor

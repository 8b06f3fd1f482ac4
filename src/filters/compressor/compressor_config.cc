#include "compressor_config.h"

#include <utility>

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::filters::compressor {

using config::Field;
using config::Message;

namespace {

constexpr uint32_t kDefaultMinLength = 30;
constexpr std::string_view kDefaultTypes[] = {
    "application/ecmascript",
    "application/grpc-web",
    "application/grpc-web+proto",
    "application/javascript",
    "application/json",
    "application/x-javascript",
    "application/x-json",
    "application/xhtml+xml",
    "application/xml",
    "image/svg+xml",
    "text/css",
    "text/ecmascript",
    "text/html",
    "text/javascript",
    "text/js",
    "text/jscript",
    "text/plain",
    "text/x-javascript",
    "text/x-js",
    "text/xml",
};

constexpr std::string_view kLengthHelp =
    "Shortest content-length that is compressed; 30 by default.";
constexpr std::string_view kTypeHelp =
    "Media types that are compressed; by default text, JSON, XML, JavaScript and SVG.";
constexpr std::string_view kEtagHelp =
    "No compression of responses with an ETag. Else weak ones are kept and strong ones removed.";
constexpr std::string_view kRemoveHelp =
    "Takes accept-encoding away from the request, so that what is behind does not compress.";

}  // namespace

const Message& DirectionConfig::Schema() {
  using C = DirectionConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.compressor.v3.Compressor.CommonDirectionConfig",
                     "What is compressed in one direction.",
                     {Field("enabled", &C::enabled, "Turns the direction on or off."),
                      Field("min_content_length", &C::min_content_length, kLengthHelp),
                      Field("content_type", &C::content_type, kTypeHelp)});
  return message;
}

const Message& RequestConfig::Schema() {
  static const auto message = Message::Of<RequestConfig>(
      "envoy.extensions.filters.http.compressor.v3.Compressor.RequestDirectionConfig",
      "Compression of requests.",
      {Field("common_config", &RequestConfig::common_config, "What is compressed.")});
  return message;
}

const Message& ResponseConfig::Schema() {
  using C = ResponseConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.compressor.v3.Compressor.ResponseDirectionConfig",
      "Compression of responses.",
      {Field("common_config", &C::common_config, "What is compressed."),
       Field("disable_on_etag_header", &C::disable_on_etag_header, kEtagHelp),
       Field("remove_accept_encoding_header", &C::remove_accept_encoding_header, kRemoveHelp),
       Field("uncompressible_response_codes", &C::uncompressible_response_codes,
             "Statuses of responses that are not compressed.")
           .Range(200, 599),
       config::Unimplemented("status_header_enabled", "x-envoy-compression-status is not written")
           .Accept({"false"})});
  return message;
}

const Message& CompressorConfig::Schema() {
  using C = CompressorConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.compressor.v3.Compressor", "Compresses bodies.",
      {Field("content_length", &C::content_length, kLengthHelp)
           .Deprecated("response_direction_config"),
       Field("content_type", &C::content_type, kTypeHelp).Deprecated("response_direction_config"),
       Field("disable_on_etag_header", &C::disable_on_etag_header, kEtagHelp)
           .Deprecated("response_direction_config"),
       Field("remove_accept_encoding_header", &C::remove_accept_encoding_header, kRemoveHelp)
           .Deprecated("response_direction_config"),
       Field("runtime_enabled", &C::runtime_enabled, "Turns the compression of responses off.")
           .Deprecated("response_direction_config"),
       Field("compressor_library", &C::compressor_library, "The coding, and how to make it.")
           .Required()
           .Category(compression::kCompressors),
       Field("request_direction_config", &C::request_direction_config,
             "Compression of requests; without it there is none."),
       Field("response_direction_config", &C::response_direction_config,
             "Compression of responses; in place of the deprecated fields."),
       Field("choose_first", &C::choose_first,
             "This coding goes before others of the same weight in accept-encoding.")});
  return message;
}

const Message& ResponseOverrides::Schema() {
  using C = ResponseOverrides;
  static const auto message = Message::Of<C>(
      "envoy.extensions.filters.http.compressor.v3.ResponseDirectionOverrides",
      "Responses on these routes are compressed.",
      {Field("remove_accept_encoding_header", &C::remove_accept_encoding_header, kRemoveHelp)});
  return message;
}

const Message& CompressorOverrides::Schema() {
  using C = CompressorOverrides;
  static const auto message =
      Message::Of<C>("envoy.extensions.filters.http.compressor.v3.CompressorOverrides",
                     "What is different on these routes.",
                     {Field("response_direction_config", &C::response_direction_config,
                            "If it is there, responses are compressed."),
                      Field("compressor_library", &C::compressor_library, "Another coding.")
                          .Category(compression::kCompressors)});
  return message;
}

const Message& CompressorPerRouteConfig::Schema() {
  using C = CompressorPerRouteConfig;
  static const auto message =
      Message::Of<C>(
          "envoy.extensions.filters.http.compressor.v3.CompressorPerRoute",
          "Other compression, or none, on these routes.",
          {Field("disabled", &C::disabled, "true: responses are not compressed.").Oneof("override"),
           Field("overrides", &C::overrides, "What is different.").Oneof("override")})
          .RequireOneof("override")
          .Check(+[](const C& value, const config::Node& node, config::Context& ctx) {
            if (value.disabled == false) ctx.Fail(node, "disabled can only be true");
          });
  return message;
}

ResponseConfig CompressorConfig::Response() const {
  if (response_direction_config) return *response_direction_config;
  ResponseConfig old;
  old.common_config = {runtime_enabled, content_length, content_type};
  old.disable_on_etag_header = disable_on_etag_header;
  old.remove_accept_encoding_header = remove_accept_encoding_header;
  return old;
}

DirectionPlan::DirectionPlan(const DirectionConfig& config)
    : enabled{config.enabled.default_value, config.enabled.runtime_key},
      min_length(config.min_content_length == 0 ? kDefaultMinLength : config.min_content_length),
      types(config.content_type.empty()
                ? std::vector<std::string>(std::begin(kDefaultTypes), std::end(kDefaultTypes))
                : config.content_type) {}

CompressorPlan::CompressorPlan(const CompressorConfig& config, FactoryPtr made)
    : library(std::move(made)),
      stat_scope("compressor." + config.compressor_library.name + "." +
                 std::string(library->stat_name())),
      response_stat_scope(config.response_direction_config ? "response" : ""),
      response(config.Response().common_config),
      choose_first(config.choose_first) {
  if (config.request_direction_config) {
    request.emplace(config.request_direction_config->common_config);
  }
  const ResponseConfig answers = config.Response();
  uncompressible_codes = answers.uncompressible_response_codes;
  disable_on_etag = answers.disable_on_etag_header;
  remove_accept_encoding = answers.remove_accept_encoding_header;
}

FactoryPtr MakeLibrary(const config::NamedExtension& library) {
  if (!library.typed_config) return nullptr;
  return library.typed_config.Factory<compression::CompressorExtension>().Make(
      library.typed_config);
}

}  // namespace sluice::filters::compressor

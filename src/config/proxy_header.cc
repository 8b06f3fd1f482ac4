#include "sluice/config/proxy_header.h"

#include <algorithm>

#include "sluice/config/context.h"
#include "sluice/config/schema.h"

namespace sluice::config {
namespace {
constexpr size_t kMaxTlvBytes = 65535 - 36;  // the header's length has two bytes
}

const EnumTable& ConfigEnum(ProxyVersion) {
  static const EnumTable table("envoy.config.core.v3.ProxyProtocolConfig.Version",
                               {{"V1", 0}, {"V2", 1}});
  return table;
}

const EnumTable& ConfigEnum(TlvMatch) {
  static const EnumTable table(
      "envoy.config.core.v3.ProxyProtocolPassThroughTLVs.PassTLVsMatchType",
      {{"INCLUDE_ALL", 0}, {"INCLUDE", 1}});
  return table;
}

bool PassThroughTlvs::Takes(uint8_t type) const {
  return match_type == TlvMatch::kIncludeAll || std::ranges::find(tlv_type, type) != tlv_type.end();
}

const Message& PassThroughTlvs::Schema() {
  using C = PassThroughTlvs;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.ProxyProtocolPassThroughTLVs", "TLVs that are passed on.",
      {Field("match_type", &C::match_type, "All of them, or those of tlv_type."),
       Field("tlv_type", &C::tlv_type, "The types of INCLUDE.").Max(255)});
  return message;
}

const Message& TlvConfig::Schema() {
  using C = TlvConfig;
  static const auto message = Message::Of<C>(
      "envoy.config.core.v3.TlvEntry", "A type-length-value of the header.",
      {Field("type", &C::type, "Its type.").Max(255), Field("value", &C::value, "Its value."),
       Unimplemented("format_string", "give the value as it is")});
  return message;
}

const Message& ProxyHeaderConfig::Schema() {
  using C = ProxyHeaderConfig;
  static const auto message =
      Message::Of<C>("envoy.config.core.v3.ProxyProtocolConfig", "The PROXY header.",
                     {Field("version", &C::version, "V1 is text, V2 binary."),
                      Field("added_tlvs", &C::added_tlvs, "More for the header (V2)."),
                      Field("pass_through_tlvs", &C::pass_through_tlvs,
                            "TLVs of the client's header, as the listener filter passed them.")})
          .Check(+[](const C& value, const Node& node, Context& ctx) {
            if (value.version == ProxyVersion::kV1 && !value.added_tlvs.empty()) {
              ctx.Fail(node, "added_tlvs need version: V2");
            }
            if (value.version == ProxyVersion::kV1 && value.pass_through_tlvs) {
              ctx.Fail(node, "pass_through_tlvs need version: V2");
            }
            size_t bytes = 0;
            for (const TlvConfig& tlv : value.added_tlvs) bytes += tlv.value.value.size() + 3;
            if (bytes > kMaxTlvBytes) ctx.Fail(node, "added_tlvs do not fit into a header");
          });
  return message;
}

}  // namespace sluice::config

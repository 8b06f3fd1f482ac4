#include "sluice/upstream/proxy_header.h"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

namespace sluice::upstream {
namespace {

bool GoTogether(const net::Address* source, const net::Address* destination) {
  return source != nullptr && destination != nullptr && source->is_ip() &&
         source->family() == destination->family();
}

std::string TextHeader(const net::Address* source, const net::Address* destination) {
  if (!GoTogether(source, destination)) return "PROXY UNKNOWN\r\n";
  return fmt::format("PROXY {} {} {} {} {}\r\n",
                     source->family() == net::Address::Family::kV4 ? "TCP4" : "TCP6", source->Ip(),
                     destination->Ip(), source->port(), destination->port());
}

void AppendNumber(std::string& out, size_t value) {
  out += static_cast<char>(value >> 8);
  out += static_cast<char>(value & 0xff);
}

// What may go on of the client's; ours of the same type take the place of its. What does not fit
// beside ours is left out: the header's length has two bytes.
void AppendClientTlvs(const config::ProxyHeaderConfig& config, std::string_view tlvs, size_t room,
                      std::string& body) {
  if (!config.pass_through_tlvs) return;
  constexpr size_t kHead = 3;
  while (tlvs.size() >= kHead) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(tlvs[at]); };
    const size_t size = std::min(kHead + (size_t{byte(1)} << 8 | byte(2)), tlvs.size());
    const bool ours = std::ranges::find(config.added_tlvs, byte(0), &config::TlvConfig::type) !=
                      config.added_tlvs.end();
    if (!ours && config.pass_through_tlvs->Takes(byte(0)) && size <= room) {
      body += tlvs.substr(0, size);
      room -= size;
    }
    tlvs.remove_prefix(size);
  }
}

std::string BinaryHeader(const config::ProxyHeaderConfig& config, const net::Address* source,
                         const net::Address* destination, std::string_view client_tlvs) {
  using namespace std::string_literals;
  constexpr char kLocal = 0x20;
  constexpr char kProxy = 0x21;
  constexpr char kTcp4 = 0x11;
  constexpr char kTcp6 = 0x21;
  const bool known = GoTogether(source, destination);
  std::string body;
  if (known) {
    body += source->IpBytes();
    body += destination->IpBytes();
    AppendNumber(body, source->port());
    AppendNumber(body, destination->port());
  }
  size_t room = UINT16_MAX - body.size();
  for (const config::TlvConfig& tlv : config.added_tlvs) room -= tlv.value.value.size() + 3;
  AppendClientTlvs(config, client_tlvs, room, body);
  for (const config::TlvConfig& tlv : config.added_tlvs) {
    body += static_cast<char>(tlv.type);
    AppendNumber(body, tlv.value.value.size());
    body += tlv.value.value;
  }
  std::string header = "\r\n\r\n\0\r\nQUIT\n"s;
  header += known ? kProxy : kLocal;
  header += !known ? '\0' : source->family() == net::Address::Family::kV4 ? kTcp4 : kTcp6;
  AppendNumber(header, body.size());
  return header + body;
}

}  // namespace

std::string MakeProxyHeader(const config::ProxyHeaderConfig& config, const net::Address* source,
                            const net::Address* destination, std::string_view client_tlvs) {
  return config.version == config::ProxyVersion::kV1
             ? TextHeader(source, destination)
             : BinaryHeader(config, source, destination, client_tlvs);
}

}  // namespace sluice::upstream

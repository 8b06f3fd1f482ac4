#include "proxy_header.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include <arpa/inet.h>

namespace sluice::filters::proxy_protocol {
namespace {

constexpr std::string_view kV1Signature = "PROXY ";
constexpr std::string_view kV2Signature("\r\n\r\n\0\r\nQUIT\n", 12);

ParseResult Bad(int version, const char* why) { return {ParseState::kBad, 0, why, version, {}}; }

uint32_t ReadU16(std::string_view bytes, size_t at) {
  return static_cast<uint32_t>(static_cast<unsigned char>(bytes[at])) << 8 |
         static_cast<unsigned char>(bytes[at + 1]);
}

// A port in decimal without sign, blanks or leading zeros.
std::optional<uint16_t> ReadPort(std::string_view text) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text[0] == '0') return std::nullopt;
  return port;
}

std::vector<std::string_view> SplitAtSpaces(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const size_t space = line.find(' ');
    words.push_back(line.substr(0, space));
    if (space == std::string_view::npos) return words;
    line.remove_prefix(space + 1);
  }
}

ParseResult ReadV1Line(std::string_view line, size_t size) {
  const auto words = SplitAtSpaces(line.substr(kV1Signature.size()));
  ParseResult result{ParseState::kOk, size, "", 1, {}};
  result.header.version = 1;
  if (words[0] == "UNKNOWN") {
    result.header.local = true;
    return result;
  }
  const bool v4 = words[0] == "TCP4";
  if (!v4 && words[0] != "TCP6") return Bad(1, "v1 protocol is neither TCP4, TCP6 nor UNKNOWN");
  if (words.size() != 5) return Bad(1, "v1 line does not have two addresses and two ports");
  const auto source_port = ReadPort(words[3]);
  const auto destination_port = ReadPort(words[4]);
  if (!source_port || !destination_port) return Bad(1, "v1 port is not a number");
  auto source = net::Address::FromIp(words[1], *source_port);
  auto destination = net::Address::FromIp(words[2], *destination_port);
  const auto family = v4 ? net::Address::Family::kV4 : net::Address::Family::kV6;
  if (!source || !destination || source->family() != family || destination->family() != family) {
    return Bad(1, "v1 address does not fit its protocol");
  }
  result.header.source = *source;
  result.header.destination = *destination;
  return result;
}

ParseResult ParseV1(std::string_view bytes) {
  const std::string_view window = bytes.substr(0, kMaxV1Bytes);
  const size_t end = window.find("\r\n");
  if (end != std::string_view::npos) return ReadV1Line(window.substr(0, end), end + 2);
  if (window.size() == kMaxV1Bytes) return Bad(1, "v1 line is longer than 107 bytes");
  return {ParseState::kNeedMore, 0, "", 1, {}};
}

net::Address ReadAddress(std::string_view bytes, size_t ip_at, size_t ip_size, size_t port_at) {
  char text[INET6_ADDRSTRLEN];
  const int family = ip_size == 4 ? AF_INET : AF_INET6;
  if (::inet_ntop(family, bytes.data() + ip_at, text, sizeof text) == nullptr) return {};
  return net::Address::FromIp(text, static_cast<uint16_t>(ReadU16(bytes, port_at)))
      .value_or(net::Address());
}

bool ReadTlvs(std::string_view rest, std::vector<Tlv>& out) {
  while (!rest.empty()) {
    if (rest.size() < 3) return false;
    const size_t length = ReadU16(rest, 1);
    if (rest.size() < 3 + length) return false;
    out.push_back({static_cast<uint8_t>(rest[0]), rest.substr(3, length)});
    rest.remove_prefix(3 + length);
  }
  return true;
}

ParseResult ParseV2(std::string_view bytes) {
  if (bytes.size() < kV2HeadBytes) return {ParseState::kNeedMore, 0, "", 2, {}};
  const auto version_command = static_cast<unsigned char>(bytes[12]);
  const auto family_transport = static_cast<unsigned char>(bytes[13]);
  if (version_command >> 4 != 2) return Bad(2, "v2 signature with another version");
  const unsigned command = version_command & 0xF;
  if (command > 1) return Bad(2, "v2 command is neither LOCAL nor PROXY");
  const size_t length = ReadU16(bytes, 14);
  if (bytes.size() < kV2HeadBytes + length) return {ParseState::kNeedMore, 0, "", 2, {}};

  ParseResult result{ParseState::kOk, kV2HeadBytes + length, "", 2, {}};
  result.header.version = 2;
  result.header.local = command == 0;
  const std::string_view payload = bytes.substr(kV2HeadBytes, length);
  size_t address_bytes = 0;
  if (!result.header.local) {
    if (family_transport == 0x11 || family_transport == 0x21) {
      const size_t ip = family_transport == 0x11 ? 4 : 16;
      address_bytes = 2 * ip + 4;
      if (payload.size() < address_bytes) return Bad(2, "v2 header is too short for its addresses");
      result.header.source = ReadAddress(payload, 0, ip, 2 * ip);
      result.header.destination = ReadAddress(payload, ip, ip, 2 * ip + 2);
    } else if (family_transport == 0x00) {
      result.header.local = true;
    } else {
      return Bad(2, "v2 header is not of a TCP connection over IPv4 or IPv6");
    }
  }
  if (!result.header.local && !ReadTlvs(payload.substr(address_bytes), result.header.tlvs)) {
    return Bad(2, "v2 TLV runs over the end of the header");
  }
  return result;
}

}  // namespace

size_t HeaderBytes(std::string_view head) {
  if (head.size() < kV2HeadBytes || !head.starts_with(kV2Signature)) return 0;
  return kV2HeadBytes + ReadU16(head, 14);
}

ParseResult ParseProxyHeader(std::string_view bytes) {
  const auto starts = [&](std::string_view signature) {
    return bytes.substr(0, signature.size()) == signature.substr(0, bytes.size());
  };
  if (bytes.empty()) return {};
  if (starts(kV2Signature)) {
    return bytes.size() < kV2Signature.size() ? ParseResult{} : ParseV2(bytes);
  }
  if (starts(kV1Signature)) {
    return bytes.size() < kV1Signature.size() ? ParseResult{} : ParseV1(bytes);
  }
  return {ParseState::kNotProxy, 0, "", 0, {}};
}

}  // namespace sluice::filters::proxy_protocol

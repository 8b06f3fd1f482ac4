#include "client_hello.h"

#include <algorithm>
#include <optional>

namespace sluice::filters::tls_inspector {
namespace {

constexpr size_t kRecordHead = 5;
constexpr size_t kHandshakeHead = 4;
constexpr unsigned char kHandshakeRecord = 22;
constexpr unsigned char kClientHello = 1;
constexpr uint32_t kExtensionServerName = 0;
constexpr uint32_t kExtensionAlpn = 16;

// Reads big-endian numbers and length-prefixed vectors; once out of bytes it stays failed.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool empty() const { return rest_.empty() || !ok_; }

  uint32_t Number(size_t width) {
    const std::string_view bytes = Bytes(width);
    uint32_t value = 0;
    for (char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view Bytes(size_t count) {
    if (!ok_ || rest_.size() < count) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return taken;
  }
  std::string_view Vector(size_t length_width) { return Bytes(Number(length_width)); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

void ReadServerName(std::string_view extension, ClientHello& hello) {
  Reader list(Reader(extension).Vector(2));
  while (!list.empty()) {
    const uint32_t type = list.Number(1);
    const std::string_view name = list.Vector(2);
    if (!list.ok() || type != 0) return;
    hello.server_name.assign(name);
    std::transform(name.begin(), name.end(), hello.server_name.begin(), [](unsigned char c) {
      return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    });
    return;
  }
}

void ReadAlpn(std::string_view extension, ClientHello& hello) {
  Reader list(Reader(extension).Vector(2));
  while (!list.empty()) {
    const std::string_view protocol = list.Vector(1);
    if (!list.ok()) return;
    if (!protocol.empty()) hello.alpn.emplace_back(protocol);  // RFC 7301 section 3.1: never empty
  }
}

// False when the message does not hold together.
bool ReadHello(std::string_view body, ClientHello& hello) {
  Reader reader(body);
  reader.Bytes(2 + 32);  // legacy_version, random
  reader.Vector(1);      // session id
  reader.Vector(2);      // cipher suites
  reader.Vector(1);      // compression methods
  if (!reader.ok()) return false;
  if (reader.empty()) return true;  // no extensions: an old client
  Reader extensions(reader.Vector(2));
  if (!reader.ok()) return false;
  while (!extensions.empty()) {
    const uint32_t type = extensions.Number(2);
    const std::string_view content = extensions.Vector(2);
    if (!extensions.ok()) return false;
    if (type == kExtensionServerName) ReadServerName(content, hello);
    if (type == kExtensionAlpn) ReadAlpn(content, hello);
  }
  return extensions.ok();
}

// Whether the bytes begin with a whole handshake message.
bool HasMessage(std::string_view joined) {
  Reader head(joined);
  head.Bytes(1);
  head.Vector(3);
  return head.ok();
}

// The handshake bytes of the records at the front, up to the end of the first message: behind it
// may come change_cipher_spec and early data (RFC 8446 sections 4.2.10, D.4). nullopt when a record
// before that is something else.
std::optional<std::string> JoinRecords(std::string_view bytes) {
  std::string joined;
  while (bytes.size() >= kRecordHead) {
    const auto type = static_cast<unsigned char>(bytes[0]);
    const auto major = static_cast<unsigned char>(bytes[1]);
    const size_t length = static_cast<size_t>(static_cast<unsigned char>(bytes[3])) << 8 |
                          static_cast<unsigned char>(bytes[4]);
    if (type != kHandshakeRecord || major != 3 || length == 0 || length > 16384) {
      return std::nullopt;
    }
    const std::string_view content = bytes.substr(kRecordHead, length);
    joined.append(content);
    if (content.size() < length || HasMessage(joined)) return joined;
    bytes.remove_prefix(kRecordHead + length);
  }
  return joined;
}

bool CouldBeTls(std::string_view bytes) {
  if (!bytes.empty() && static_cast<unsigned char>(bytes[0]) != kHandshakeRecord) return false;
  return bytes.size() < 2 || static_cast<unsigned char>(bytes[1]) == 3;
}

}  // namespace

ClientHello ParseClientHello(std::string_view bytes, size_t max_bytes) {
  ClientHello hello;
  if (!CouldBeTls(bytes)) {
    hello.state = HelloState::kNotTls;
    return hello;
  }
  const bool full = bytes.size() >= max_bytes;
  const auto joined = JoinRecords(bytes.substr(0, max_bytes));
  if (!joined || (!joined->empty() && static_cast<unsigned char>((*joined)[0]) != kClientHello)) {
    hello.state = HelloState::kNotTls;
    return hello;
  }
  hello.state = full ? HelloState::kTooLarge : HelloState::kNeedMore;
  if (joined->size() < kHandshakeHead) return hello;
  Reader head(*joined);
  head.Bytes(1);
  const size_t length = head.Number(3);
  if (length > max_bytes) {
    hello.state = HelloState::kTooLarge;
  } else if (joined->size() >= kHandshakeHead + length) {
    const std::string_view body = std::string_view(*joined).substr(kHandshakeHead, length);
    if (ReadHello(body, hello)) {
      hello.state = HelloState::kOk;
    } else {
      hello = ClientHello();  // nothing of what was read is to be used
      hello.state = HelloState::kNotTls;
    }
  }
  return hello;
}

}  // namespace sluice::filters::tls_inspector

// Foreign functions: does what x-do says with the x-with of the request and tells in x-result. Its
// configuration is a private and a public key, both PEM.
#include "proxy.h"

using namespace proxy;

namespace {

std::string private_key;
std::string public_key;

struct Answer {
  uint32_t status;
  std::string bytes;
};

Answer Call(std::string_view name, std::string_view argument) {
  char* data = nullptr;
  size_t size = 0;
  const uint32_t status = proxy_call_foreign_function(name.data(), name.size(), argument.data(),
                                                      argument.size(), &data, &size);
  return {status, status == 0 ? Take(data, size) : ""};
}

std::string Varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
  return out;
}
std::string Field(uint32_t number, std::string_view text) {
  return Varint(number << 3 | 2) + Varint(text.size()) + std::string(text);
}
std::string Field(uint32_t number, uint64_t value) { return Varint(number << 3) + Varint(value); }

std::string Number(uint64_t value) { return std::to_string(value); }

// Of a SignResult, whose result is true: the signature.
std::string SignatureOf(const std::string& result) {
  size_t at = 3;
  size_t size = 0;
  for (int shift = 0;; shift += 7) {
    const auto byte = static_cast<uint8_t>(result[at++]);
    size |= static_cast<size_t>(byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return result.substr(at, size);
}

std::string Signatures(const std::string& hash, const std::string& text) {
  const Answer made = Call("sign", Field(1, hash) + Field(3, text) + Field(4, private_key));
  if (made.status != 0) return "status " + Number(made.status);
  if (made.bytes.size() < 4 || made.bytes[1] != 1) return made.bytes.substr(2);
  const std::string signature = SignatureOf(made.bytes);
  const auto verify = [&](const std::string& of) {
    return Call("verify_signature",
                Field(1, hash) + Field(3, signature) + Field(4, of) + Field(5, public_key));
  };
  const Answer right = verify(text);
  const Answer wrong = verify(text + "!");
  std::string out = Number(right.status) + (right.bytes == "\x08\x01" ? " good " : " bad ");
  return out + Number(wrong.status) + " " + wrong.bytes.substr(2);
}

std::string Zlib(const std::string& text) {
  const Answer small = Call("compress", text);
  const Answer back = Call("uncompress", small.bytes);
  return Number(small.status) + (small.bytes.size() < text.size() ? " smaller " : " longer ") +
         Number(back.status) + (back.bytes == text ? " same " : " other ") +
         Number(Call("uncompress", text).status);
}

uint32_t SetProperty(std::string_view name, std::string_view value) {
  return proxy_set_property(name.data(), name.size(), value.data(), value.size());
}

std::string Do(const std::string& verb, const std::string& with) {
  if (verb == "zlib") return Zlib(with);
  if (verb == "sign") return Signatures(with, "a text");
  if (verb == "no_key") return Number(Call("sign", Field(1, "sha256")).status);
  if (verb == "expr") return Number(Call("expr_create", "1 + 1").status);
  if (verb == "once") {
    const uint32_t first = SetProperty("once", "one");
    const uint32_t second = SetProperty("once", "two");
    return Number(first) + Number(second) + " " + Property("once");
  }
  if (verb == "keep") return Number(SetProperty("kept", with));
  if (verb == "kept") return Property("kept");
  if (verb == "state") {
    return Number(
        Call("set_envoy_filter_state", Field(1, "shown") + Field(2, with) + Field(3, uint64_t{2}))
            .status);
  }
  if (verb == "many" || verb == "large") {  // 999 short states, or one of 64 KiB and a byte
    uint32_t failed = 0;
    for (int i = 0; i < (verb == "many" ? 999 : 1); ++i) {
      const std::string value = verb == "many" ? with : std::string(65'537, 'x');
      failed += Call("set_envoy_filter_state",
                     Field(1, verb + std::to_string(i)) + Field(2, value) + Field(3, uint64_t{2}))
                    .status != 0;
    }
    return Number(failed);
  }
  if (verb == "again") return Number(Call("declare_property", Field(1, "once")).status);
  if (verb == "garbage") return Number(Call("declare_property", "\xff\xff\xff").status);
  return "?";
}

}  // namespace

EXPORTED(proxy_abi_version_0_2_1) void Abi() {}
EXPORTED(proxy_on_context_create) void OnContextCreate(uint32_t, uint32_t) {}
EXPORTED(proxy_on_configure) uint32_t OnConfigure(uint32_t, uint32_t) {
  const std::string keys = Bytes(kConfig);
  const size_t second = keys.find("-----BEGIN PUBLIC");
  private_key = keys.substr(0, second);
  public_key = second == std::string::npos ? "" : keys.substr(second);
  const Answer once = Call("declare_property", Field(1, "once") + Field(2, uint64_t{1}));
  const Answer kept = Call("declare_property", Field(1, "kept") + Field(5, uint64_t{2}));
  return once.status == 0 && kept.status == 0 ? 1 : 0;
}
EXPORTED(proxy_on_request_headers) uint32_t OnRequestHeaders(uint32_t, uint32_t, uint32_t) {
  Set(kRequest, "x-result", Do(Header(kRequest, "x-do"), Header(kRequest, "x-with")));
  return 0;
}

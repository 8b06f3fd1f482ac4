// What a handle offers beside its stream: logs, time, base64, signatures.
#include <chrono>
#include <cstring>

#include <lua.hpp>

#include "side.h"
#include "sluice/base/base64.h"
#include "sluice/base/log.h"
#include "sluice/tls/signature.h"
#include "types.h"

namespace sluice::filters::lua {
namespace {

// --- Logs.

template <log::Level kLevel>
int Log(Call& call) {
  const auto text = TextAt(call, 1);
  if (!text) return Raise(call.state, "a log function takes a string");
  if (log::Enabled(log::Component::kLua, kLevel)) {
    log::detail::Write(log::Component::kLua, kLevel, "script log: " + std::string(*text), __FILE__,
                       __LINE__);
  }
  return 0;
}

constexpr Method kLogMethods[] = {
    {"logTrace", &Log<log::Level::kTrace>}, {"logDebug", &Log<log::Level::kDebug>},
    {"logInfo", &Log<log::Level::kInfo>},   {"logWarn", &Log<log::Level::kWarning>},
    {"logErr", &Log<log::Level::kError>},   {"logCritical", &Log<log::Level::kCritical>},
};

// --- Time, as milliseconds or microseconds since the epoch.

constexpr double kMilliseconds = 0;  // EnvoyTimestampResolution
constexpr double kMicroseconds = 1;

Duration Now() {
  return std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch());
}

int Timestamp(Call& call) {
  if (!IsNone(call, 1) && NumberAt(call, 1) != kMilliseconds) {
    return Raise(call.state, "timestamp format must be MILLISECOND.");
  }
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(Now());
  lua_pushnumber(call.state, static_cast<double>(ms.count()));
  return 1;
}

int TimestampString(Call& call) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(Now()).count();
  if (IsNone(call, 1) || NumberAt(call, 1) == kMilliseconds) {
    return Give(call.state, std::to_string(us / 1000));
  }
  if (NumberAt(call, 1) == kMicroseconds) return Give(call.state, std::to_string(us));
  return Raise(call.state, "timestamp format must be MILLISECOND or MICROSECOND.");
}

// --- Others.

int Base64Escape(Call& call) {
  const auto text = TextAt(call, 1);
  if (!text) return Raise(call.state, "base64Escape() takes a string");
  return Give(call.state, EncodeBase64(*text));
}

// --- Signatures. A key object has the key behind its Ref.

// The text at an argument, and its length behind it, which may be less than there is.
std::optional<std::string_view> SizedText(const Call& call, int index) {
  const auto text = TextAt(call, index);
  const auto size = NumberAt(call, index + 1);
  if (!text || !size || *size < 0 || *size > static_cast<double>(text->size())) {
    return std::nullopt;
  }
  return text->substr(0, static_cast<size_t>(*size));
}

int ImportPublicKey(Call& call) {
  const auto der = SizedText(call, 1);
  if (!der) return Raise(call.state, "importPublicKey() takes a key and its length");
  Ref& key = PushObject(call.state, Type::kPublicKey, call.side.scope(),
                        static_cast<uint32_t>(der->size()), 0, der->size());
  std::memcpy(&key + 1, der->data(), der->size());
  return 1;
}

int VerifySignature(Call& call) {
  const auto hash = TextAt(call, 1);
  const Ref* key = ObjectAt(call.state, 3, Type::kPublicKey);
  const auto signature = SizedText(call, 3);
  const auto data = SizedText(call, 5);
  if (!hash || key == nullptr || !signature || !data) {
    return Raise(call.state,
                 "verifySignature() takes a hash function, a key, a signature and its length, data "
                 "and its length");
  }
  const tls::KeyText text{{reinterpret_cast<const char*>(key + 1), key->part},
                          tls::KeyFormat::kDer};
  const auto verified = tls::VerifySignature(*hash, text, *signature, *data);
  lua_pushboolean(call.state, verified ? 1 : 0);
  Give(call.state, verified ? "" : verified.error().detail);
  return 2;
}

constexpr Method kMethods[] = {
    {"timestamp", &Timestamp},
    {"timestampString", &TimestampString},
    {"base64Escape", &Base64Escape},
    {"importPublicKey", &ImportPublicKey},
    {"verifySignature", &VerifySignature},
};

}  // namespace

std::span<const Method> LogMethods() { return kLogMethods; }
std::span<const Method> ToolMethods() { return kMethods; }

}  // namespace sluice::filters::lua

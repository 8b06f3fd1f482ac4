// The enums of http_connection_manager that are the same in its config and at run time.
#pragma once

#include <cstdint>

namespace sluice::config {
class EnumTable;
class Message;
}  // namespace sluice::config

namespace sluice::downstream {

// Numbers of these enums are Envoy's.
enum class CodecType : uint8_t { kAuto, kHttp1, kHttp2, kHttp3 };
const config::EnumTable& ConfigEnum(CodecType);
enum class ServerHeader : uint8_t { kOverwrite, kAppendIfAbsent, kPassThrough };
const config::EnumTable& ConfigEnum(ServerHeader);
enum class ClientCertMode : uint8_t {
  kSanitize,
  kForwardOnly,
  kAppendForward,
  kSanitizeSet,
  kAlwaysForwardOnly,
};
const config::EnumTable& ConfigEnum(ClientCertMode);
enum class EscapedSlashes : uint8_t {
  kDefault,  // as kKeep
  kKeep,
  kReject,
  kUnescapeAndRedirect,
  kUnescapeAndForward,
};
const config::EnumTable& ConfigEnum(EscapedSlashes);

// What of the client's certificate x-forwarded-client-cert says, beside Hash and By.
struct ClientCertFields {
  bool subject = false;
  bool cert = false;
  bool chain = false;
  bool dns = false;
  bool uri = false;
  static const config::Message& Schema();
};

}  // namespace sluice::downstream

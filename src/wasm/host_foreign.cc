// Foreign functions: what Envoy offers beside the ABI, by name. Arguments and results are bytes,
// mostly protobuf messages of envoy.source.extensions.common.wasm.
#include <string>
#include <utility>

#include "host.h"
#include "host_log.h"
#include "properties.h"
#include "proto.h"
#include "sluice/compression/zlib_text.h"
#include "sluice/tls/signature.h"
#include "sluice/wasm/plugin.h"

namespace sluice::wasm {
namespace {

// What is called: its context, and where the result goes.
struct Foreign {
  Vm& vm;
  std::string_view argument;
  std::string result;
};

// DeclarePropertyArguments.span and SetEnvoyFilterStateArguments.span.
enum class LifeSpan : uint64_t { kFilterChain, kRequest, kConnection };

Status ClearRouteCache(Foreign& call) { return call.vm.current().ClearRouteCache(); }

// SetEnvoyFilterStateArguments: path, value, span.
Status SetFilterState(Foreign& call) {
  const auto fields = ReadProto(call.argument);
  if (!fields || fields->texts[1].empty()) return Status::kBadArgument;
  const StreamView stream = call.vm.current().Stream();
  if (stream.writable == nullptr) return Status::kNotFound;
  const bool connection = fields->numbers[3] == static_cast<uint64_t>(LifeSpan::kConnection);
  return Keep(stream, connection ? Span::kConnection : Span::kStream, fields->texts[1],
              fields->texts[2]);
}

// DeclarePropertyArguments: name, readonly, type, schema, span. Whatever its type, a property is
// bytes here: type and schema tell Envoy's CEL how to look into them.
Status DeclareProperty(Foreign& call) {
  const auto fields = ReadProto(call.argument);
  if (!fields || fields->texts[1].empty()) return Status::kBadArgument;
  const bool connection = fields->numbers[5] == static_cast<uint64_t>(LifeSpan::kConnection);
  const Declaration declaration{
      fields->numbers[2] != 0 ? Writing::kOnce : Writing::kAlways,
      connection ? Span::kConnection : Span::kStream,
  };
  return call.vm.current().root().Declare(fields->texts[1], declaration) ? Status::kOk
                                                                         : Status::kBadArgument;
}

Status Compress(Foreign& call) {
  auto made = compression::ZlibCompress(call.argument);
  if (!made) return Status::kSerializationFailure;
  call.result = std::move(*made);
  return Status::kOk;
}

Status Uncompress(Foreign& call) {
  constexpr size_t kMaxBytes = size_t{64} << 20;
  switch (compression::ZlibUncompress(call.argument, kMaxBytes, call.result)) {
    case compression::ZlibFault::kNone: return Status::kOk;
    case compression::ZlibFault::kTooLong: return Status::kInternalFailure;
    default: return Status::kSerializationFailure;
  }
}

// One of the two, as Envoy wants it.
std::optional<tls::KeyText> KeyOf(std::string_view der, std::string_view pem) {
  if (der.empty() == pem.empty()) return std::nullopt;
  return pem.empty() ? tls::KeyText{der, tls::KeyFormat::kDer}
                     : tls::KeyText{pem, tls::KeyFormat::kPem};
}

// VerifySignatureArguments: hash, DER key, signature, text, PEM key; VerifySignatureResult.
Status VerifySignature(Foreign& call) {
  const auto fields = ReadProto(call.argument);
  if (!fields) return Status::kBadArgument;
  const auto key = KeyOf(fields->texts[2], fields->texts[5]);
  if (!key || !tls::IsPublicKey(*key)) return Status::kBadArgument;
  const auto verified =
      tls::VerifySignature(fields->texts[1], *key, fields->texts[3], fields->texts[4]);
  PutBool(call.result, 1, verified.has_value());
  if (!verified) PutText(call.result, 2, verified.error().detail);
  return Status::kOk;
}

// SignArguments: hash, DER key, text, PEM key; SignResult.
Status Sign(Foreign& call) {
  const auto fields = ReadProto(call.argument);
  if (!fields) return Status::kBadArgument;
  const auto key = KeyOf(fields->texts[2], fields->texts[4]);
  if (!key || !tls::IsPrivateKey(*key)) return Status::kBadArgument;
  const auto made = tls::Sign(fields->texts[1], *key, fields->texts[3]);
  PutBool(call.result, 1, made.has_value());
  if (made) PutText(call.result, 2, *made);
  if (!made) PutText(call.result, 3, made.error().detail);
  return Status::kOk;
}

struct Entry {
  std::string_view name;
  Status (*run)(Foreign& call);
};

constexpr Entry kForeign[] = {
    {"clear_route_cache", &ClearRouteCache},
    {"set_envoy_filter_state", &SetFilterState},
    {"declare_property", &DeclareProperty},
    {"compress", &Compress},
    {"uncompress", &Uncompress},
    {"verify_signature", &VerifySignature},
    {"sign", &Sign},
};

// (name, argument, result)
Status CallForeign(const HostCall& call) {
  std::string_view name;
  Foreign foreign{call.vm, {}, {}};
  if (!call.Text(0, name) || !call.Text(2, foreign.argument)) return Status::kInvalidMemoryAccess;
  for (const Entry& entry : kForeign) {
    if (entry.name != name) continue;
    if (const Status status = entry.run(foreign); status != Status::kOk) return status;
    if (foreign.result.empty()) return Status::kOk;
    return call.vm.Give(foreign.result, call.U32(4), call.U32(5));
  }
  LogLine(call.vm, log::Level::kWarning,
          "there is no foreign function " + std::string(name.substr(0, 64)) +
              (name.starts_with("expr_") ? ": sluice has no CEL" : ""));
  return Status::kNotFound;
}

constexpr HostEntry kEntries[] = {
    {"proxy_call_foreign_function", "iiiiii", &AsStatus<CallForeign>},
};

}  // namespace

std::span<const HostEntry> ForeignFunctions() { return kEntries; }

}  // namespace sluice::wasm

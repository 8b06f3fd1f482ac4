// The numbers of the Proxy-Wasm ABI (versions 0.1.0, 0.2.0 and 0.2.1).
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::wasm {

enum class AbiVersion : uint8_t { k010, k020, k021 };

enum class Status : uint32_t {
  kOk = 0,
  kNotFound = 1,
  kBadArgument = 2,
  kSerializationFailure = 3,
  kParseFailure = 4,
  kBadExpression = 5,
  kInvalidMemoryAccess = 6,
  kEmpty = 7,
  kCasMismatch = 8,
  kResultMismatch = 9,
  kInternalFailure = 10,
  kBrokenConnection = 11,
  kUnimplemented = 12,
};

enum class MapType : uint32_t {
  kRequestHeaders,
  kRequestTrailers,
  kResponseHeaders,
  kResponseTrailers,
  kGrpcInitialMetadata,
  kGrpcTrailingMetadata,
  kCallResponseHeaders,
  kCallResponseTrailers,
  kCount,
};

enum class BufferType : uint32_t {
  kRequestBody,
  kResponseBody,
  kDownstreamData,
  kUpstreamData,
  kCallResponseBody,
  kGrpcMessage,
  kVmConfiguration,
  kPluginConfiguration,
  kCallData,
  kCount,
};

enum class StreamType : uint32_t { kRequest, kResponse, kDownstream, kUpstream, kCount };

enum class MetricType : uint32_t { kCounter, kGauge, kHistogram, kCount };

// What the module's callbacks answer.
enum class HeadAction : uint32_t {
  kContinue,
  kStop,
  kContinueAndEnd,
  kStopAllBuffer,
  kStopAllWatermark,
};
enum class DataAction : uint32_t { kContinue, kStopBuffer, kStopWatermark, kStopNoBuffer };

// The module's callbacks that the host knows.
enum class Export : uint8_t {
  kContextCreate,
  kVmStart,
  kConfigure,
  kTick,
  kRequestHeaders,
  kRequestBody,
  kRequestTrailers,
  kResponseHeaders,
  kResponseBody,
  kResponseTrailers,
  kNewConnection,
  kDownstreamData,
  kUpstreamData,
  kDownstreamClose,
  kUpstreamClose,
  kHttpCallResponse,
  kGrpcInitialMetadata,
  kGrpcMessage,
  kGrpcTrailingMetadata,
  kGrpcClose,
  kQueueReady,
  kForeignFunction,
  kDone,
  kLog,
  kDelete,
  kCount,
};
std::string_view ExportName(Export which);

}  // namespace sluice::wasm

// The config structs of the compression libraries. Immutable once parsed.
#pragma once

#include <cstdint>
#include <optional>

#include "sluice/config/types.h"

namespace sluice::compression {

// Numbers of these enums are the library's own, except 0 of a level and of brotli's mode.
enum class GzipLevel : uint8_t { kDefault, k1, k2, k3, k4, k5, k6, k7, k8, k9 };
enum class GzipStrategy : uint8_t { kDefault, kFiltered, kHuffmanOnly, kRle, kFixed };
enum class BrotliMode : uint8_t { kDefault, kGeneric, kText, kFont };
enum class ZstdStrategy : uint8_t {
  kDefault,
  kFast,
  kDfast,
  kGreedy,
  kLazy,
  kLazy2,
  kBtlazy2,
  kBtopt,
  kBtultra,
  kBtultra2
};
const config::EnumTable& ConfigEnum(GzipLevel);
const config::EnumTable& ConfigEnum(GzipStrategy);
const config::EnumTable& ConfigEnum(BrotliMode);
const config::EnumTable& ConfigEnum(ZstdStrategy);

inline constexpr uint32_t kChunkBytes = 4096;

struct GzipCompressorConfig {
  uint32_t memory_level = 5;
  GzipLevel compression_level = GzipLevel::kDefault;
  GzipStrategy compression_strategy = GzipStrategy::kDefault;
  uint32_t window_bits = 12;
  uint32_t chunk_size = kChunkBytes;
  static const config::Message& Schema();
};

struct GzipDecompressorConfig {
  uint32_t window_bits = 15;
  uint32_t chunk_size = kChunkBytes;
  uint32_t max_inflate_ratio = 100;
  static const config::Message& Schema();
};

struct BrotliCompressorConfig {
  uint32_t quality = 3;
  BrotliMode encoder_mode = BrotliMode::kDefault;
  uint32_t window_bits = 18;
  std::optional<uint32_t> input_block_bits;
  uint32_t chunk_size = kChunkBytes;
  bool disable_literal_context_modeling = false;
  static const config::Message& Schema();
};

struct BrotliDecompressorConfig {
  bool disable_ring_buffer_reallocation = false;
  uint32_t chunk_size = kChunkBytes;
  static const config::Message& Schema();
};

struct ZstdCompressorConfig {
  uint32_t compression_level = 0;  // the library's default, 3
  bool enable_checksum = false;
  ZstdStrategy strategy = ZstdStrategy::kDefault;
  uint32_t chunk_size = kChunkBytes;
  static const config::Message& Schema();
};

struct ZstdDecompressorConfig {
  uint32_t chunk_size = kChunkBytes;
  static const config::Message& Schema();
};

}  // namespace sluice::compression

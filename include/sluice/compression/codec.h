// Content codings of bodies: gzip (RFC 1952), br (RFC 7932), zstd (RFC 8878).
//
// Factories are immutable and shared by all threads; what they make belongs to one stream. The one
// hard rule: memory of a codec is bounded by its window, and a decompressor makes no more bytes at
// a time than it is asked for, whatever it is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "sluice/buffer/byte_chain.h"
#include "sluice/config/extension.h"

namespace sluice::compression {

inline constexpr std::string_view kCompressors = "envoy.compression.compressor";
inline constexpr std::string_view kDecompressors = "envoy.compression.decompressor";

// What has to be readable at the other end after a call.
enum class Ending : uint8_t { kFlush, kFinish };

class Compressor {
 public:
  virtual ~Compressor() = default;
  // Takes all of `in`; appends what comes of it to `out`. False: out of memory.
  virtual bool Compress(ByteChain& in, Ending ending, ByteChain& out) = 0;
  // Makes it ready for another body; false: it cannot be used again.
  virtual bool Reset() = 0;
};

class CompressorFactory {
 public:
  virtual ~CompressorFactory() = default;
  virtual std::string_view encoding() const = 0;   // of content-encoding: "gzip", "br", "zstd"
  virtual std::string_view stat_name() const = 0;  // "gzip", "brotli", "zstd"
  virtual std::unique_ptr<Compressor> Make() const = 0;
};

enum class Progress : uint8_t {
  kNeedsInput,  // everything is taken, and nothing more comes of it
  kHasMore,     // max_bytes have been made
  kBad,         // this is not that coding
};

class Decompressor {
 public:
  virtual ~Decompressor() = default;
  // Takes bytes from `in` and appends at most `max_bytes` to `out`.
  virtual Progress Decompress(ByteChain& in, size_t max_bytes, ByteChain& out) = 0;
  // The body may end here.
  virtual bool complete() const = 0;
};

class DecompressorFactory {
 public:
  virtual ~DecompressorFactory() = default;
  virtual std::string_view encoding() const = 0;
  virtual std::string_view stat_name() const = 0;
  // Names of counters: what is malformed, and what expands too much.
  virtual std::string_view error_stat() const = 0;
  virtual std::string_view overflow_stat() const = 0;
  // How many times its length a body may become.
  virtual uint32_t max_ratio() const = 0;
  virtual std::unique_ptr<Decompressor> Make() const = 0;
};

struct CompressorExtension : config::Extension {
  using Extension::Extension;
  virtual std::unique_ptr<const CompressorFactory> Make(
      const config::TypedConfig& config) const = 0;
};

struct DecompressorExtension : config::Extension {
  using Extension::Extension;
  virtual std::unique_ptr<const DecompressorFactory> Make(
      const config::TypedConfig& config) const = 0;
};

void AddExtensions(config::ExtensionRegistry& registry);

}  // namespace sluice::compression

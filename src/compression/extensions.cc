#include <memory>
#include <string_view>
#include <vector>

#include "factories.h"

namespace sluice::compression {
namespace {

template <typename Base, typename Product, typename Config>
struct LibraryExtension final : Base {
  using Base::Base;
  std::unique_ptr<const Product> Make(const config::TypedConfig& config) const override {
    return MakeFactory(*config.template As<Config>());
  }
};

template <typename Config>
using ForCompressor = LibraryExtension<CompressorExtension, CompressorFactory, Config>;
template <typename Config>
using ForDecompressor = LibraryExtension<DecompressorExtension, DecompressorFactory, Config>;

template <typename E>
void Add(config::ExtensionRegistry& registry, std::string_view category, std::string_view type,
         const config::Message& (*schema)(), std::string_view name) {
  registry.Emplace<E>(category, type, schema, std::vector<std::string_view>{name});
}

}  // namespace

void AddExtensions(config::ExtensionRegistry& registry) {
  Add<ForCompressor<GzipCompressorConfig>>(
      registry, kCompressors, "envoy.extensions.compression.gzip.compressor.v3.Gzip",
      &GzipCompressorConfig::Schema, "envoy.compression.gzip.compressor");
  Add<ForCompressor<BrotliCompressorConfig>>(
      registry, kCompressors, "envoy.extensions.compression.brotli.compressor.v3.Brotli",
      &BrotliCompressorConfig::Schema, "envoy.compression.brotli.compressor");
  Add<ForCompressor<ZstdCompressorConfig>>(
      registry, kCompressors, "envoy.extensions.compression.zstd.compressor.v3.Zstd",
      &ZstdCompressorConfig::Schema, "envoy.compression.zstd.compressor");
  Add<ForDecompressor<GzipDecompressorConfig>>(
      registry, kDecompressors, "envoy.extensions.compression.gzip.decompressor.v3.Gzip",
      &GzipDecompressorConfig::Schema, "envoy.compression.gzip.decompressor");
  Add<ForDecompressor<BrotliDecompressorConfig>>(
      registry, kDecompressors, "envoy.extensions.compression.brotli.decompressor.v3.Brotli",
      &BrotliDecompressorConfig::Schema, "envoy.compression.brotli.decompressor");
  Add<ForDecompressor<ZstdDecompressorConfig>>(
      registry, kDecompressors, "envoy.extensions.compression.zstd.decompressor.v3.Zstd",
      &ZstdDecompressorConfig::Schema, "envoy.compression.zstd.decompressor");
}

}  // namespace sluice::compression

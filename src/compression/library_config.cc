#include "library_config.h"

#include "sluice/config/schema.h"

namespace sluice::compression {

using config::EnumTable;
using config::Field;
using config::Message;

namespace {

constexpr std::string_view kChunkHelp = "Room for the library's output at a time, in bytes.";
constexpr std::string_view kNoDictionary = "RFC 8878 has no dictionaries for content-encoding";

template <typename C>
Field ChunkField() {
  return Field("chunk_size", &C::chunk_size, kChunkHelp).Range(4096, 65536);
}

}  // namespace

const EnumTable& ConfigEnum(GzipLevel) {
  static const EnumTable table(
      "envoy.extensions.compression.gzip.compressor.v3.Gzip.CompressionLevel",
      {{"DEFAULT_COMPRESSION", 0},
       {"BEST_SPEED", 1},
       {"COMPRESSION_LEVEL_1", 1},
       {"COMPRESSION_LEVEL_2", 2},
       {"COMPRESSION_LEVEL_3", 3},
       {"COMPRESSION_LEVEL_4", 4},
       {"COMPRESSION_LEVEL_5", 5},
       {"COMPRESSION_LEVEL_6", 6},
       {"COMPRESSION_LEVEL_7", 7},
       {"COMPRESSION_LEVEL_8", 8},
       {"COMPRESSION_LEVEL_9", 9},
       {"BEST_COMPRESSION", 9}});
  return table;
}

const EnumTable& ConfigEnum(GzipStrategy) {
  static const EnumTable table(
      "envoy.extensions.compression.gzip.compressor.v3.Gzip.CompressionStrategy",
      {{"DEFAULT_STRATEGY", 0}, {"FILTERED", 1}, {"HUFFMAN_ONLY", 2}, {"RLE", 3}, {"FIXED", 4}});
  return table;
}

const EnumTable& ConfigEnum(BrotliMode) {
  static const EnumTable table(
      "envoy.extensions.compression.brotli.compressor.v3.Brotli.EncoderMode",
      {{"DEFAULT", 0}, {"GENERIC", 1}, {"TEXT", 2}, {"FONT", 3}});
  return table;
}

const EnumTable& ConfigEnum(ZstdStrategy) {
  static const EnumTable table("envoy.extensions.compression.zstd.compressor.v3.Zstd.Strategy",
                               {{"DEFAULT", 0},
                                {"FAST", 1},
                                {"DFAST", 2},
                                {"GREEDY", 3},
                                {"LAZY", 4},
                                {"LAZY2", 5},
                                {"BTLAZY2", 6},
                                {"BTOPT", 7},
                                {"BTULTRA", 8},
                                {"BTULTRA2", 9}});
  return table;
}

const Message& GzipCompressorConfig::Schema() {
  using C = GzipCompressorConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.compression.gzip.compressor.v3.Gzip", "Compresses to gzip.",
      {Field("memory_level", &C::memory_level, "How much memory zlib takes.").Range(1, 9),
       Field("compression_level", &C::compression_level, "Speed against size; 6 by default."),
       Field("compression_strategy", &C::compression_strategy, "zlib's strategy."),
       Field("window_bits", &C::window_bits, "The window's size, as a power of two.").Range(9, 15),
       ChunkField<C>()});
  return message;
}

const Message& GzipDecompressorConfig::Schema() {
  using C = GzipDecompressorConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.compression.gzip.decompressor.v3.Gzip", "Decompresses gzip.",
      {Field("window_bits", &C::window_bits, "The largest window that is taken.").Range(9, 15),
       ChunkField<C>(),
       Field("max_inflate_ratio", &C::max_inflate_ratio,
             "How many times its length a body may become.")
           .Range(1, 1032)});
  return message;
}

const Message& BrotliCompressorConfig::Schema() {
  using C = BrotliCompressorConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.compression.brotli.compressor.v3.Brotli", "Compresses to br.",
      {Field("quality", &C::quality, "Speed against size.").Max(11),
       Field("encoder_mode", &C::encoder_mode, "What kind of data it is tuned for."),
       Field("window_bits", &C::window_bits, "The window's size, as a power of two.").Range(10, 24),
       Field("input_block_bits", &C::input_block_bits,
             "The block's size, as a power of two; by default the library's choice.")
           .Range(16, 24),
       ChunkField<C>(),
       Field("disable_literal_context_modeling", &C::disable_literal_context_modeling,
             "Faster to decompress, but longer.")});
  return message;
}

const Message& BrotliDecompressorConfig::Schema() {
  using C = BrotliDecompressorConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.compression.brotli.decompressor.v3.Brotli", "Decompresses br.",
      {Field("disable_ring_buffer_reallocation", &C::disable_ring_buffer_reallocation,
             "Takes the whole window's memory at once."),
       ChunkField<C>()});
  return message;
}

const Message& ZstdCompressorConfig::Schema() {
  using C = ZstdCompressorConfig;
  static const auto message = Message::Of<C>(
      "envoy.extensions.compression.zstd.compressor.v3.Zstd", "Compresses to zstd.",
      {Field("compression_level", &C::compression_level, "Speed against size; 3 by default.")
           .Max(22),
       Field("enable_checksum", &C::enable_checksum, "Ends with a checksum."),
       Field("strategy", &C::strategy, "zstd's strategy; by default the level's."),
       config::Unimplemented("dictionary", kNoDictionary), ChunkField<C>()});
  return message;
}

const Message& ZstdDecompressorConfig::Schema() {
  using C = ZstdDecompressorConfig;
  static const auto message =
      Message::Of<C>("envoy.extensions.compression.zstd.decompressor.v3.Zstd", "Decompresses zstd.",
                     {config::Unimplemented("dictionaries", kNoDictionary), ChunkField<C>()});
  return message;
}

}  // namespace sluice::compression

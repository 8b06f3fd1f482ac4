#include "sluice/compression/codec.h"

#include <gtest/gtest.h>

#include "factories.h"

namespace sluice::compression {
namespace {

// Text that repeats itself, with noise in between: both literals and long matches.
std::string SomeText(size_t bytes) {
  std::string text;
  uint32_t noise = 7;
  while (text.size() < bytes) {
    text += "the quick brown fox ";
    for (int i = 0; i < 12; ++i) {
      noise = noise * 1664525 + 1013904223;
      text += static_cast<char>(noise >> 24);
    }
  }
  text.resize(bytes);
  return text;
}

struct Coding {
  std::string name;
  std::shared_ptr<const CompressorFactory> compressors;
  std::shared_ptr<const DecompressorFactory> decompressors;
};

std::vector<Coding> Codings() {
  return {{"gzip", MakeFactory(GzipCompressorConfig{}), MakeFactory(GzipDecompressorConfig{})},
          {"br", MakeFactory(BrotliCompressorConfig{}), MakeFactory(BrotliDecompressorConfig{})},
          {"zstd", MakeFactory(ZstdCompressorConfig{}), MakeFactory(ZstdDecompressorConfig{})}};
}

std::string Compressed(const Coding& coding, std::string_view text, size_t piece = 1 << 20) {
  auto compressor = coding.compressors->Make();
  ByteChain out;
  do {
    const std::string_view part = text.substr(0, piece);
    text.remove_prefix(part.size());
    ByteChain in;
    in.Append(part);
    EXPECT_TRUE(compressor->Compress(in, text.empty() ? Ending::kFinish : Ending::kFlush, out));
    EXPECT_TRUE(in.empty());
  } while (!text.empty());
  return out.ToString();
}

struct Expanded {
  std::string text;
  bool bad = false;
  bool complete = false;
};

Expanded Expand(const Coding& coding, std::string_view bytes, size_t piece, size_t step) {
  auto decompressor = coding.decompressors->Make();
  Expanded result;
  ByteChain in;
  ByteChain out;
  while (!result.bad) {
    const size_t before = out.size();
    const Progress progress = decompressor->Decompress(in, step, out);
    EXPECT_LE(out.size() - before, step);
    result.bad = progress == Progress::kBad;
    if (progress != Progress::kNeedsInput) continue;
    EXPECT_TRUE(in.empty());
    if (bytes.empty()) break;
    in.Append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
  }
  result.text = out.ToString();
  result.complete = decompressor->complete();
  return result;
}

TEST(CodecTest, RoundTripsAtEveryChunking) {
  const std::string text = SomeText(700);
  for (const Coding& coding : Codings()) {
    for (size_t piece = 1; piece <= text.size(); piece += piece < 20 ? 1 : 97) {
      const std::string packed = Compressed(coding, text, piece);
      for (const size_t step : {1UL, 13UL, 4096UL, 65536UL}) {
        const Expanded result = Expand(coding, packed, piece, step);
        ASSERT_EQ(result.text, text) << coding.name << " " << piece << " " << step;
        ASSERT_TRUE(result.complete && !result.bad);
      }
    }
  }
}

TEST(CodecTest, LongBodiesKeepTheirBytes) {
  const std::string text = SomeText(3 << 20);
  for (const Coding& coding : Codings()) {
    const std::string packed = Compressed(coding, text, 50000);
    EXPECT_LT(packed.size(), text.size() * 9 / 10) << coding.name;
    EXPECT_TRUE(Expand(coding, packed, 7001, 65536).text == text) << coding.name;
  }
}

TEST(CodecTest, WhatHasBeenGivenCanBeReadBeforeTheEnd) {
  for (const Coding& coding : Codings()) {
    auto compressor = coding.compressors->Make();
    ByteChain out;
    std::string said;
    for (const std::string_view event : {"data: one\n\n", "data: two\n\n", "data: three\n\n"}) {
      ByteChain in;
      in.Append(event);
      said += event;
      ASSERT_TRUE(compressor->Compress(in, Ending::kFlush, out));
      const Expanded now = Expand(coding, out.ToString(), 100000, 65536);
      EXPECT_EQ(now.text, said) << coding.name;
      EXPECT_FALSE(now.complete);
    }
  }
}

TEST(CodecTest, EmptyBodyRoundTrips) {
  for (const Coding& coding : Codings()) {
    const Expanded result = Expand(coding, Compressed(coding, ""), 1, 100);
    EXPECT_TRUE(result.complete && !result.bad && result.text.empty()) << coding.name;
  }
}

TEST(CodecTest, CompressorsMayBeUsedAgain) {
  for (const Coding& coding : Codings()) {
    auto compressor = coding.compressors->Make();
    ByteChain first;
    ByteChain in;
    in.Append("broken off");
    ASSERT_TRUE(compressor->Compress(in, Ending::kFlush, first));
    if (!compressor->Reset()) continue;
    ByteChain second;
    in.Append("whole");
    ASSERT_TRUE(compressor->Compress(in, Ending::kFinish, second));
    EXPECT_EQ(Expand(coding, second.ToString(), 3, 100).text, "whole") << coding.name;
  }
}

TEST(CodecTest, BrokenAndTruncatedBytesAreTold) {
  const std::string text = SomeText(5000);
  for (const Coding& coding : Codings()) {
    const std::string packed = Compressed(coding, text);
    EXPECT_TRUE(Expand(coding, "this is text as it is", 5, 100).bad) << coding.name;
    const Expanded half =
        Expand(coding, std::string_view(packed).substr(0, packed.size() / 2), 10, 100);
    EXPECT_FALSE(half.complete || half.bad) << coding.name;
    EXPECT_TRUE(Expand(coding, packed + "rest", 1000, 100).bad) << coding.name;
  }
}

TEST(CodecTest, GzipMembersAndZstdFramesFollowOneAnother) {
  for (const Coding& coding : Codings()) {
    if (coding.name == "br") continue;
    const std::string both = Compressed(coding, "one ") + Compressed(coding, "two");
    for (const size_t piece : {1UL, 7UL, 1000UL}) {
      const Expanded result = Expand(coding, both, piece, 65536);
      EXPECT_EQ(result.text, "one two") << coding.name;
      EXPECT_TRUE(result.complete);
    }
  }
}

TEST(CodecTest, BombsAreMadeNoFasterThanAskedFor) {
  const std::string zeros(4 << 20, '\0');
  for (const Coding& coding : Codings()) {
    const std::string bomb = Compressed(coding, zeros);
    auto decompressor = coding.decompressors->Make();
    ByteChain in;
    in.Append(bomb);
    ByteChain out;
    EXPECT_EQ(decompressor->Decompress(in, 1000, out), Progress::kHasMore) << coding.name;
    EXPECT_EQ(out.size(), 1000U);
  }
}

TEST(CodecTest, EveryLevelAndStrategyCanBeRead) {
  const std::string text = SomeText(20000);
  std::vector<Coding> all;
  for (uint8_t level = 0; level <= 9; ++level) {
    all.push_back({"gzip",
                   MakeFactory(GzipCompressorConfig{
                       .memory_level = 1U + level % 9U,
                       .compression_level = static_cast<GzipLevel>(level),
                       .compression_strategy = static_cast<GzipStrategy>(level % 5),
                       .window_bits = 9U + level % 7U}),
                   MakeFactory(GzipDecompressorConfig{})});
    all.push_back({"zstd",
                   MakeFactory(ZstdCompressorConfig{.compression_level = level * 22U / 9U,
                                                    .enable_checksum = level % 2 == 0,
                                                    .strategy = static_cast<ZstdStrategy>(level)}),
                   MakeFactory(ZstdDecompressorConfig{})});
    all.push_back(
        {"br",
         MakeFactory(BrotliCompressorConfig{.quality = level,
                                            .encoder_mode = static_cast<BrotliMode>(level % 4),
                                            .window_bits = 10U + level,
                                            .input_block_bits = 16}),
         MakeFactory(BrotliDecompressorConfig{})});
  }
  for (const Coding& coding : all) {
    EXPECT_TRUE(Expand(coding, Compressed(coding, text, 3000), 999, 65536).text == text)
        << coding.name;
  }
}

}  // namespace
}  // namespace sluice::compression

// What each library's file gives to extensions.cc.
#pragma once

#include <memory>

#include "library_config.h"
#include "sluice/compression/codec.h"

namespace sluice::compression {

std::unique_ptr<const CompressorFactory> MakeFactory(const GzipCompressorConfig& config);
std::unique_ptr<const CompressorFactory> MakeFactory(const BrotliCompressorConfig& config);
std::unique_ptr<const CompressorFactory> MakeFactory(const ZstdCompressorConfig& config);
std::unique_ptr<const DecompressorFactory> MakeFactory(const GzipDecompressorConfig& config);
std::unique_ptr<const DecompressorFactory> MakeFactory(const BrotliDecompressorConfig& config);
std::unique_ptr<const DecompressorFactory> MakeFactory(const ZstdDecompressorConfig& config);

}  // namespace sluice::compression

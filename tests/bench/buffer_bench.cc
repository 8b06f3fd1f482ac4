// Chains of slabs: what a small message and a bulk transfer do to them, without the system calls.
#include <array>
#include <cstring>
#include <span>

#include <benchmark/benchmark.h>
#include <sys/uio.h>

#include "sluice/buffer/byte_chain.h"

namespace sluice {
namespace {

constexpr size_t kSmall = 200;

// Read into a slab, shared as a head, drained: the way of a small request.
void BM_SmallMessage(benchmark::State& state) {
  ByteChain in;
  for (auto _ : state) {
    std::span<char> room = in.Reserve(2048);
    std::memset(room.data(), 'x', kSmall);
    in.Commit(kSmall);
    Slice head = in.Share(0, kSmall);
    in.Drain(kSmall);
    benchmark::DoNotOptimize(head.data());
  }
}
BENCHMARK(BM_SmallMessage);

void BM_AppendAndDrain(benchmark::State& state) {
  ByteChain out;
  const std::string_view bytes("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
  for (auto _ : state) {
    out.Append(bytes);
    out.Drain(out.size());
  }
}
BENCHMARK(BM_AppendAndDrain);

// 64 KiB read by readv, moved to the other side, given to writev.
void BM_BulkMove(benchmark::State& state) {
  constexpr size_t kBulk = size_t{64} * 1024;
  ByteChain in;
  ByteChain out;
  std::array<iovec, 16> pieces;
  for (auto _ : state) {
    in.ReserveIovecs(pieces.data(), 6, kBulk);
    in.Commit(kBulk);
    in.MoveTo(out, in.size());
    benchmark::DoNotOptimize(out.FillIovecs(pieces.data(), 16));
    out.Drain(out.size());
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * static_cast<int64_t>(kBulk));
}
BENCHMARK(BM_BulkMove);

}  // namespace
}  // namespace sluice

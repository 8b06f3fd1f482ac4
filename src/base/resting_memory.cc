#include "sluice/base/resting_memory.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include <string.h>  // explicit_bzero
#include <sys/mman.h>
#include <unistd.h>

#include "sluice/base/check.h"

namespace sluice {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kSizes = RestingMemory::kMaxBytes / kPage;
constexpr size_t kWordsAMap = 64;

// With larger pages there is little to give back, and much to lose.
bool Paged() {
  static const bool paged = ::sysconf(_SC_PAGESIZE) == static_cast<long>(kPage);
  return paged;
}

// Gives the pages back; they read as zeros from then on. False: the system keeps them (mlockall).
bool Drop(std::byte* data, size_t size) { return ::madvise(data, size, MADV_DONTNEED) == 0; }

// The free pieces of one size on one thread, all zeros. What was mapped stays mapped: a thread with
// connections lives as long as the process.
class FreePieces {
 public:
  std::byte* Take(size_t size) {
    if (warm_.empty() && cold_.empty()) Map(size);
    std::vector<std::byte*>& from = warm_.empty() ? cold_ : warm_;
    std::byte* const data = from.back();
    from.pop_back();
    return data;
  }
  // `blank`: without pages.
  void Give(std::byte* data, size_t size, bool blank) {
    if (blank) return cold_.push_back(data);
    if (warm_.size() >= kMaxWarm && Drop(data, size)) return cold_.push_back(data);
    ::explicit_bzero(data, size);
    warm_.push_back(data);
  }

 private:
  static constexpr size_t kMaxWarm = 64;
  static constexpr size_t kPiecesAtOnce = 64;

  void Map(size_t size) {
    void* const all = ::mmap(nullptr, size * kPiecesAtOnce, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    SLUICE_CHECK(all != MAP_FAILED);
    // One touched page must not become two megabytes; a system that never does that may refuse.
    static_cast<void>(::madvise(all, size * kPiecesAtOnce, MADV_NOHUGEPAGE));
    for (size_t i = kPiecesAtOnce; i-- > 0;) {
      cold_.push_back(static_cast<std::byte*>(all) + i * size);
    }
  }

  std::vector<std::byte*> warm_;
  std::vector<std::byte*> cold_;
};

FreePieces& Pieces(size_t size) {
  static thread_local std::array<FreePieces, kSizes> sizes;
  return sizes[size / kPage - 1];
}

size_t Maps(size_t size) { return size / sizeof(uint64_t) / kWordsAMap; }

}  // namespace

RestingMemory::RestingMemory(size_t bytes)
    : size_(static_cast<uint32_t>((bytes + kPage - 1) / kPage * kPage)) {
  SLUICE_CHECK(size_ != 0 && size_ <= kMaxBytes);
  data_ = Paged() ? Pieces(size_).Take(size_) : static_cast<std::byte*>(std::calloc(1, size_));
  SLUICE_CHECK(data_ != nullptr);
}

RestingMemory::~RestingMemory() {
  const bool blank = resting();
  DropPacked();
  if (Paged()) {
    Pieces(size_).Give(data_, size_, blank);
  } else {
    ::explicit_bzero(data_, size_);
    std::free(data_);
  }
}

void RestingMemory::Rest() {
  if (resting() || !Paged()) return;
  const std::span words(reinterpret_cast<const uint64_t*>(data_), size_ / sizeof(uint64_t));
  std::array<uint64_t, kMaxBytes / sizeof(uint64_t) / kWordsAMap> maps{};
  size_t count = 0;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == 0) continue;
    maps[i / kWordsAMap] |= uint64_t{1} << (i % kWordsAMap);
    ++count;
  }
  const size_t map_count = Maps(size_);
  auto packed = std::make_unique_for_overwrite<uint64_t[]>(map_count + count);
  uint64_t* out = std::copy_n(maps.begin(), map_count, packed.get());
  for (const uint64_t word : words) {
    if (word != 0) *out++ = word;
  }
  packed_bytes_ = static_cast<uint32_t>((map_count + count) * sizeof(uint64_t));
  packed_ = std::move(packed);
  if (!Drop(data_, size_)) DropPacked();
}

void RestingMemory::Unpack() {
  auto* const words = reinterpret_cast<uint64_t*>(data_);
  const uint64_t* in = packed_.get() + Maps(size_);
  for (size_t i = 0; i < Maps(size_); ++i) {
    for (uint64_t map = packed_[i]; map != 0; map &= map - 1) {
      words[i * kWordsAMap + static_cast<size_t>(std::countr_zero(map))] = *in++;
    }
  }
  DropPacked();
}

void RestingMemory::DropPacked() {
  if (packed_ == nullptr) return;
  ::explicit_bzero(packed_.get(), packed_bytes_);
  packed_.reset();
}

}  // namespace sluice

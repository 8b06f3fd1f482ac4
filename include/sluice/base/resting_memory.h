// A few pages at a fixed address whose contents can be packed away while nobody looks at them.
// Libraries keep a connection's state in large structs that are mostly zeros: of a connection that
// is quiet only the rest has to be held.
//
// One thread. Hard rule: nobody reads or writes the memory between Rest and Wake. What is put away
// is wiped when it is taken out again, as it may be keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace sluice {

class RestingMemory {
 public:
  static constexpr size_t kMaxBytes = size_t{16} * 1024;

  // All zeros; at most kMaxBytes.
  explicit RestingMemory(size_t bytes);
  ~RestingMemory();
  RestingMemory(const RestingMemory&) = delete;
  RestingMemory& operator=(const RestingMemory&) = delete;

  std::byte* data() const { return data_; }
  size_t size() const { return size_; }

  bool resting() const { return packed_ != nullptr; }
  void Rest();
  void Wake() {
    if (resting()) Unpack();
  }
  size_t packed_bytes() const { return packed_bytes_; }  // while resting

 private:
  void Unpack();
  void DropPacked();

  std::byte* data_;
  uint32_t size_;
  uint32_t packed_bytes_ = 0;
  // For each 64 words a map of those that are not zero, then these.
  std::unique_ptr<uint64_t[]> packed_;
};

}  // namespace sluice

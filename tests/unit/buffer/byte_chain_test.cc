#include "sluice/buffer/byte_chain.h"

#include <algorithm>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <sys/uio.h>

namespace sluice {
namespace {

size_t InUse() { return SlabPool::ForThread().bytes_in_use(); }

Slice SliceOf(std::string_view text) {
  Slab* slab = SlabPool::ForThread().Take(text.size());
  Slice slice(slab, slab->data(), 0);
  std::copy(text.begin(), text.end(), slice.data());
  slice.Extend(text.size());
  return slice;
}

TEST(ByteChainTest, EmptyChainHoldsNothing) {
  ByteChain chain;
  EXPECT_TRUE(chain.empty());
  EXPECT_EQ(chain.Front(), "");
  EXPECT_EQ(chain.Find('x'), ByteChain::npos);
  EXPECT_EQ(InUse(), 0u);
}

TEST(ByteChainTest, DrainingTheLastByteReleasesItsSlab) {
  ByteChain chain;
  chain.Append("hello");
  EXPECT_GT(InUse(), 0u);
  chain.Drain(5);
  EXPECT_EQ(InUse(), 0u);
}

TEST(ByteChainTest, SmallAppendsShareOneSlab) {
  ByteChain chain;
  for (int i = 0; i < 1000; ++i) chain.Append("0123456789");
  EXPECT_EQ(chain.slice_count(), 1u);
  EXPECT_EQ(chain.size(), 10000u);
}

TEST(ByteChainTest, UncommittedRoomIsNotContent) {
  ByteChain chain;
  chain.Append("abc");
  std::span<char> room = chain.Reserve(10);
  std::fill(room.begin(), room.end(), 'x');
  chain.Commit(2);
  EXPECT_EQ(chain.ToString(), "abcxx");
  chain.Reserve(100'000);
  chain.Commit(0);
  EXPECT_EQ(chain.ToString(), "abcxx");
  EXPECT_EQ(chain.slice_count(), 1u);
}

TEST(ByteChainTest, ReserveNeverHandsOutBytesThatASharedSliceSees) {
  ByteChain chain;
  chain.Append("head|body");
  Slice head = chain.Share(0, 5);
  chain.Drain(5);
  chain.Append("-more");
  EXPECT_EQ(head.view(), "head|");
  EXPECT_EQ(chain.ToString(), "body-more");
  EXPECT_EQ(chain.slice_count(), 1u);  // the tail of the slab was still free

  ByteChain other;
  other.Append(chain.Share(0, 4));  // ends before the slab's used bytes
  other.Append("!");
  EXPECT_EQ(other.ToString(), "body!");
  EXPECT_EQ(chain.ToString(), "body-more");
}

TEST(ByteChainTest, ShareAcrossSlicesCopies) {
  ByteChain chain;
  chain.Append(SliceOf(std::string(5000, 'a')));
  chain.Append(SliceOf(std::string(5000, 'b')));
  ASSERT_EQ(chain.slice_count(), 2u);
  Slice both = chain.Share(4998, 4);
  EXPECT_EQ(both.view(), "aabb");
  EXPECT_NE(both.slab(), chain.slice(0).slab());
  EXPECT_EQ(chain.Share(5001, 3).slab(), chain.slice(1).slab());
}

TEST(ByteChainTest, QueueOfSliversDoesNotPinASlabEach) {
  ByteChain queue;
  constexpr size_t kPieces = 4096;
  for (size_t i = 0; i < kPieces; ++i) queue.Append(SliceOf("x"));
  EXPECT_EQ(queue.size(), kPieces);
  EXPECT_LE(InUse(), 3 * Slab::kBlockBytes);
}

TEST(ByteChainTest, QueueOfMiddlingPiecesCostsAtMostAFewTimesItsSize) {
  ByteChain queue;
  constexpr size_t kPieces = 400;
  for (size_t i = 0; i < kPieces; ++i) queue.Append(SliceOf(std::string(2100, 'x')));
  EXPECT_LE(InUse(), queue.size() + 20 * Slab::kBlockBytes);
}

TEST(ByteChainTest, MovingWholeChainsMovesNoBytes) {
  ByteChain from;
  from.Append(std::string(50'000, 'z'));
  const char* at = from.Front().data();
  ByteChain to;
  to.Append(std::move(from));
  EXPECT_EQ(to.Front().data(), at);
  EXPECT_EQ(to.size(), 50'000u);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): defined as empty
}

TEST(ByteChainTest, PrependComesFirst) {
  ByteChain chain;
  chain.Append("body");
  chain.Prepend("head ");
  EXPECT_EQ(chain.ToString(), "head body");
}

TEST(ByteChainTest, StaticBytesNeedNoSlab) {
  static char text[] = "HTTP/1.1 ";
  ByteChain chain;
  chain.Append(Slice(nullptr, text, 9));
  EXPECT_EQ(InUse(), 0u);
  chain.Append("200");
  EXPECT_EQ(chain.ToString(), "HTTP/1.1 200");
}

TEST(ByteChainTest, ReservedIovecsTakeTheTailFirst) {
  ByteChain chain;
  chain.Append("abc");
  iovec parts[5];
  int n = chain.ReserveIovecs(parts, 5, 64 * 1024);
  ASSERT_GE(n, 4);
  EXPECT_EQ(parts[0].iov_base, chain.slice(0).data() + 3);
  size_t total = 0;
  for (int i = 0; i < n; ++i) {
    std::fill_n(static_cast<char*>(parts[i].iov_base), parts[i].iov_len,
                static_cast<char>('0' + i));
    total += parts[i].iov_len;
  }
  EXPECT_EQ(total, 64u * 1024);
  size_t taken = parts[0].iov_len + 10;
  chain.Commit(taken);
  EXPECT_EQ(chain.ToString(), "abc" + std::string(parts[0].iov_len, '0') + std::string(10, '1'));
  EXPECT_EQ(chain.slice_count(), 2u);
}

TEST(SlabPoolTest, FreeSlabsAreReusedAndTrimmed) {
  auto& pool = SlabPool::ForThread();
  pool.Trim();
  Slab* first;
  {
    Slice slice = SliceOf("x");
    first = slice.slab();
  }
  EXPECT_EQ(pool.free_slabs(), 1u);
  Slice again = SliceOf("y");
  EXPECT_EQ(again.slab(), first);
  again = Slice();
  pool.Trim();
  EXPECT_EQ(pool.free_slabs(), 0u);
}

TEST(SlabPoolTest, OversizedSlabHasTheAskedCapacity) {
  Slab* slab = SlabPool::ForThread().Take(100'000);
  Slice slice(slab, slab->data(), 0);
  EXPECT_EQ(slice.room(), 100'000u);
}

// Random operations on two chains beside two strings: whatever the order, the bytes agree, and in
// the end no slab is left.
class ByteChainProperty : public testing::TestWithParam<uint32_t> {
 protected:
  size_t Below(size_t n) { return n == 0 ? 0 : random_() % n; }
  std::string Bytes(size_t n) {
    std::string bytes(n, '\0');
    for (char& c : bytes) c = static_cast<char>(random_() % 7);
    return bytes;
  }
  size_t Size() {
    static constexpr size_t kSizes[] = {0, 1, 7, 300, 2048, 2049, 8192, 16352, 20'000, 50'000};
    return kSizes[Below(std::size(kSizes))];
  }

  void Step() {
    switch (Below(11)) {
      case 0: {
        std::string bytes = Bytes(Size());
        chain_.Append(bytes);
        text_ += bytes;
        return;
      }
      case 1: {
        std::string bytes = Bytes(Size());
        chain_.Append(SliceOf(bytes));
        text_ += bytes;
        return;
      }
      case 2: {
        size_t n = Below(chain_.size() + 1);
        chain_.Drain(n);
        text_.erase(0, n);
        return;
      }
      case 3: {
        size_t n = Below(chain_.size() + 1);
        chain_.MoveTo(other_chain_, n);
        other_text_ += text_.substr(0, n);
        text_.erase(0, n);
        return;
      }
      case 4:
        chain_.Append(std::move(other_chain_));
        text_ += other_text_;
        other_text_.clear();
        return;
      case 5:
        std::swap(chain_, other_chain_);
        std::swap(text_, other_text_);
        return;
      case 6: {
        std::string bytes = Bytes(Below(400));
        chain_.Prepend(bytes);
        text_.insert(0, bytes);
        return;
      }
      case 7: {
        size_t at = Below(chain_.size() + 1);
        size_t n = Below(std::min<size_t>(chain_.size() - at, 40'000) + 1);
        Slice slice = chain_.Share(at, n);
        ASSERT_EQ(slice.view(), std::string_view(text_).substr(at, n));
        other_chain_.Append(slice);
        other_text_ += slice.view();
        return;
      }
      case 8: {
        iovec parts[8];
        int n = chain_.ReserveIovecs(parts, 8, Size() + 1);
        std::string bytes;
        for (int i = 0; i < n; ++i) {
          std::string part = Bytes(parts[i].iov_len);
          std::copy(part.begin(), part.end(), static_cast<char*>(parts[i].iov_base));
          bytes += part;
        }
        bytes.resize(Below(bytes.size() + 1));
        chain_.Commit(bytes.size());
        text_ += bytes;
        return;
      }
      case 9: {
        char byte = static_cast<char>(Below(8));
        size_t from = Below(text_.size() + 1);
        ASSERT_EQ(chain_.Find(byte, from), text_.find(byte, from));
        return;
      }
      default: {
        if (chain_.size() > 500'000) {
          chain_.Clear();
          text_.clear();
        }
        std::string copy(Below(text_.size() + 10), '\0');
        copy.resize(chain_.CopyOut(copy.data(), copy.size()));
        ASSERT_EQ(copy, text_.substr(0, copy.size()));
        return;
      }
    }
  }

  std::mt19937 random_{GetParam()};
  ByteChain chain_;
  ByteChain other_chain_;
  std::string text_;
  std::string other_text_;
};

TEST_P(ByteChainProperty, AgreesWithAString) {
  for (int i = 0; i < 400; ++i) {
    ASSERT_NO_FATAL_FAILURE(Step());
    ASSERT_EQ(chain_.size(), text_.size());
    ASSERT_EQ(chain_.ToString(), text_) << "after step " << i;
    ASSERT_EQ(other_chain_.ToString(), other_text_) << "after step " << i;
  }
  chain_.Clear();
  other_chain_.Clear();
  EXPECT_EQ(InUse(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, ByteChainProperty, testing::Range(1u, 25u));

TEST(ByteChainTest, PartsAreCopiedAcrossSlices) {
  ByteChain chain;
  for (const char* piece : {"abc", "def", "ghi"}) {
    ByteChain next;
    next.Append(SlabPool::Copy(piece));
    chain.Append(std::move(next));
  }
  const std::string all = chain.ToString();
  ASSERT_EQ(all, "abcdefghi");
  for (size_t from = 0; from <= 10; ++from) {
    for (size_t n = 0; n <= 11; ++n) {
      EXPECT_EQ(chain.ToString(from, n), from >= 9 ? "" : all.substr(from, n)) << from << " " << n;
    }
  }
}

}  // namespace
}  // namespace sluice

// A steady connection allocates nothing: the counts of operator new (and of slabs) stand still
// while messages go back and forth. Not under sanitizers, which bring their own allocator.
#include <atomic>
#include <cstdlib>
#include <new>

#include "net_fixture.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace {
std::atomic<size_t> g_allocations = 0;
}
void* operator new(size_t size) {
  g_allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace sluice::net {
namespace {

struct EchoEvents final : ConnectionEvents {
  void OnBytes(ByteChain& in, bool) override {
    idle.Arm(std::chrono::hours(1));
    connection->output().Append(std::move(in));
    connection->Flush();
  }
  void OnClosed(const CloseInfo&) override {}
  explicit EchoEvents(EventLoop& loop) : idle(loop, [] {}) {}
  Timer idle;
  Connection* connection = nullptr;
};

class AllocationTest : public NetTest {
 protected:
  // Round trips of `size` bytes, the last ones counted.
  size_t AllocationsOf(size_t size) {
    auto [peer, fd] = TcpPair();
    EchoEvents events(loop_);
    Connection connection(loop_, fd.Release(), Address(), Address(), MakeRawTransport());
    events.connection = &connection;
    connection.SetEvents(&events);
    connection.StartReading();
    std::string message = Pattern(size);
    std::string back(size, '\0');
    size_t before = 0;
    for (int i = 0; i < 200; ++i) {
      if (i == 100) before = g_allocations;
      Send(peer, message);
      for (size_t got = 0; got < size;) {
        loop_.RunOnce(Duration::zero());
        ssize_t n = ::recv(peer.get(), back.data() + got, size - got, MSG_DONTWAIT);
        if (n > 0) got += static_cast<size_t>(n);
      }
      if (back != message) ADD_FAILURE() << "bytes differ";
    }
    return g_allocations - before;
  }
};

TEST_F(AllocationTest, SmallMessagesAllocateNothing) { EXPECT_EQ(AllocationsOf(100), 0u); }
TEST_F(AllocationTest, BulkAllocatesNothing) { EXPECT_EQ(AllocationsOf(150'000), 0u); }

TEST_F(AllocationTest, SlabsComeFromThePool) {
  AllocationsOf(50'000);
  size_t free_before = SlabPool::ForThread().free_slabs();
  AllocationsOf(50'000);
  EXPECT_EQ(SlabPool::ForThread().free_slabs(), free_before);
}

}  // namespace
}  // namespace sluice::net
#endif

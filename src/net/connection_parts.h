// The parts of a Connection that only few need, kept out of its body so that an idle one is small.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sluice/base/error.h"
#include "sluice/event/loop.h"
#include "sluice/net/connection.h"
#include "sluice/net/output_filter.h"
#include "sluice/net/pipe_pool.h"

namespace sluice::net {

// How much is moved in one step, so that the bytes are still in the cache when they are written.
inline constexpr size_t kReadChunk = size_t{64} * 1024;
// How much one connection may move before it hands over to the others.
inline constexpr size_t kTurnBudget = size_t{256} * 1024;
inline constexpr size_t kSpliceTurnBudget = size_t{1024} * 1024;

struct Connection::Ending {
  explicit Ending(Connection& connection)
      : timer(connection.loop(),
              [&connection] { connection.CloseWith(CloseKind::kOrderly, false, nullptr); }) {}

  Timer timer;
  Duration linger{};
  Duration stall{};
  std::optional<Error> failure;
};

// See connection_output.cc.
struct Connection::Gate {
  OutputFilter* filter = nullptr;
  size_t passed = 0;  // bytes of the output's front that may go out
  size_t held = 0;    // bytes behind those that the filter has seen and held back
  bool end_told = false;
  bool end_passed = false;
  bool filtering = false;  // we are inside the filter
  bool again = false;      // it wants to be asked without news
};

struct Connection::Splice : PipeHolder {
  Splice(Connection& target, uint64_t limit)
      : to(target), left(limit), known_length(limit != kUntilEnd) {}
  ~Splice() {
    if (in_pipe > 0) {
      PipePool::ForThread().Discard(*this);
    } else {
      PipePool::ForThread().Return(*this);
    }
  }

  Connection& to;
  uint64_t left;
  const bool known_length;  // more will come, however little came last
  uint64_t unreported = 0;
  size_t in_pipe = 0;
  bool blocked = false;      // waits for `to` to become writable
  size_t since_drained = 0;  // bytes pulled since the source last ran dry
};

}  // namespace sluice::net

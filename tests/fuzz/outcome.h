// What came of some bytes, to compare those that came at once with the same in pieces.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "sluice/base/check.h"

namespace sluice::http2::test {

struct Outcome {
  std::string transcript;
  std::string failure;
  bool peer_left = false;  // it has sent a GOAWAY
};

// What a message has brought before it is reset is told of, unless the reset came with it.
inline std::string_view Told(std::string_view log) {
  const size_t reset = log.rfind("reset{");
  return reset == std::string_view::npos ? log : log.substr(reset);
}

// Behind the GOAWAY of a peer, when no stream is left, nobody reads: what follows is seen only if
// it came in one piece with the GOAWAY. So those who send one are not compared.
inline void CheckSame(const Outcome& at_once, const Outcome& in_pieces) {
  if (in_pieces.peer_left) return;
  if (at_once.transcript == in_pieces.transcript && at_once.failure == in_pieces.failure) return;
  fmt::print(stderr, "at once:   {}{}\nin pieces: {}{}\n", at_once.transcript, at_once.failure,
             in_pieces.transcript, in_pieces.failure);
  SLUICE_CHECK(false);
}

}  // namespace sluice::http2::test

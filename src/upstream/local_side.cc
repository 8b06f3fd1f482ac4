#include "sluice/upstream/local_side.h"

#include <utility>

namespace sluice::upstream {

const LocalSide::Kind& LocalSide::For(net::Address::Family family) const {
  switch (family) {
    case net::Address::Family::kV4: return v4;
    case net::Address::Family::kV6: return v6;
    default: return pipe;
  }
}

LocalSide::Kind& LocalSide::For(net::Address::Family family) {
  return const_cast<Kind&>(std::as_const(*this).For(family));
}

void LocalSide::Connect(net::Connection& connection, const net::Address& to) const {
  const Kind& kind = For(to.family());
  connection.Connect(to, kind.source ? &*kind.source : nullptr, kind.tuning);
}

}  // namespace sluice::upstream

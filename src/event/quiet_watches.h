// Finds the watches on which nothing has happened for one to two seconds and tells their handlers.
// A watch costs a comparison for each event, and a place in a list once a second. Loop thread only.
#pragma once

#include "sluice/base/intrusive_list.h"
#include "sluice/event/io.h"
#include "sluice/event/loop.h"

namespace sluice {

class QuietWatches {
 public:
  explicit QuietWatches(EventLoop& loop);

  // Used for the first time in this tick.
  void Add(IoWatch& watch);

 private:
  void OnTick();
  bool TellSome();

  EventLoop& loop_;
  IntrusiveList<IoWatch, QuietTag> used_;  // those used last at the end
  bool telling_ = false;                   // this tick's are not all told yet
  Timer timer_;                            // not armed while all are quiet
};

}  // namespace sluice

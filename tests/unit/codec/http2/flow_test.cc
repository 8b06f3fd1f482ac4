// Windows and back-pressure: who stops when, and how much is held.
#include <gtest/gtest.h>

#include "harness.h"
#include "sluice/codec/http2/window_budget.h"

namespace sluice::http2::test {
namespace {

constexpr size_t kMiB = 1 << 20;

TEST(Http2FlowTest, AStreamThatIsNotReadStopsItselfOnly) {
  Pair pair;
  pair.server.on_stream = [](RecordingSink& sink) { sink.on_head = [](bool) {}; };
  RecordingSink& stuck = pair.client.Ask("POST", false);
  pair.Run();
  pair.server.sink().stream->PauseReading();
  Send(*stuck.stream, std::string(30 * kMiB, 'x'), false);
  pair.Run();
  EXPECT_EQ(stuck.stream->buffered_output(), 14 * kMiB);  // its window is 16 MiB
  RecordingSink& other = pair.client.Ask("POST", false);
  Send(*other.stream, std::string(4 * kMiB, 'y'), true);
  pair.Run();
  EXPECT_EQ(pair.server.sink(1).body.size(), 4 * kMiB);
  EXPECT_EQ(pair.server.sink(0).body.size(), 0U);
  pair.server.sink(0).on_data = [&](bool) {
    RecordingSink& sink = pair.server.sink(0);
    sink.stream->Consumed(sink.body.size());
    sink.body.clear();
  };
  pair.server.sink(1).stream->Consumed(4 * kMiB);
  pair.server.sink(0).stream->ResumeReading();
  pair.Run();
  EXPECT_EQ(stuck.stream->buffered_output(), 0U);
}

TEST(Http2FlowTest, WhatOnePeerCanMakeUsHoldIsBounded) {
  ServerOptions options;
  options.initial_connection_window_size = 2 * kMiB;
  Pair pair(options);
  pair.server.on_stream = [](RecordingSink& sink) {
    sink.on_head = [&sink](bool) { sink.stream->PauseReading(); };
  };
  size_t sent = 0;
  for (int i = 0; i < 20; ++i) {
    RecordingSink& sink = pair.client.Ask("POST", false);
    Send(*sink.stream, std::string(kMiB, 'x'), false);
    sent += kMiB;
  }
  pair.Run();
  size_t waiting = 0;
  for (auto& sink : pair.client.sinks) waiting += sink->stream->buffered_output();
  EXPECT_LE(sent - waiting, 2 * kMiB);
}

TEST(Http2FlowTest, WindowsStaySmallWhenTheBudgetIsSpent) {
  WindowBudget& budget = WindowBudget::ForThread();
  const uint64_t before = budget.taken();
  budget.SetLimit(before + kMiB);
  {
    std::vector<std::unique_ptr<Pair>> pairs;
    size_t held = 0;
    for (int i = 0; i < 10; ++i) {
      Pair& pair = *pairs.emplace_back(std::make_unique<Pair>());
      pair.server.on_stream = [](RecordingSink& sink) {
        sink.on_head = [&sink](bool) { sink.stream->PauseReading(); };
      };
      RecordingSink& sink = pair.client.Ask("POST", false);
      Send(*sink.stream, std::string(4 * kMiB, 'x'), false);
      pair.Run();
      held += 4 * kMiB - sink.stream->buffered_output();
    }
    EXPECT_LE(held, kMiB + 10 * 65536);
    EXPECT_GE(held, kMiB);
  }
  EXPECT_EQ(budget.taken(), before);
  budget.SetLimit(WindowBudget::kDefaultBytes);
}

TEST(Http2FlowTest, AnIdleConnectionGivesItsShareBack) {
  WindowBudget& budget = WindowBudget::ForThread();
  const uint64_t before = budget.taken();
  Pair pair;
  RecordingSink& asked = pair.client.Ask("POST", false);
  pair.server.on_stream = [](RecordingSink& sink) {
    sink.on_data = [&sink](bool end) {
      sink.stream->Consumed(std::exchange(sink.body, "").size());
      if (end) Answer(sink);
    };
  };
  Send(*asked.stream, std::string(20 * kMiB, 'x'), true);
  pair.Run();
  EXPECT_TRUE(asked.done);
  EXPECT_LE(budget.taken() - before, 2 * 24 * kMiB);
}

TEST(Http2FlowTest, SendersAreToldToWaitAndToGoOn) {
  Pair pair;
  RecordingSink& asked = pair.client.Ask();
  pair.Run();
  RecordingSink& served = pair.server.sink();
  served.stream->SendHead(Head({{":status", "200"}}), false);
  Send(*served.stream, std::string(10000, 'x'), false);
  EXPECT_EQ(served.highs, 0);
  Send(*served.stream, std::string(100000, 'x'), false);
  EXPECT_EQ(served.highs, 1);
  asked.on_data = [&](bool) { asked.stream->Consumed(std::exchange(asked.body, "").size()); };
  pair.Run();
  EXPECT_EQ(served.lows, 1);
}

TEST(Http2FlowTest, ASocketThatTakesNothingStopsBodiesButNotAnswersToPings) {
  Pair pair;
  pair.client.Ask();
  pair.Run();
  RecordingSink& served = pair.server.sink();
  pair.server.codec->OnOutputHigh();
  served.stream->SendHead(Head({{":status", "200"}}), false);
  Send(*served.stream, std::string(1000, 'x'), false);
  EXPECT_EQ(served.highs, 1);
  pair.client.codec->SendPing();
  pair.Run();
  EXPECT_EQ(pair.client.pongs, 1);
  EXPECT_EQ(served.stream->buffered_output(), 1000U);
  pair.server.codec->OnOutputLow();
  pair.Run();
  EXPECT_EQ(served.stream->buffered_output(), 0U);
  EXPECT_EQ(served.lows, 1);
}

}  // namespace
}  // namespace sluice::http2::test

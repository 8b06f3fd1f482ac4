#include "sluice/filter/http_chain.h"

#include "http_chain_fixture.h"

namespace sluice::filter {
namespace {

using Status = FilterStatus;

TEST(HttpChainStatesTest, TableLetsMessagesOnlyGoForward) {
  EXPECT_TRUE(MayFollow(FlowState::kIdle, FlowState::kInChain));
  EXPECT_TRUE(MayFollow(FlowState::kInChain, FlowState::kLeaving));
  EXPECT_TRUE(MayFollow(FlowState::kLeaving, FlowState::kDone));
  EXPECT_FALSE(MayFollow(FlowState::kIdle, FlowState::kLeaving));
  EXPECT_FALSE(MayFollow(FlowState::kDone, FlowState::kAborted));
  EXPECT_FALSE(MayFollow(FlowState::kAborted, FlowState::kLeaving));
}

TEST_F(HttpChainTest, RequestRunsInOrderAndResponseInReverse) {
  Make({"a", "b", "t"});
  chain_.RequestHead(false);
  Data("xy");
  Data("z", true);
  EXPECT_EQ(Take(),
            "a.head b.head t.head a.data(xy) b.data(xy) t.data(xy) "
            "a.data(z)! b.data(z)! t.data(z)! request-done");
  EXPECT_EQ(chain_.request(), FlowState::kDone);
  RespondHead("t");
  RespondData("t", "body");
  Host("t").SendResponseTrailers();
  EXPECT_EQ(Take(),
            "b:head a:head out:200 b:data(body) a:data(body) out(body) "
            "b:trailers a:trailers out:trailers");
  EXPECT_EQ(chain_.response(), FlowState::kDone);
}

TEST_F(HttpChainTest, HeadWithEndAndTrailersEndTheRequestOnce) {
  Make({"a", "t"});
  chain_.RequestHead(false);
  chain_.RequestTrailers();
  EXPECT_EQ(Take(), "a.head t.head a.trailers t.trailers request-done");
  Data("late");
  EXPECT_EQ(Take(), "");
}

TEST_F(HttpChainTest, StoppedHeadWaitsAndDataIsGivenToThatFilterAlone) {
  Make({"a", "t"});
  At("a").request_head = [](auto&, bool) { return Status::kStop; };
  At("a").request_data = [](auto&, ByteChain&, bool end) {
    return end ? Status::kContinue : Status::kStop;
  };
  chain_.RequestHead(false);
  Data("one");
  EXPECT_EQ(Take(), "a.head a.data(one)");
  Data("two", true);
  EXPECT_EQ(Take(), "a.data(two)! t.head t.data(onetwo)! request-done");
}

TEST_F(HttpChainTest, StopAllGivesNothingUntilContinueThenTheFilterFirst) {
  Make({"a", "t"});
  At("a").request_head = [](auto&, bool) { return Status::kStopAllBuffer; };
  chain_.RequestHead(false);
  Data("one");
  Data("two");
  chain_.RequestTrailers();
  EXPECT_EQ(Take(), "a.head");
  EXPECT_EQ(Host("a").held_request_body().ToString(), "onetwo");
  Host("a").ContinueRequest();
  EXPECT_EQ(Take(), "a.data(onetwo) t.head t.data(onetwo) a.trailers t.trailers request-done");
}

TEST_F(HttpChainTest, WhatWasHeldIsGivenAfterTakeAndTheHeadWaitsOn) {
  Make({"a", "t"}, 5);
  At("a").request_head = [](auto&, bool) { return Status::kStopAllWatermark; };
  At("a").request_data = [](auto&, ByteChain&, bool end) {
    return end ? Status::kContinue : Status::kStop;
  };
  chain_.RequestHead(false);
  Host("a").TakeRequest();  // there is nothing yet
  EXPECT_EQ(Take(), "a.head");
  Data("one");
  EXPECT_EQ(Take(), "a.data(one)");
  Host("a").TakeRequest();
  EXPECT_EQ(Take(), "");
  Data("2", true);
  EXPECT_EQ(Take(), "a.data(2)! t.head t.data(one2)! request-done");
}

TEST_F(HttpChainTest, TakeLetsTheSenderGoOnAndTheLimitHolds) {
  Make({"a", "t"}, 5);
  At("a").request_head = [](auto&, bool) { return Status::kStopAllWatermark; };
  At("a").request_data = [](auto&, ByteChain&, bool) { return Status::kStop; };
  chain_.RequestHead(false);
  Data("123456");
  EXPECT_EQ(Take(), "a.head high");
  Host("a").TakeRequest();
  EXPECT_EQ(Take(),
            "low a.data(123456) request-too-large t:head a:head out:413 "
            "t:data(Payload Too Large)! a:data(Payload Too Large)! out(Payload Too Large)!");
}

TEST_F(HttpChainTest, ContinueInsideTheCallbackCountsAndTwiceIsOnce) {
  Make({"a", "t"});
  At("a").request_head = [](HttpFilterHost& host, bool) {
    host.ContinueRequest();
    host.ContinueRequest();
    return Status::kStopAllWatermark;
  };
  chain_.RequestHead(true);
  Host("a").ContinueRequest();
  EXPECT_EQ(Take(), "a.head! t.head! request-done");
}

TEST_F(HttpChainTest, ContinueOfAnotherFilterIsQueuedNotNested) {
  Make({"a", "b", "t"});
  At("a").request_head = [](auto&, bool) { return Status::kStopAllBuffer; };
  chain_.RequestHead(false);
  // What comes while b's callback runs is given on only after it has returned.
  At("b").request_head = [this](auto&, bool) {
    log_.emplace_back("b-in");
    Data("more");  // re-entrant input
    log_.emplace_back("b-out");
    return Status::kContinue;
  };
  Host("a").ContinueRequest();
  EXPECT_EQ(Take(), "a.head b.head b-in b-out t.head a.data(more) b.data(more) t.data(more)");
}

TEST_F(HttpChainTest, BodyOverTheLimitAtAHoldingFilterIs413) {
  Make({"a", "t"}, 5);
  At("a").request_head = [](auto&, bool) { return Status::kStopAllBuffer; };
  chain_.RequestHead(false);
  Data("12345");
  EXPECT_EQ(Take(), "a.head");
  Data("6");
  EXPECT_EQ(Take(),
            "request-too-large t:head a:head out:413 "
            "t:data(Payload Too Large)! a:data(Payload Too Large)! out(Payload Too Large)!");
  EXPECT_EQ(chain_.request(), FlowState::kAborted);
  Data("7");
  Host("a").ContinueRequest();
  EXPECT_EQ(Take(), "");
}

TEST_F(HttpChainTest, ResponseOverTheLimitIs500AndPastTheFilters) {
  Make({"a", "b", "t"}, 5);
  At("a").response_head = [](auto&, bool) { return Status::kStop; };
  At("a").response_data = [](auto&, ByteChain&, bool) { return Status::kStop; };
  chain_.RequestHead(true);
  RespondHead("t");
  Take();
  RespondData("t", "123456");
  EXPECT_EQ(Take(),
            "b:data(123456) a:data(123456) response-too-large out:500 "
            "out(Internal Server Error)!");
  RespondData("t", "more", true);
  Host("a").ContinueResponse();
  EXPECT_EQ(Take(), "");
}

TEST_F(HttpChainTest, WatermarkHoldsTheSenderBackOnceAndLetsGoOnContinue) {
  Make({"a", "t"}, 5);
  At("a").request_head = [](auto&, bool) { return Status::kStopAllWatermark; };
  chain_.RequestHead(false);
  Data("1234567");
  Data("8");
  EXPECT_EQ(Take(), "a.head high");
  Host("a").ContinueRequest();
  EXPECT_EQ(Take(), "low a.data(12345678) t.head t.data(12345678)");
}

TEST_F(HttpChainTest, ResponseWatermarksNestWithTheClients) {
  Make({"a", "t"}, 5);
  At("a").response_head = [](auto&, bool) { return Status::kStopAllWatermark; };
  chain_.RequestHead(true);
  RespondHead("t");
  Take();
  chain_.ResponseHigh();
  EXPECT_EQ(Take(), "a:high t:high");
  RespondData("t", "1234567");
  EXPECT_EQ(Take(), "");
  chain_.ResponseLow();
  EXPECT_EQ(Take(), "a:low");  // the terminal filter still waits for a
  Host("a").ContinueResponse();
  EXPECT_EQ(Take(), "t:low a:data(1234567) out:200 out(1234567)");
}

TEST_F(HttpChainTest, RequestWatermarksAreToldToTheFiltersBeforeThem) {
  Make({"a", "b", "t"}, 5);
  At("b").request_head = [](auto&, bool) { return Status::kStopAllWatermark; };
  chain_.RequestHead(false);
  Take();
  Data("1234567");
  EXPECT_EQ(Take(), "a.data(1234567) high a.high");
  Host("b").ContinueRequest();
  EXPECT_EQ(Take(), "low a.low b.data(1234567) t.head t.data(1234567)");
  Host("t").RequestHigh();
  EXPECT_EQ(Take(), "high a.high b.high");
  Host("t").RequestLow();
  EXPECT_EQ(Take(), "low a.low b.low");
}

TEST_F(HttpChainTest, AddedDataMakesABodyAndAddedTrailersEndIt) {
  Make({"a", "b", "t"});
  At("a").request_head = [](HttpFilterHost& host, bool) {
    ByteChain body;
    body.Append("made");
    host.AddRequestData(body);
    return Status::kContinue;
  };
  At("b").request_data = [](HttpFilterHost& host, ByteChain& data, bool end) {
    if (end) host.AddRequestTrailers();
    data.Append("-up");
    return Status::kContinue;
  };
  chain_.RequestHead(true);
  EXPECT_EQ(Take(), "a.head! b.head t.head b.data(made)! t.data(made-up) t.trailers request-done");
}

TEST_F(HttpChainTest, InjectedDataGoesPastAStoppedFilter) {
  Make({"a", "t"});
  At("a").request_data = [](auto&, ByteChain& data, bool) {
    data.Clear();
    return Status::kStop;
  };
  chain_.RequestHead(false);
  Data("secret", true);
  ByteChain data;
  data.Append("one");
  Host("a").InjectRequestData(data, false);
  data.Append("two");
  Host("a").InjectRequestData(data, true);
  EXPECT_EQ(Take(), "a.head t.head a.data(secret)! t.data(one) t.data(two)! request-done");
}

TEST_F(HttpChainTest, InjectedResponseBringsTheHeldHeadAlong) {
  Make({"a", "b", "t"});
  At("b").response_head = [](auto&, bool) { return Status::kStop; };
  At("b").response_data = [](auto&, ByteChain& data, bool) {
    data.Clear();
    return Status::kStop;
  };
  chain_.RequestHead(true);
  RespondHead("t");
  RespondData("t", "gone", true);
  Take();
  ByteChain data;
  data.Append("new");
  Host("b").InjectResponseData(data, true);
  EXPECT_EQ(Take(), "a:head out:200 a:data(new)! out(new)!");
}

TEST_F(HttpChainTest, InformationalPassesInReverseAndMayBeDropped) {
  Make({"a", "b", "t"});
  chain_.RequestHead(true);
  Take();
  Host("t").SendInformational();
  EXPECT_EQ(Take(), "b:info a:info out:info");
  At("b").informational = [](auto&) { return Status::kStop; };
  Host("t").SendInformational();
  EXPECT_EQ(Take(), "b:info");
}

TEST_F(HttpChainTest, NothingIsSaidTwiceAfterTheResponseEnded) {
  Make({"t"});
  chain_.RequestHead(true);
  RespondHead("t", true);
  RespondHead("t", true);
  RespondData("t", "x");
  Host("t").SendResponseTrailers();
  EXPECT_EQ(Take(), "t.head! request-done out:200!");
}

}  // namespace
}  // namespace sluice::filter

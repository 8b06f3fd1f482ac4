// How streams end early: local replies, resets, recreation, destruction.
#include "http_chain_fixture.h"
#include "sluice/filter/http_chain.h"

namespace sluice::filter {
namespace {

using Status = FilterStatus;
constexpr LocalReply kDenied{.status = 403, .body = "no", .details = "denied"};

TEST_F(HttpChainTest, LocalReplyStopsTheRequestAndRunsAllResponseFilters) {
  Make({"a", "b", "t"});
  At("b").request_head = [](HttpFilterHost& host, bool) {
    host.SendLocalReply(kDenied);
    return Status::kContinue;  // counts for nothing
  };
  chain_.RequestHead(false);
  Data("x", true);
  EXPECT_EQ(Take(),
            "a.head b.head t:head b:head a:head out:403 t:data(no)! b:data(no)! a:data(no)! "
            "out(no)!");
}

TEST_F(HttpChainTest, LocalReplyOfAResponseFilterReplacesTheHeadPastTheFilters) {
  Make({"a", "b", "t"});
  At("b").response_head = [](HttpFilterHost& host, bool) {
    host.SendLocalReply(kDenied);
    return Status::kStop;
  };
  chain_.RequestHead(true);
  Take();
  RespondHead("t");
  RespondData("t", "ignored", true);
  EXPECT_EQ(Take(), "b:head out:403 out(no)!");
}

TEST_F(HttpChainTest, LocalReplyAfterTheHeadWentOutResetsTheStream) {
  Make({"a", "t"});
  chain_.RequestHead(true);
  RespondHead("t");
  Take();
  Host("a").SendLocalReply(kDenied);
  EXPECT_EQ(Take(), "reset(denied)");
  EXPECT_EQ(reset_reason_, http::ResetReason::kLocalReset);
  RespondData("t", "x", true);
  chain_.SendLocalReply(kDenied);
  EXPECT_EQ(Take(), "");
}

TEST_F(HttpChainTest, LocalReplyIsHeldByAFilterAndTheLateResponseIsDropped) {
  Make({"a", "t"});
  At("a").response_head = [](auto&, bool) { return Status::kStopAllBuffer; };
  chain_.RequestHead(true);
  Take();
  chain_.SendLocalReply(kDenied);
  RespondHead("t");
  RespondData("t", "late", true);
  EXPECT_EQ(Take(), "t:head a:head t:data(no)!");
  response_head_.Set(http::HeaderId::kStatus, "403");
  Host("a").ContinueResponse();
  EXPECT_EQ(Take(), "a:data(no)! out:403 out(no)!");
}

TEST_F(HttpChainTest, EditOfALocalReplySeesTheHead) {
  Make({"t"});
  chain_.RequestHead(true);
  LocalReply reply = kDenied;
  reply.edit = [](http::HeaderMap& head, void* context) {
    head.Add("x-why", *static_cast<std::string*>(context));
  };
  std::string why = "because";
  reply.edit_context = &why;
  chain_.SendLocalReply(reply);
  EXPECT_EQ(response_head_.Get("x-why"), "because");
}

TEST_F(HttpChainTest, ResetByTheTerminalFilterSilencesAll) {
  Make({"a", "t"});
  chain_.RequestHead(false);
  RespondHead("t");
  Take();
  Host("t").ResetStream(http::ResetReason::kConnectionTermination, "broke");
  Host("t").ResetStream(http::ResetReason::kConnectionTermination, "twice");
  Data("x");
  RespondData("t", "y");
  EXPECT_EQ(Take(), "reset(broke)");
}

TEST_F(HttpChainTest, AbortLetsAHeldBackSenderGo) {
  Make({"a", "t"}, 3);
  At("a").request_head = [](auto&, bool) { return Status::kStopAllWatermark; };
  chain_.RequestHead(false);
  Data("1234");
  EXPECT_EQ(Take(), "a.head high");
  chain_.Abort();
  EXPECT_EQ(Take(), "low");
}

TEST_F(HttpChainTest, CompleteAndDestroyComeOnceInOrder) {
  Make({"a", "t"});
  chain_.RequestHead(true);
  Take();
  At("a").destroy = [](HttpFilterHost& host) {  // changes nothing any more
    host.ContinueRequest();
    host.SendLocalReply(kDenied);
    host.ResetStream(http::ResetReason::kLocalReset, "x");
  };
  chain_.Complete();
  chain_.Destroy();
  chain_.Destroy();
  EXPECT_EQ(Take(), "a.complete t.complete a.destroy t.destroy");
  EXPECT_FALSE(chain_.built());
}

TEST_F(HttpChainTest, RecreateKeepsTheHeldBodyAndWhatComesMeanwhile) {
  Make({"a", "b", "t"});
  At("b").request_head = [](auto&, bool) { return Status::kStopAllBuffer; };
  chain_.RequestHead(false);
  Data("one");
  EXPECT_TRUE(Host("b").RecreateStream());
  Data("two", true);
  EXPECT_EQ(Take(), "a.head b.head a.data(one) recreate");
  SavedRequest saved;
  chain_.Destroy(&saved);
  EXPECT_EQ(saved.body.ToString(), "onetwo");
  EXPECT_EQ(saved.tail, MessageTail::kEnd);
  EXPECT_EQ(Take(), "a.destroy b.destroy t.destroy");
  At("b").request_head = nullptr;
  Build();
  chain_.RequestHead(false);
  chain_.RequestData(saved.body, true);
  EXPECT_EQ(Take(),
            "a.head b.head t.head a.data(onetwo)! b.data(onetwo)! t.data(onetwo)! request-done");
}

TEST_F(HttpChainTest, RecreateIsRefusedOnceBodyOrHeadIsGone) {
  Make({"a", "t"});
  chain_.RequestHead(false);
  Data("one");  // the terminal filter has it
  EXPECT_FALSE(Host("a").RecreateStream());
  ByteChain back;
  back.Append("one");
  Host("t").AddRequestData(back);
  // What the terminal filter gives back while it holds nothing is gone at once.
  EXPECT_FALSE(Host("t").RecreateStream());
  RespondHead("t");
  EXPECT_FALSE(Host("a").RecreateStream());
}

TEST_F(HttpChainTest, TerminalFilterThatHoldsItsBodyMayRecreate) {
  Make({"a", "t"});
  At("t").request_head = [](auto&, bool) { return Status::kStop; };
  At("t").request_data = [](auto&, ByteChain&, bool) { return Status::kStop; };
  chain_.RequestHead(false);
  Data("one", true);
  EXPECT_TRUE(Host("t").RecreateStream());
  SavedRequest saved;
  chain_.Destroy(&saved);
  EXPECT_EQ(saved.body.ToString(), "one");
}

TEST_F(HttpChainTest, EmptyChainAnswersByItself) {
  Make({});
  chain_.SendLocalReply(kDenied);
  EXPECT_EQ(Take(), "out:403 out(no)!");
}

}  // namespace
}  // namespace sluice::filter

#include "client_address.h"

#include "head_fixture.h"

namespace sluice::downstream {
namespace {

struct XffCase {
  bool use_remote;
  uint32_t hops;
  std::string_view xff;
  std::string_view client;
  std::string_view xff_after;
};

class XffTest : public HeadTest, public ::testing::WithParamInterface<XffCase> {};

TEST_P(XffTest, FindsTheClient) {
  const XffCase& c = GetParam();
  options_.address.use_remote_address = c.use_remote;
  options_.address.xff_num_trusted_hops = c.hops;
  options_.address.detection[0].trusted_hops = c.hops;
  Head("/");
  if (!c.xff.empty()) head_.Add("x-forwarded-for", c.xff);
  const ClientAddress client = FindClient(options_.address, &process_, peer_, local_, head_);
  EXPECT_EQ(client.address->Ip(), c.client);
  EXPECT_EQ(Get("x-forwarded-for"), c.xff_after);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, XffTest,
    ::testing::Values(
        // Without use_remote_address: the (N+1)th from the right; nothing is appended.
        XffCase{false, 0, "", "50.0.0.1", "<none>"},
        XffCase{false, 0, "1.1.1.1", "1.1.1.1", "1.1.1.1"},
        XffCase{false, 0, "1.1.1.1, 2.2.2.2", "2.2.2.2", "1.1.1.1, 2.2.2.2"},
        XffCase{false, 1, "1.1.1.1, 2.2.2.2", "1.1.1.1", "1.1.1.1, 2.2.2.2"},
        XffCase{false, 2, "1.1.1.1, 2.2.2.2", "50.0.0.1", "1.1.1.1, 2.2.2.2"},
        XffCase{false, 0, "1.1.1.1, bogus", "50.0.0.1", "1.1.1.1, bogus"},
        XffCase{false, 0, "2001:db8::1", "2001:db8::1", "2001:db8::1"},
        // With it: the Nth from the right of what came, and the peer is appended.
        XffCase{true, 0, "", "50.0.0.1", "50.0.0.1"},
        XffCase{true, 0, "1.1.1.1", "50.0.0.1", "1.1.1.1,50.0.0.1"},
        XffCase{true, 1, "1.1.1.1, 2.2.2.2", "2.2.2.2", "1.1.1.1, 2.2.2.2,50.0.0.1"},
        XffCase{true, 2, "1.1.1.1, 2.2.2.2", "1.1.1.1", "1.1.1.1, 2.2.2.2,50.0.0.1"},
        XffCase{true, 3, "1.1.1.1, 2.2.2.2", "50.0.0.1", "1.1.1.1, 2.2.2.2,50.0.0.1"}));

TEST_F(HeadTest, SeveralFieldsAreOneList) {
  options_.address.use_remote_address = true;
  Head("/", {{"x-forwarded-for", "1.1.1.1"}, {"x-forwarded-for", "2.2.2.2"}});
  FindClient(options_.address, &process_, peer_, local_, head_);
  EXPECT_EQ(Get("x-forwarded-for"), "1.1.1.1,2.2.2.2,50.0.0.1");
  EXPECT_EQ(head_.CountOf(http::HeaderId::kXForwardedFor), 1u);
}

TEST_F(HeadTest, LoopbackPeerIsOurselves) {
  options_.address.use_remote_address = true;
  SetPeer("127.0.0.1");
  Head("/");
  FindClient(options_.address, &process_, peer_, local_, head_);
  EXPECT_EQ(Get("x-forwarded-for"), "10.0.0.9");
}

TEST_F(HeadTest, SkipAppendAndForwardedPort) {
  options_.address.use_remote_address = true;
  options_.address.skip_xff_append = true;
  options_.address.append_x_forwarded_port = true;
  Head("/");
  FindClient(options_.address, &process_, peer_, local_, head_);
  EXPECT_EQ(Get("x-forwarded-for"), "<none>");
  EXPECT_EQ(Get("x-forwarded-port"), "8080");
}

TEST_F(HeadTest, InternalNeedsOneTrustedAddress) {
  options_.address.internal = Cidr("10.0.0.0", 8);
  Head("/", {{"x-forwarded-for", "10.1.1.1"}});
  EXPECT_TRUE(FindClient(options_.address, &process_, peer_, local_, head_).internal);
  Head("/", {{"x-forwarded-for", "9.9.9.9, 10.1.1.1"}});
  EXPECT_FALSE(FindClient(options_.address, &process_, peer_, local_, head_).internal);
  SetPeer("10.1.1.1");
  Head("/");  // without x-forwarded-for nobody vouches for the peer
  EXPECT_FALSE(FindClient(options_.address, &process_, peer_, local_, head_).internal);
}

TEST_F(HeadTest, CustomHeaderNamesTheClientOrTheRequestIsRefused) {
  IpDetection& how = options_.address.detection[0];
  how.kind = IpDetection::Kind::kCustomHeader;
  how.header = "x-real-ip";
  how.reject_status = 401;
  Head("/", {{"x-real-ip", "7.7.7.7"}});
  EXPECT_EQ(FindClient(options_.address, &process_, peer_, local_, head_).address->Ip(), "7.7.7.7");
  Head("/");
  EXPECT_EQ(FindClient(options_.address, &process_, peer_, local_, head_).reject_status, 401);
  how.reject_status.reset();
  EXPECT_EQ(FindClient(options_.address, &process_, peer_, local_, head_).address, &peer_);
}

TEST_F(HeadTest, TrustedProxiesByAddress) {
  IpDetection& how = options_.address.detection[0];
  how.by_cidr = true;
  how.trusted_cidrs = Cidr("50.0.0.0", 8);
  Head("/", {{"x-forwarded-for", "6.6.6.6, 50.1.1.1, 50.2.2.2"}});
  EXPECT_EQ(FindClient(options_.address, &process_, peer_, local_, head_).address->Ip(), "6.6.6.6");
  Head("/", {{"x-forwarded-for", "50.1.1.1, bogus, 50.2.2.2, 50.3.3.3"}});
  EXPECT_EQ(FindClient(options_.address, &process_, peer_, local_, head_).address->Ip(),
            "50.2.2.2");
  Head("/", {{"x-forwarded-for", "50.1.1.1, 50.2.2.2"}});
  EXPECT_EQ(FindClient(options_.address, &process_, peer_, local_, head_).address->Ip(),
            "50.1.1.1");
  SetPeer("8.8.8.8");  // not a proxy of ours: what it says counts for nothing
  EXPECT_EQ(FindClient(options_.address, &process_, peer_, local_, head_).address->Ip(), "8.8.8.8");
}

TEST_F(HeadTest, ALongListOfTrustedProxiesIsReadOnce) {
  IpDetection& how = options_.address.detection[0];
  how.by_cidr = true;
  how.trusted_cidrs = Cidr("50.0.0.0", 8);
  std::string list;
  for (int i = 0; i < 100'000; ++i) list += "50.0.0.1,";
  Head("/", {{"x-forwarded-for", "6.6.6.6," + list + "50.0.0.2"}});
  const size_t before = head_.arena().bytes_held();
  EXPECT_EQ(FindClient(options_.address, &process_, peer_, local_, head_).address->Ip(), "6.6.6.6");
  EXPECT_LT(head_.arena().bytes_held() - before, 4096U);
}

}  // namespace
}  // namespace sluice::downstream

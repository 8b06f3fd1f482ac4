// x-forwarded-client-cert: each mode, with and without a client certificate, and what it says.
#include "client_cert.h"

#include <map>
#include <string>

#include "head_fixture.h"

namespace sluice::downstream {
namespace {

using stream::TlsField;

struct FakeTls final : stream::TlsInfo {
  // stream::TlsInfo
  bool Append(TlsField field, std::string& out) const override {
    const auto found = fields.find(field);
    if (found == fields.end()) return false;
    out += found->second;
    return true;
  }
  std::optional<WallTime> PeerValidFrom() const override { return std::nullopt; }
  std::optional<WallTime> PeerValidUntil() const override { return std::nullopt; }
  bool peer_presented() const override { return presented; }
  bool peer_validated() const override { return presented; }
  void AddPin() const override {}
  void DropPin() const override {}

  std::map<TlsField, std::string> fields{{TlsField::kLocalUriSan, "spiffe://x/us"},
                                         {TlsField::kPeerFingerprint256, "ab12"},
                                         {TlsField::kPeerCert, "PEM"},
                                         {TlsField::kPeerCertChain, "PEMPEM"},
                                         {TlsField::kPeerSubject, "CN=\"a\\b\""},
                                         {TlsField::kPeerUriSan, "spiffe://x/a,spiffe://x/b"},
                                         {TlsField::kPeerDnsSan, "a.test,b.test"}};
  bool presented = true;
};

class ClientCertTest : public HeadTest {
 protected:
  // What the next hop gets from a client that has sent `theirs`.
  std::string Forward(ClientCertMode mode, const ClientCertFields& fields,
                      const stream::TlsInfo* tls, std::string_view theirs = "Hash=theirs") {
    Head("/", {{"x-forwarded-client-cert", theirs}});
    WriteClientCert(mode, fields, tls, head_);
    return Get("x-forwarded-client-cert");
  }

  FakeTls tls_;
};

TEST_F(ClientCertTest, EachModeWithAndWithoutACertificate) {
  FakeTls anonymous;
  anonymous.presented = false;
  const std::string own = "By=spiffe://x/us;Hash=ab12";
  struct Row {
    ClientCertMode mode;
    std::string_view plain;  // also: TLS without a client certificate
    std::string mutual;
  };
  const Row rows[] = {
      {ClientCertMode::kSanitize, "<none>", "<none>"},
      {ClientCertMode::kForwardOnly, "<none>", "Hash=theirs"},
      {ClientCertMode::kAppendForward, "<none>", "Hash=theirs," + own},
      {ClientCertMode::kSanitizeSet, "<none>", own},
      {ClientCertMode::kAlwaysForwardOnly, "Hash=theirs", "Hash=theirs"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(static_cast<int>(row.mode));
    EXPECT_EQ(Forward(row.mode, {}, nullptr), row.plain);
    EXPECT_EQ(Forward(row.mode, {}, &anonymous), row.plain);
    EXPECT_EQ(Forward(row.mode, {}, &tls_), row.mutual);
  }
}

TEST_F(ClientCertTest, AppendingToNothingIsSetting) {
  Head("/");
  WriteClientCert(ClientCertMode::kAppendForward, {}, &tls_, head_);
  EXPECT_EQ(Get("x-forwarded-client-cert"), "By=spiffe://x/us;Hash=ab12");
}

TEST_F(ClientCertTest, SaysWhatIsAskedForInEnvoysOrder) {
  const ClientCertFields all{
      .subject = true, .cert = true, .chain = true, .dns = true, .uri = true};
  EXPECT_EQ(
      Forward(ClientCertMode::kSanitizeSet, all, &tls_),
      "By=spiffe://x/us;Hash=ab12;Cert=\"PEM\";Chain=\"PEMPEM\";"
      "Subject=\"CN=\\\"a\\\\b\\\"\";URI=spiffe://x/a;URI=spiffe://x/b;DNS=a.test;DNS=b.test");
  EXPECT_EQ(Forward(ClientCertMode::kSanitizeSet, {.dns = true}, &tls_),
            "By=spiffe://x/us;Hash=ab12;DNS=a.test;DNS=b.test");
}

TEST_F(ClientCertTest, EmptySubjectAndUriKeepTheirKeys) {
  tls_.fields = {{TlsField::kPeerFingerprint256, "ab12"}};
  const ClientCertFields fields{.subject = true, .dns = true, .uri = true};
  EXPECT_EQ(Forward(ClientCertMode::kSanitizeSet, fields, &tls_), "Hash=ab12;Subject=\"\";URI=");
}

}  // namespace
}  // namespace sluice::downstream

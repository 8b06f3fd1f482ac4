// Which certificate a client is shown, and what becomes of those that none is for.
#include <string>

#include "tls_fixture.h"

namespace sluice::tls {
namespace {

using stream::TlsField;
using test::TestCertificate;
using testing::HasSubstr;

class ChooseCertificateTest : public TlsTest {
 protected:
  FactoryPtr Several(const std::string& more = {}) {
    return Server("common_tls_context: {tls_certificates: [" + CertificateYaml(first_) + ", " +
                  CertificateYaml(rsa_) + ", " + CertificateYaml(wild_) + ", " +
                  CertificateYaml(exact_) + "]}\n" + more);
  }
  // The subject that a client sees that asks for `sni`; empty when it is refused.
  std::string Shown(const FactoryPtr& server, const std::string& sni,
                    const std::string& params = {}) {
    Connect(server,
            Client("sni: '" + sni + "'\n" +
                   (params.empty() ? "" : "common_tls_context: {tls_params: {" + params + "}}")));
    Until([this] { return client_->closed || client_->connected; });
    return client_->connected ? client_->Tls(TlsField::kPeerSubject) : "";
  }

  const std::string only_rsa_ =
      "tls_maximum_protocol_version: TLSv1_2, cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256]";
  const TestCertificate first_{{.common_name = "first", .alt_names = "DNS:first.test"}};
  const TestCertificate rsa_{{.common_name = "rsa",
                              .alt_names = "DNS:first.test,DNS:rsa.test",
                              .key = test::KeyKind::kRsa}};
  const TestCertificate wild_{{.common_name = "wild", .alt_names = "DNS:*.w.test"}};
  const TestCertificate exact_{{.common_name = "exact.w.test"}};
};

TEST_F(ChooseCertificateTest, ByNameThenByWildcardThenTheFirst) {
  const auto server = Several();
  EXPECT_EQ(Shown(server, "rsa.test"), "CN=rsa");
  EXPECT_EQ(Shown(server, "RSA.Test"), "CN=rsa");
  EXPECT_EQ(Shown(server, "x.w.test"), "CN=wild");
  EXPECT_EQ(Shown(server, "exact.w.test"), "CN=exact.w.test");  // by its common name
  EXPECT_EQ(Shown(server, "a.b.w.test"), "CN=first");
  EXPECT_EQ(Shown(server, ""), "CN=first");
}

TEST_F(ChooseCertificateTest, ByWhatTheClientCanDo) {
  const auto server = Several();
  EXPECT_EQ(Shown(server, "first.test"), "CN=first");
  EXPECT_EQ(Shown(server, "first.test", only_rsa_), "CN=rsa");
  EXPECT_EQ(Shown(server, "other.test", only_rsa_), "");
  EXPECT_EQ(Shown(Several("full_scan_certs_on_sni_mismatch: true"), "other.test", only_rsa_),
            "CN=rsa");
}

TEST_F(ChooseCertificateTest, ServerNameMayBeRequired) {
  const auto server = Several("require_sni: true");
  EXPECT_EQ(Shown(server, "first.test"), "CN=first");
  EXPECT_EQ(Shown(server, "other.test"), "");
  EXPECT_EQ(Shown(server, ""), "");
  Until([this] { return server_->closed; });
  EXPECT_THAT(server_->error.detail, HasSubstr("no certificate for the server name"));
  EXPECT_EQ(Counter("listener.front.ssl.connection_error"), 2);
}

TEST_F(ChooseCertificateTest, ConfiguredTicketKeysOpenTicketsOfOthers) {
  const std::string key(80, 'a');
  const std::string other(80, 'b');
  const auto keys = [&](const std::string& list) {
    return Server(ServerYaml(first_, {}, "session_ticket_keys: {keys: [" + list + "]}"));
  };
  const std::string a = "{inline_string: " + key + "}";
  const std::string b = "{inline_string: " + other + "}";
  const auto one = keys(a);
  const auto two = keys(b + ", " + a);
  const auto three = keys(b);
  const auto client = Client(
      "common_tls_context: {tls_params: {tls_maximum_protocol_version: "
      "TLSv1_2}}");
  const auto go = [&](const FactoryPtr& server) {
    Connect(server, client);
    server_->Send("x");
    Until([this] { return client_->received == "x"; });
    client_->connection->Close();
    return Counter("cluster.app.ssl.session_reused");
  };
  EXPECT_EQ(go(one), 0);
  EXPECT_EQ(go(two), 1);    // opened by the older key, sealed again with the newer one
  EXPECT_EQ(go(three), 2);  // which is the only one here
  EXPECT_EQ(go(one), 2);
}

}  // namespace
}  // namespace sluice::tls

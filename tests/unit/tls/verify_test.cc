// Who is let in: chains, names, pins, client certificates, and what is said of those who are not.
#include <string>

#include "certificate_text.h"
#include "tls_fixture.h"

namespace sluice::tls {
namespace {

using stream::TlsField;
using test::TestCertificate;
using testing::HasSubstr;

class VerifyTest : public TlsTest {
 protected:
  std::string Alone(const std::string& common) { return "common_tls_context: {" + common + "}"; }
  std::string ClientWithCertificate(const TestCertificate& certificate) {
    return "common_tls_context: {tls_certificates: [" + CertificateYaml(certificate) + "]}";
  }

  const TestCertificate ca_{{.common_name = "ca", .ca = true}};
  const TestCertificate other_ca_{{.common_name = "other", .ca = true}};
  const TestCertificate leaf_{{.common_name = "a.test", .alt_names = "DNS:*.a.test,IP:127.0.0.1"},
                              &ca_};
  const TestCertificate person_{
      {.common_name = "person",
       .alt_names = "URI:spiffe://x/person,DNS:person.test,email:p@x.test"},
      &ca_};
};

TEST_F(VerifyTest, ServerOfATrustedCaIsAccepted) {
  Connect(Server(ServerYaml(leaf_)), Client(Alone(CaYaml(ca_))));
  ASSERT_TRUE(client_->connected) << client_->error.detail;
  EXPECT_TRUE(client_->connection->transport().tls_info()->peer_validated());
}

TEST_F(VerifyTest, ServerOfAnotherCaIsRefusedInWords) {
  Connect(Server(ServerYaml(leaf_)), Client(Alone(CaYaml(other_ca_))));
  Until([this] { return client_->closed; });
  EXPECT_THAT(client_->error.detail, HasSubstr("certificate verify failed"));
  EXPECT_THAT(client_->error.detail, HasSubstr("unable to get local issuer certificate"));
  EXPECT_EQ(Counter("cluster.app.ssl.fail_verify_error"), 1);
  EXPECT_EQ(Counter("cluster.app.ssl.connection_error"), 0);
}

TEST_F(VerifyTest, UntrustedServerMayBeAcceptedUnvalidated) {
  Connect(Server(ServerYaml(leaf_)),
          Client(Alone(CaYaml(other_ca_, "trust_chain_verification: ACCEPT_UNTRUSTED"))));
  ASSERT_TRUE(client_->connected) << client_->error.detail;
  EXPECT_FALSE(client_->connection->transport().tls_info()->peer_validated());
  EXPECT_TRUE(client_->connection->transport().tls_info()->peer_presented());
}

TEST_F(VerifyTest, NamesOfTheCertificateMustFit) {
  struct Row {
    std::string matcher;
    bool fits;
  };
  const Row rows[] = {{"{san_type: DNS, matcher: {exact: x.a.test}}", true},
                      {"{san_type: DNS, matcher: {exact: x.y.a.test}}", false},
                      {"{san_type: DNS, matcher: {exact: a.test}}", false},
                      {"{san_type: DNS, matcher: {suffix: .a.test}}", true},
                      {"{san_type: IP_ADDRESS, matcher: {exact: 127.0.0.1}}", true},
                      {"{san_type: URI, matcher: {exact: \"*.a.test\"}}", false}};
  for (const Row& row : rows) {
    Connect(Server(ServerYaml(leaf_)),
            Client(Alone(CaYaml(ca_, "match_typed_subject_alt_names: [" + row.matcher + "]"))));
    Until([this] { return client_->closed || client_->connected; });
    EXPECT_EQ(client_->connected, row.fits) << row.matcher << client_->error.detail;
  }
  EXPECT_EQ(Counter("cluster.app.ssl.fail_verify_san"), 3);
}

TEST_F(VerifyTest, NameOfTheRequestStandsForTheConfiguredOnes) {
  const std::string yaml = Alone(
      CaYaml(ca_, "match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: z.test}}]"));
  Connect(Server(ServerYaml(leaf_)), Client(yaml), {.verify_name = "x.a.test"});
  EXPECT_TRUE(client_->connected) << client_->error.detail;
  Connect(Server(ServerYaml(leaf_)), Client(yaml), {.verify_name = "other.test"});
  Until([this] { return client_->closed; });
  EXPECT_THAT(client_->error.detail, HasSubstr("not for other.test"));
}

TEST_F(VerifyTest, NameOfTheRequestMayBeAnAddress) {
  const TestCertificate host({.common_name = "h", .alt_names = "IP:2001:db8::1,DNS:10.0.0.1"},
                             &ca_);
  for (const auto& [name, fits] :
       {std::pair{"2001:DB8:0::1", true}, {"2001:db8::2", false}, {"127.0.0.1", false}}) {
    Connect(Server(ServerYaml(host)), Client(Alone(CaYaml(ca_))), {.verify_name = name});
    Until([this] { return client_->closed || client_->connected; });
    EXPECT_EQ(client_->connected, fits) << name << client_->error.detail;
  }
  EXPECT_EQ(Counter("cluster.app.ssl.fail_verify_san"), 2);
}

TEST_F(VerifyTest, SniCanBeWhatTheCertificateMustBeFor) {
  const std::string tail = "\nauto_sni_san_validation: true";
  Connect(Server(ServerYaml(leaf_)), Client(Alone(CaYaml(ca_)) + "\nsni: x.a.test" + tail));
  EXPECT_TRUE(client_->connected) << client_->error.detail;
  Connect(Server(ServerYaml(leaf_)),
          Client(Alone(CaYaml(ca_)) + "\nsni: x.a.test\nauto_host_sni: true" + tail),
          {.host_name = "host.test"});
  Until([this] { return client_->closed; });
  EXPECT_THAT(client_->error.detail, HasSubstr("not for host.test"));
  EXPECT_EQ(Client("sni: x\nauto_sni_san_validation: true"), nullptr);
}

TEST_F(VerifyTest, PinsOfKeyAndCertificate) {
  const std::string hash = FingerprintText(leaf_.x509(), EVP_sha256());
  const std::string digest = PublicKeyDigest(leaf_.x509());
  unsigned char spki[64];
  EVP_EncodeBlock(spki, reinterpret_cast<const unsigned char*>(digest.data()), 32);
  const std::string good_key = reinterpret_cast<char*>(spki);
  const std::string bad_key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  const std::string bad_hash(64, '0');
  const std::pair<std::string, bool> rows[] = {
      {"verify_certificate_hash: [" + hash + "]", true},
      {"verify_certificate_hash: ['" + bad_hash + "']", false},
      {"verify_certificate_spki: ['" + good_key + "']", true},
      {"verify_certificate_spki: ['" + bad_key + "']", false},
      {"verify_certificate_spki: ['" + bad_key + "'], verify_certificate_hash: [" + hash + "]",
       true}};
  for (const auto& [pins, fits] : rows) {
    Connect(Server(ServerYaml(leaf_)), Client(Alone("validation_context: {" + pins + "}")));
    Until([this] { return client_->closed || client_->connected; });
    EXPECT_EQ(client_->connected, fits) << pins << client_->error.detail;
  }
  EXPECT_EQ(Counter("cluster.app.ssl.fail_verify_cert_hash"), 2);
}

TEST_F(VerifyTest, ClientsMayHaveToShowACertificate) {
  const auto server = Server(ServerYaml(leaf_, CaYaml(ca_), "require_client_certificate: true"));
  Connect(server, Client("{}"));
  Until([this] { return server_->closed; });
  EXPECT_THAT(server_->error.detail, HasSubstr("peer did not return a certificate"));
  EXPECT_EQ(Counter("listener.front.ssl.fail_verify_no_cert"), 1);
  Connect(server, Client(ClientWithCertificate(person_)));
  ASSERT_TRUE(server_->connected) << server_->error.detail;
  EXPECT_TRUE(server_->connection->transport().tls_info()->peer_validated());
  EXPECT_EQ(server_->Tls(TlsField::kPeerUriSan), "spiffe://x/person");
  EXPECT_EQ(server_->Tls(TlsField::kPeerDnsSan), "person.test");
  EXPECT_EQ(server_->Tls(TlsField::kPeerEmailSan), "p@x.test");
  EXPECT_EQ(server_->Tls(TlsField::kPeerIssuer), "CN=ca");
  EXPECT_EQ(server_->Tls(TlsField::kPeerFingerprint256).size(), 64);
  EXPECT_THAT(server_->Tls(TlsField::kPeerCert), HasSubstr("-----BEGIN%20CERTIFICATE-----%0A"));
}

TEST_F(VerifyTest, SeparatorsWithinANameAreEncoded) {
  const TestCertificate sly({.common_name = "sly", .raw_uri = "spiffe://x/a,spiffe://x/admin;By=x"},
                            &ca_);
  Connect(Server(ServerYaml(leaf_, CaYaml(ca_))), Client(ClientWithCertificate(sly)));
  EXPECT_EQ(server_->Tls(TlsField::kPeerUriSan), "spiffe://x/a%2Cspiffe://x/admin%3BBy=x");
}

TEST_F(VerifyTest, ResumedSessionKeepsWhatWasFoundOut) {
  const auto server = Server(ServerYaml(leaf_, CaYaml(ca_), "require_client_certificate: true"));
  const auto client = Client(ClientWithCertificate(person_));
  for (int i = 0; i < 2; ++i) {
    Connect(server, client);
    server_->Send("x");
    Until([this] { return client_->received == "x"; });
    EXPECT_EQ(server_->Tls(TlsField::kPeerSubject), "CN=person");
    EXPECT_TRUE(server_->connection->transport().tls_info()->peer_validated());
    client_->connection->Close();
  }
  EXPECT_EQ(Counter("listener.front.ssl.session_reused"), 1);
}

TEST_F(VerifyTest, OptionalClientCertificateIsCheckedWhenShown) {
  const TestCertificate stranger({.common_name = "stranger"}, &other_ca_);
  const auto server = Server(ServerYaml(leaf_, CaYaml(ca_)));
  Connect(server, Client("{}"));
  EXPECT_TRUE(server_->connected);
  Connect(server, Client(ClientWithCertificate(stranger)));
  Until([this] { return server_->closed; });
  EXPECT_EQ(Counter("listener.front.ssl.fail_verify_error"), 1);
}

TEST_F(VerifyTest, ExpiredPeersAreRefusedUnlessAllowed) {
  const TestCertificate old({.common_name = "old", .from_s = -7200, .until_s = -3600}, &ca_);
  const auto server = Server(ServerYaml(old));
  EXPECT_THAT(problems_, HasSubstr("has expired"));  // a warning
  Connect(server, Client(Alone(CaYaml(ca_))));
  Until([this] { return client_->closed; });
  EXPECT_THAT(client_->error.detail, HasSubstr("certificate has expired"));
  Connect(server, Client(Alone(CaYaml(ca_, "allow_expired_certificate: true"))));
  EXPECT_TRUE(client_->connected) << client_->error.detail;
}

TEST_F(VerifyTest, RevokedPeersAreRefused) {
  const TestCertificate good({.common_name = "good"}, &ca_);
  const std::string crl = ", crl: {inline_string: " + test::Quoted(ca_.CrlPem({&leaf_})) + "}}";
  std::string yaml = CaYaml(ca_);
  yaml.replace(yaml.size() - 1, 1, crl);
  Connect(Server(ServerYaml(leaf_)), Client(Alone(yaml)));
  Until([this] { return client_->closed; });
  EXPECT_THAT(client_->error.detail, HasSubstr("certificate revoked"));
  Connect(Server(ServerYaml(good)), Client(Alone(yaml)));
  EXPECT_TRUE(client_->connected) << client_->error.detail;
  // The same out of the file with the CA.
  const std::string both = test::Quoted(ca_.Pem() + ca_.CrlPem({&leaf_}));
  Connect(Server(ServerYaml(leaf_)),
          Client(Alone("validation_context: {trusted_ca: {inline_string: " + both + "}}")));
  Until([this] { return client_->closed; });
  EXPECT_THAT(client_->error.detail, HasSubstr("certificate revoked"));
}

TEST_F(VerifyTest, DepthCountsTheTrustAnchor) {
  const TestCertificate middle({.common_name = "middle", .ca = true}, &ca_);
  const TestCertificate deep({.common_name = "deep"}, &middle);
  const std::string chain =
      "common_tls_context: {tls_certificates: [{certificate_chain: {inline_string: " +
      test::Quoted(deep.Pem() + middle.Pem()) +
      "}, private_key: {inline_string: " + test::Quoted(deep.KeyPem()) + "}}]}";
  Connect(Server(chain), Client(Alone(CaYaml(ca_, "max_verify_depth: 1"))));
  Until([this] { return client_->closed; });
  EXPECT_THAT(client_->error.detail, HasSubstr("certificate chain too long"));
  Connect(Server(chain), Client(Alone(CaYaml(ca_, "max_verify_depth: 2"))));
  EXPECT_TRUE(client_->connected) << client_->error.detail;
  // An intermediate certificate may be the anchor itself.
  Connect(Server(chain), Client(Alone(CaYaml(middle, "max_verify_depth: 1"))));
  EXPECT_TRUE(client_->connected) << client_->error.detail;
}

TEST_F(VerifyTest, KeyUsageThatDoesNotFitIsCountedAndRefusedWhenAsked) {
  const TestCertificate wrong(
      {.common_name = "wrong", .key_usage = "critical,keyEncipherment", .key = test::KeyKind::kRsa},
      &ca_);
  Connect(Server(ServerYaml(wrong)), Client("{}"));
  EXPECT_TRUE(client_->connected) << client_->error.detail;
  Connect(Server(ServerYaml(wrong)), Client("enforce_rsa_key_usage: true"));
  Until([this] { return client_->closed; });
  EXPECT_THAT(client_->error.detail, HasSubstr("keyUsage"));
  EXPECT_EQ(Counter("cluster.app.ssl.was_key_usage_invalid"), 2);
}

}  // namespace
}  // namespace sluice::tls

// What a context that cannot be made is refused with.
#include <filesystem>
#include <fstream>
#include <string>

#include <openssl/pkcs12.h>
#include <unistd.h>

#include "tls_fixture.h"

namespace sluice::tls {
namespace {

using test::Quoted;
using test::TestCertificate;
using testing::HasSubstr;

class TlsConfigTest : public TlsTest {
 protected:
  TlsConfigTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("sluice_tls_" + std::to_string(::getpid()) + "_" +
                 testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(folder_);
  }
  ~TlsConfigTest() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, const std::string& content) {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << content;
    return path.string();
  }
  // A server of the certificate and key that the two sources give.
  FactoryPtr Pair(const std::string& chain, const std::string& key, const std::string& more = {}) {
    return Server("common_tls_context: {tls_certificates: [{certificate_chain: {" + chain +
                  "}, private_key: {" + key + "}" + more + "}]}");
  }
  static std::string Inline(const std::string& text) { return "inline_string: " + Quoted(text); }
  std::string Trust(const std::string& source, const std::string& more = {}) {
    return "common_tls_context: {validation_context: {trusted_ca: {" + source + "}" + more + "}}";
  }

  std::filesystem::path folder_;
  const TestCertificate leaf_{{.common_name = "a.test"}};
  const TestCertificate other_{{.common_name = "b.test"}};
};

TEST_F(TlsConfigTest, SourcesOfEveryKind) {
  EXPECT_NE(Pair(Inline(leaf_.Pem()), Inline(leaf_.KeyPem())), nullptr) << problems_;
  EXPECT_NE(Pair("filename: " + File("chain.pem", leaf_.Pem()),
                 "filename: " + File("key.pem", leaf_.KeyPem())),
            nullptr)
      << problems_;
  ::setenv("SLUICE_TEST_KEY", leaf_.KeyPem().c_str(), 1);
  EXPECT_NE(Pair(Inline(leaf_.Pem()), "environment_variable: SLUICE_TEST_KEY"), nullptr)
      << problems_;
}

TEST_F(TlsConfigTest, PasswordOfAKey) {
  const std::string key = Inline(leaf_.KeyPem("secret"));
  EXPECT_NE(Pair(Inline(leaf_.Pem()), key, ", password: {inline_string: secret}"), nullptr)
      << problems_;
  EXPECT_NE(Pair(Inline(leaf_.Pem()), key,
                 ", password: {filename: " + File("password", "secret\n") + "}"),
            nullptr)
      << problems_;
  EXPECT_EQ(Pair(Inline(leaf_.Pem()), key, ", password: {inline_string: wrong}"), nullptr);
  EXPECT_THAT(problems_, HasSubstr("wrong password"));
  EXPECT_EQ(Pair(Inline(leaf_.Pem()), key), nullptr);
  EXPECT_THAT(problems_, HasSubstr("it is encrypted and there is no password"));
}

TEST_F(TlsConfigTest, KeyOfAnotherCertificate) {
  const std::string path = File("chain.pem", leaf_.Pem());
  EXPECT_EQ(Pair("filename: " + path, Inline(other_.KeyPem())), nullptr);
  EXPECT_THAT(problems_, HasSubstr("the private key does not match the certificate '" + path));
}

TEST_F(TlsConfigTest, FilesThatAreNotWhatTheyShouldBe) {
  EXPECT_EQ(Pair("filename: " + (folder_ / "nothing.pem").string(), Inline(leaf_.KeyPem())),
            nullptr);
  EXPECT_THAT(problems_, HasSubstr("nothing.pem: No such file"));
  EXPECT_EQ(Pair(Inline(leaf_.KeyPem()), Inline(leaf_.KeyPem())), nullptr);
  EXPECT_THAT(problems_, HasSubstr("no certificate in '<inline>', it holds a private key"));
  EXPECT_EQ(Pair("filename: " + File("empty.pem", ""), Inline(leaf_.KeyPem())), nullptr);
  EXPECT_THAT(problems_, HasSubstr("no certificate in"));
  EXPECT_EQ(Pair(Inline(leaf_.Pem()), Inline(leaf_.Pem())), nullptr);
  EXPECT_THAT(problems_, HasSubstr("cannot read the private key in '<inline>': it holds a cert"));
  std::string broken = leaf_.Pem();
  broken.replace(broken.size() / 2, 8, "!!!!!!!!");
  EXPECT_EQ(Pair(Inline(leaf_.Pem() + broken), Inline(leaf_.KeyPem())), nullptr);
  EXPECT_THAT(problems_, HasSubstr("a certificate in '<inline>' is broken"));
}

TEST_F(TlsConfigTest, Pkcs12) {
  PKCS12* made = PKCS12_create("secret", "x", leaf_.key(), leaf_.x509(), nullptr, 0, 0, 0, 0, 0);
  BIO* bio = BIO_new(BIO_s_mem());
  i2d_PKCS12_bio(bio, made);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  const std::string path = File("x.p12", std::string(data, static_cast<size_t>(size)));
  BIO_free(bio);
  PKCS12_free(made);
  const auto with = [&](const std::string& more) {
    return Server("common_tls_context: {tls_certificates: [{pkcs12: {filename: " + path + "}" +
                  more + "}]}");
  };
  EXPECT_NE(with(", password: {inline_string: secret}"), nullptr) << problems_;
  EXPECT_EQ(with(", password: {inline_string: wrong}"), nullptr);
  EXPECT_THAT(problems_, HasSubstr("x.p12': wrong password"));
  EXPECT_EQ(with(""), nullptr);
  EXPECT_THAT(problems_, HasSubstr("it needs a password"));
}

TEST_F(TlsConfigTest, TrustedCa) {
  const TestCertificate expired({.ca = true, .from_s = -7200, .until_s = -60});
  EXPECT_EQ(Client(Trust(Inline(expired.Pem()))), nullptr);
  EXPECT_THAT(problems_, HasSubstr("the CA certificate in '<inline>' has expired: "));
  EXPECT_NE(Client(Trust(Inline(expired.Pem()), ", allow_expired_certificate: true")), nullptr);
  EXPECT_NE(Client(Trust(Inline(leaf_.Pem() + expired.Pem()))), nullptr);
  EXPECT_THAT(problems_, HasSubstr("1 of 2 CA certificates in '<inline>' have expired"));
  EXPECT_EQ(Client(Trust(Inline(leaf_.KeyPem()))), nullptr);
  EXPECT_THAT(problems_, HasSubstr("no certificate in '<inline>'"));
  EXPECT_EQ(Client(Trust("filename: /nowhere/ca.pem")), nullptr);
  EXPECT_THAT(problems_, HasSubstr("/nowhere/ca.pem: No such file"));
}

TEST_F(TlsConfigTest, NamesWithoutACaAreNoProtection) {
  EXPECT_EQ(Client("common_tls_context: {validation_context: {match_typed_subject_alt_names: "
                   "[{san_type: DNS, matcher: {exact: a.test}}]}}"),
            nullptr);
  EXPECT_THAT(problems_, HasSubstr("without trusted CA is insecure and not allowed"));
}

TEST_F(TlsConfigTest, ServerNeedsACertificate) {
  EXPECT_EQ(Server("{}"), nullptr);
  EXPECT_THAT(problems_, HasSubstr("No TLS certificates found for server context"));
}

TEST_F(TlsConfigTest, Parameters) {
  const auto params = [this](const std::string& yaml) {
    return Client("common_tls_context: {tls_params: {" + yaml + "}}");
  };
  EXPECT_NE(params("cipher_suites: ['[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-RSA-CHACHA20-POLY1305]'], "
                   "ecdh_curves: [P-384], signature_algorithms: [rsa_pss_rsae_sha256]"),
            nullptr)
      << problems_;
  EXPECT_EQ(params("cipher_suites: [NO-SUCH-CIPHER]"), nullptr);
  EXPECT_THAT(problems_, HasSubstr("unknown cipher 'NO-SUCH-CIPHER'"));
  EXPECT_EQ(params("cipher_suites: [TLS_AES_128_GCM_SHA256]"), nullptr);
  EXPECT_EQ(params("ecdh_curves: [P-1]"), nullptr);
  EXPECT_THAT(problems_, HasSubstr("unknown curve 'P-1'"));
  EXPECT_EQ(params("signature_algorithms: [md5]"), nullptr);
  EXPECT_EQ(params("tls_minimum_protocol_version: TLSv1_3, "
                   "tls_maximum_protocol_version: TLSv1_2"),
            nullptr);
  EXPECT_NE(params("compliance_policies: [FIPS_202205]"), nullptr) << problems_;
}

TEST_F(TlsConfigTest, TicketKeysHaveEightyBytes) {
  const auto with = [this](size_t size) {
    return Server(ServerYaml(leaf_, {},
                             "session_ticket_keys: {keys: [{filename: " +
                                 File("ticket", std::string(size, 'k')) + "}]}"));
  };
  EXPECT_NE(with(80), nullptr) << problems_;
  EXPECT_EQ(with(48), nullptr);
  EXPECT_THAT(problems_, HasSubstr("a session ticket key has 80 bytes"));
}

}  // namespace
}  // namespace sluice::tls

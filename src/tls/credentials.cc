#include "credentials.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "certificate_text.h"
#include "ocsp.h"

namespace sluice::tls {
namespace {

constexpr size_t kMaxFileBytes = size_t{4} << 20;

using config::DataSource;
using config::Problems;

std::string Quoted(const DataSource& source) { return "'" + OriginOf(source) + "'"; }

std::optional<std::string> Read(const DataSource& source, Problems& problems) {
  auto text = config::Load(source, kMaxFileBytes);
  if (text) return *std::move(text);
  problems.Add(source.where, text.error().detail);
  return std::nullopt;
}

// Answers with the password, or with what makes the library give up where there is none (it would
// ask the terminal).
int GivePassword(char* buffer, int size, int /*rwflag*/, void* data) noexcept {
  const auto* password = static_cast<const std::string*>(data);
  if (password == nullptr || password->size() > static_cast<size_t>(size)) return -1;
  std::memcpy(buffer, password->data(), password->size());
  return static_cast<int>(password->size());
}

bool WrongPassword(const OsslFault& fault) {
  return fault.words.find("bad decrypt") != std::string::npos ||
         fault.words.find("mac verify failure") != std::string::npos ||
         fault.words.find("cipherfinal error") != std::string::npos ||
         fault.words.find("invalid password") != std::string::npos;
}

bool LoadChain(const DataSource& source, Credentials& out, Problems& problems) {
  const auto pem = Read(source, problems);
  if (!pem) return false;
  ForgetFaults();
  X509StackPtr all = ReadCertificates(*pem);
  if (sk_X509_num(all.get()) == 0) {
    const OsslFault fault = TakeFault();
    const bool has_key = pem->find("PRIVATE KEY-----") != std::string::npos;
    problems.Add(source.where, "no certificate in " + Quoted(source) +
                                   (has_key ? ", it holds a private key" : "") + ": " +
                                   (fault.words.empty() ? "it is empty" : fault.words));
    return false;
  }
  if (const OsslFault fault = TakeFault(); fault.code != 0) {
    problems.Add(source.where, "a certificate in " + Quoted(source) + " is broken: " + fault.words);
    return false;
  }
  out.leaf.reset(sk_X509_shift(all.get()));
  out.chain = std::move(all);
  return true;
}

bool LoadKey(const DataSource& source, const std::string* password, Credentials& out,
             Problems& problems) {
  auto pem = Read(source, problems);
  if (!pem) return false;
  ForgetFaults();
  // The callback only reads; the library's type has no const.
  out.key.reset(PEM_read_bio_PrivateKey(ReadBio(*pem).get(), nullptr, &GivePassword,
                                        const_cast<std::string*>(password)));
  const bool encrypted = pem->find("ENCRYPTED") != std::string::npos;
  const bool certificate = pem->find("BEGIN CERTIFICATE") != std::string::npos;
  OPENSSL_cleanse(pem->data(), pem->size());
  if (out.key != nullptr) return true;
  const OsslFault fault = TakeFault();
  std::string message = "cannot read the private key in " + Quoted(source);
  if (encrypted && password == nullptr) {
    message += ": it is encrypted and there is no password";
  } else if (encrypted && (WrongPassword(fault) || fault.code == 0)) {
    message += ": wrong password";
  } else if (certificate) {
    message += ": it holds a certificate";
  }
  problems.Add(source.where, message + " (" + fault.words + ")");
  return false;
}

bool LoadPkcs12(const DataSource& source, const std::string* password, Credentials& out,
                Problems& problems) {
  const auto der = Read(source, problems);
  if (!der) return false;
  ForgetFaults();
  const std::unique_ptr<PKCS12, OsslFree<PKCS12_free>> bundle(
      d2i_PKCS12_bio(ReadBio(*der).get(), nullptr));
  if (bundle == nullptr) {
    problems.Add(source.where, Quoted(source) + " is not PKCS#12: " + TakeFault().words);
    return false;
  }
  EVP_PKEY* key = nullptr;
  X509* leaf = nullptr;
  STACK_OF(X509)* chain = nullptr;
  const char* word = password != nullptr ? password->c_str() : nullptr;
  const bool parsed = PKCS12_parse(bundle.get(), word, &key, &leaf, &chain) == 1;
  out.key.reset(key);
  out.leaf.reset(leaf);
  out.chain.reset(chain != nullptr ? chain : sk_X509_new_null());
  if (parsed && key != nullptr && leaf != nullptr) return true;
  const OsslFault fault = TakeFault();
  std::string reason = fault.words;
  if (!parsed && WrongPassword(fault)) {
    reason = (password == nullptr ? "it needs a password (" : "wrong password (") + reason + ")";
  } else if (parsed) {
    reason = key == nullptr ? "no private key in it" : "no certificate in it";
  }
  problems.Add(source.where, "cannot read " + Quoted(source) + ": " + reason);
  return false;
}

// A file's last line end is not part of a password.
std::optional<std::string> LoadPassword(const TlsCertificateConfig& config, Problems& problems) {
  std::optional<std::string> password = Read(*config.password, problems);
  if (password && config.password->filename) {
    if (password->ends_with('\n')) password->pop_back();
    if (password->ends_with('\r')) password->pop_back();
  }
  return password;
}

// What clients of today would refuse is refused here, where somebody reads it.
bool CheckKey(const Credentials& made, const config::Where& where, Problems& problems) {
  if (X509_check_private_key(made.leaf.get(), made.key.get()) != 1) {
    problems.Add(where, "the private key does not match the certificate '" + made.origin +
                            "': " + TakeFault().words);
    return false;
  }
  const int bits = EVP_PKEY_get_bits(made.key.get());
  if (made.key_type() == EVP_PKEY_RSA && bits < 2048) {
    problems.Add(where, "the RSA key of '" + made.origin + "' has " + std::to_string(bits) +
                            " bits, at least 2048 are needed");
    return false;
  }
  if (X509_cmp_current_time(X509_get0_notAfter(made.leaf.get())) < 0) {
    problems.Warn(where, "the certificate in '" + made.origin +
                             "' has expired: " + TimeText(X509_get0_notAfter(made.leaf.get())));
  }
  return true;
}

bool LoadParts(const TlsCertificateConfig& config, Credentials& made, Problems& problems) {
  std::optional<std::string> password;
  if (config.password && !(password = LoadPassword(config, problems))) return false;
  const std::string* word = password ? &*password : nullptr;
  bool ok;
  if (config.pkcs12) {
    made.origin = OriginOf(*config.pkcs12);
    ok = LoadPkcs12(*config.pkcs12, word, made, problems);
  } else {
    made.origin = OriginOf(*config.certificate_chain);
    ok = LoadChain(*config.certificate_chain, made, problems);
    ok = LoadKey(*config.private_key, word, made, problems) && ok;
  }
  if (password) OPENSSL_cleanse(password->data(), password->size());
  return ok;
}

}  // namespace

std::string OriginOf(const DataSource& source) {
  if (source.filename) return *source.filename;
  if (source.environment_variable) return "$" + *source.environment_variable;
  return "<inline>";
}

X509StackPtr ReadCertificates(std::string_view pem) {
  X509StackPtr all(sk_X509_new_null());
  const BioPtr bio = ReadBio(pem);
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    sk_X509_push(all.get(), one);
  }
  // The end of a text that held something is told in this way.
  const unsigned long last = ERR_peek_last_error();
  if (sk_X509_num(all.get()) > 0 && ERR_GET_LIB(last) == ERR_LIB_PEM &&
      ERR_GET_REASON(last) == PEM_R_NO_START_LINE) {
    ForgetFaults();
  }
  return all;
}

std::shared_ptr<const Credentials> LoadCredentials(const TlsCertificateConfig& config,
                                                   Problems& problems) {
  auto made = std::make_shared<Credentials>();
  if (!LoadParts(config, *made, problems)) return nullptr;
  if (!CheckKey(*made, config.where, problems)) return nullptr;
  made->names = ServerNames(made->leaf.get());
  made->must_staple = WantsStaple(made->leaf.get());
  if (config.ocsp_staple) {
    const auto der = Read(*config.ocsp_staple, problems);
    if (!der) return nullptr;
    auto checked = CheckOcspResponse(*der, made->leaf.get());
    if (!checked) {
      problems.Add(config.ocsp_staple->where,
                   Quoted(*config.ocsp_staple) + ": " + checked.error().detail);
      return nullptr;
    }
    made->ocsp_response = *der;
    made->ocsp_valid_until = *checked;
  }
  return made;
}

}  // namespace sluice::tls

#include "ticket_keys.h"

#include <algorithm>
#include <cstring>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "credentials.h"

namespace sluice::tls {
namespace {

int ExIndex() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// Asking for an algorithm by name costs OpenSSL 3 a search under a lock.
EVP_CIPHER* TicketCipher() {
  static const std::unique_ptr<EVP_CIPHER, OsslFree<EVP_CIPHER_free>> cipher(
      EVP_CIPHER_fetch(nullptr, "AES-256-CBC", nullptr));
  return cipher.get();
}

bool SetMacKey(EVP_MAC_CTX* mac, TicketKey& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac_key.data(), key.mac_key.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

MonoTime Now() { return std::chrono::steady_clock::now(); }

// RFC 5077 section 4. Answers as SSL_CTX_set_tlsext_ticket_key_evp_cb wants it: 0 no key, 1 fine,
// 2 fine but give the client a new ticket.
int TicketCallback(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                   EVP_MAC_CTX* mac, int encrypt) noexcept {
  auto* keys = static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), ExIndex()));
  TicketKey key;
  int answer = 1;
  if (encrypt != 0) {
    key = keys->Current(Now());
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(TicketCipher())) != 1) return -1;
    std::memcpy(name, key.name.data(), key.name.size());
    if (EVP_EncryptInit_ex2(cipher, TicketCipher(), key.cipher_key.data(), iv, nullptr) != 1) {
      answer = -1;
    }
  } else {
    const auto found = keys->Find(name, Now(), key);
    if (found == TicketKeys::Found::kNone) return 0;
    // A client uses a ticket of TLS 1.3 once, so it needs another one each time.
    if (found == TicketKeys::Found::kOlder || SSL_version(ssl) >= TLS1_3_VERSION) answer = 2;
    if (EVP_DecryptInit_ex2(cipher, TicketCipher(), key.cipher_key.data(), iv, nullptr) != 1) {
      answer = -1;
    }
  }
  if (!SetMacKey(mac, key)) answer = -1;
  OPENSSL_cleanse(&key, sizeof(key));
  return answer;
}

}  // namespace

TicketKeys::~TicketKeys() { OPENSSL_cleanse(keys_.data(), keys_.size() * sizeof(TicketKey)); }

std::unique_ptr<TicketKeys> TicketKeys::Load(const TicketKeysConfig& config,
                                             config::Problems& problems) {
  auto made = std::make_unique<TicketKeys>(Duration::zero());
  for (const config::DataSource& source : config.keys) {
    auto bytes = config::Load(source, size_t{64} * 1024);
    if (!bytes || bytes->size() != kKeyBytes) {
      problems.Add(source.where,
                   !bytes ? bytes.error().detail
                          : "a session ticket key has 80 bytes, '" + OriginOf(source) + "' has " +
                                std::to_string(bytes->size()),
                   "openssl rand 80 makes one");
      return nullptr;
    }
    TicketKey& key = made->keys_.emplace_back();
    std::memcpy(key.name.data(), bytes->data(), 16);
    std::memcpy(key.mac_key.data(), bytes->data() + 16, 32);
    std::memcpy(key.cipher_key.data(), bytes->data() + 48, 32);
    OPENSSL_cleanse(bytes->data(), bytes->size());
  }
  return made;
}

void TicketKeys::Install(SSL_CTX* context) {
  SSL_CTX_set_ex_data(context, ExIndex(), this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &TicketCallback);
}

void TicketKeys::Replace(TicketKeys&& fresh) {
  const std::scoped_lock lock(mutex_);
  keys_.swap(fresh.keys_);
}

void TicketKeys::Rotate(MonoTime now) {
  if (lifetime_ == Duration::zero()) return;
  if (!keys_.empty() && now - newest_since_ < lifetime_) return;
  TicketKey made;
  RAND_bytes(made.name.data(), static_cast<int>(made.name.size()));
  RAND_priv_bytes(made.mac_key.data(), static_cast<int>(made.mac_key.size()));
  RAND_priv_bytes(made.cipher_key.data(), static_cast<int>(made.cipher_key.size()));
  // A key unused for a whole lifetime opens nothing that is still valid.
  const bool stale = now - newest_since_ >= 2 * lifetime_;
  for (TicketKey& old : keys_) {
    if (stale || &old != &keys_.front()) OPENSSL_cleanse(&old, sizeof(old));
  }
  keys_.resize(keys_.empty() || stale ? 0 : 1);
  keys_.insert(keys_.begin(), made);
  OPENSSL_cleanse(&made, sizeof(made));
  newest_since_ = now;
}

TicketKey TicketKeys::Current(MonoTime now) {
  const std::scoped_lock lock(mutex_);
  Rotate(now);
  return keys_.front();
}

TicketKeys::Found TicketKeys::Find(const unsigned char* name, MonoTime now, TicketKey& out) {
  const std::scoped_lock lock(mutex_);
  Rotate(now);
  for (const TicketKey& key : keys_) {
    if (std::memcmp(key.name.data(), name, key.name.size()) != 0) continue;
    out = key;
    return &key == &keys_.front() ? Found::kCurrent : Found::kOlder;
  }
  return Found::kNone;
}

}  // namespace sluice::tls

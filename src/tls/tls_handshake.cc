// A TlsSocket's handshake, and its failures.
#include <cerrno>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>

#include "certificate_text.h"
#include "negotiated.h"
#include "sluice/tls/kernel_tls.h"
#include "tls_socket.h"
#include "worker_half.h"

namespace sluice::tls {

using net::IoResult;
using net::IoState;

TlsSocket::TlsSocket(std::shared_ptr<const TlsContext> context, WorkerHalf& half)
    : context_(std::move(context)),
      half_(half),
      info_(std::make_unique<PeerInfo>(context_->ctx(), context_->verifier().checks_anything())) {
  buffers_.ssl = &info_->resting_ssl();
  if (ssl() != nullptr) SSL_set_app_data(ssl(), this);  // else Start fails
}

// OpenSSL takes a session out of its cache when its connection was not ended by close_notify on
// both sides. Nothing is unsafe about resuming such a session, so it is not told.
TlsSocket::~TlsSocket() {
  if (ssl() != nullptr && phase_ == Phase::kOpen) {
    SSL_set_shutdown(ssl(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  if (buffers_.linked()) half_.warm.Forget(buffers_);
  PeerInfo::GiveUp(std::move(info_));
}

TlsStats& TlsSocket::stats() { return half_.stats; }

void TlsSocket::SetServerName(std::string_view name) {
  if (ssl() == nullptr || name.empty()) return;
  SSL_set_tlsext_host_name(ssl(), std::string(name).c_str());
}

void TlsSocket::SetAlpn(std::string_view comma_separated) {
  if (ssl() == nullptr || comma_separated.empty()) return;
  const std::string wire = AlpnWire(comma_separated);
  SSL_set_alpn_protos(ssl(), reinterpret_cast<const unsigned char*>(wire.data()),
                      static_cast<unsigned int>(wire.size()));
}

void TlsSocket::Resume(std::string session_key) {
  session_key_ = std::move(session_key);
  if (ssl() == nullptr) return;
  if (const SessionPtr session = half_.sessions.Take(session_key_)) {
    SSL_set_session(ssl(), session.get());
  }
}

bool TlsSocket::KeepSession(SSL_SESSION* session) {
  if (session_key_.empty() || SSL_SESSION_is_resumable(session) != 1) return false;
  half_.sessions.Keep(session_key_, SessionPtr(session));
  return true;
}

// OpenSSL does not report the ticket that a server of TLS 1.2 gives when it resumes a session
// (RFC 5077 section 3.3), which is how it replaces one that an older key has sealed.
void TlsSocket::KeepRenewedSession() {
  if (session_key_.empty() || SSL_version(ssl()) >= TLS1_3_VERSION) return;
  SSL_SESSION* session = SSL_get1_session(ssl());
  if (!KeepSession(session)) SSL_SESSION_free(session);
}

void TlsSocket::Start(int fd) {
  io_.fd = fd;
  BIO* bio = ssl() != nullptr ? io_.MakeBio() : nullptr;
  if (bio == nullptr) return;  // ContinueHandshake says so
  // OpenSSL's own BIO knows how to hand keys to the kernel. Only for writing: with kTLS a read
  // gives one record and never tells that there are no more, which costs a system call each time.
  BIO* const writer = UsesKernelTls() ? BIO_new_socket(fd, BIO_NOCLOSE) : nullptr;
  SSL_set_bio(ssl(), bio, writer != nullptr ? writer : bio);
  if (server()) {
    SSL_set_accept_state(ssl());
  } else {
    SSL_set_connect_state(ssl());
  }
}

IoResult TlsSocket::ContinueHandshake() {
  if (phase_ == Phase::kFailed) return {IoState::kFailed, 0};
  if (io_.bio == nullptr) return FailWith(ErrorCode::kInternal, Retry::kNo, "out of memory", 0);
  ForgetFaults();
  io_.BeginCall(false);
  io_.may_stop_short = false;
  const int result = SSL_do_handshake(ssl());
  half_.warm.Touch(buffers_);
  if (result != 1) return Interpret(result, 0);
  if (!FinishHandshake()) return {IoState::kFailed, 0};
  return {IoState::kMore, 0};
}

bool TlsSocket::FinishHandshake() {
  if (!server() && !KeyUsageFits()) {
    stats().counters.was_key_usage_invalid.Inc();
    if (context_->client_config()->enforce_rsa_key_usage) {
      stats().counters.connection_error.Inc();
      FailWith(ErrorCode::kTransportSocket, Retry::kYes,
               "TLS_error:|the keyUsage of the server's RSA certificate does not fit:TLS_error_end",
               0);
      return false;
    }
  }
  phase_ = Phase::kOpen;
  SettleWriter();
  if (!server() && SSL_session_reused(ssl()) == 1) KeepRenewedSession();
  CountHandshake();
  return true;
}

// The keys are known: either the kernel has them, or OpenSSL writes as it reads.
void TlsSocket::SettleWriter() {
  BIO* const writer = SSL_get_wbio(ssl());
  if (writer == io_.bio) return;
  kernel_sends_ = BIO_get_ktls_send(writer);
  if (kernel_sends_) return;
  BIO_up_ref(io_.bio);
  SSL_set0_wbio(ssl(), io_.bio);
}

void TlsSocket::CountHandshake() {
  SSL* const ssl = this->ssl();
  TlsCounters& counters = stats().counters;
  counters.handshake.Inc();
  if (SSL_session_reused(ssl) == 1) counters.session_reused.Inc();
  if (SSL_get0_peer_certificate(ssl) == nullptr) counters.no_certificate.Inc();
  if (kernel_sends_) counters.ktls_tx.Inc();
  const SSL_CIPHER* cipher = SSL_get_current_cipher(ssl);
  stats().ciphers.Count(SSL_CIPHER_get_protocol_id(cipher), SSL_CIPHER_get_name(cipher));
  stats().versions.Count(static_cast<uintptr_t>(SSL_version(ssl)), SSL_get_version(ssl));
  if (const auto group = NegotiatedGroup(ssl)) stats().curves.Count(group->key, group->name);
  if (const auto algorithm = PeerSignature(ssl)) {
    stats().sigalgs.Count(algorithm->key, algorithm->name);
  }
}

// keyUsage and what TLS does with an RSA key (RFC 8446 section 4.4.2.2, RFC 5246 section 7.4.2).
bool TlsSocket::KeyUsageFits() {
  X509* peer = SSL_get0_peer_certificate(ssl());
  if (peer == nullptr || EVP_PKEY_get_base_id(X509_get0_pubkey(peer)) != EVP_PKEY_RSA) return true;
  const uint32_t usage = X509_get_key_usage(peer);  // all bits without the extension
  const bool encrypts = SSL_version(ssl()) < TLS1_3_VERSION &&
                        SSL_CIPHER_get_kx_nid(SSL_get_current_cipher(ssl())) == NID_kx_rsa;
  return (usage & (encrypts ? KU_KEY_ENCIPHERMENT : KU_DIGITAL_SIGNATURE)) != 0;
}

bool TlsSocket::VerifyPeer(X509_STORE_CTX* store) {
  const Verifier& verifier = context_->verifier();
  if (!verifier.checks_anything() && required_name_.empty()) return true;
  std::string words;
  const VerifyOutcome outcome = verifier.Verify(store, required_name_, words);
  TlsCounters& counters = stats().counters;
  switch (outcome) {
    case VerifyOutcome::kAccepted: return true;
    case VerifyOutcome::kBadChain: counters.fail_verify_error.Inc(); break;
    case VerifyOutcome::kBadName: counters.fail_verify_san.Inc(); break;
    case VerifyOutcome::kBadPin: counters.fail_verify_cert_hash.Inc(); break;
  }
  if (verifier.accepts_untrusted()) return true;
  Explain("verify cert failed: " + words);
  return false;
}

std::string TlsSocket::FaultText(const OsslFault& fault) const {
  return fmt::format("TLS_error:|{}:{}{}{}:TLS_error_end", fault.code, fault.words,
                     explanation_.empty() ? "" : ":", explanation_);
}

void TlsSocket::CountFailure(const OsslFault& fault) {
  TlsCounters& counters = stats().counters;
  const bool ours = fault.library() == ERR_LIB_SSL;
  if (ours && fault.reason() == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
    counters.fail_verify_no_cert.Inc();
  } else if (!ours || fault.reason() != SSL_R_CERTIFICATE_VERIFY_FAILED) {
    counters.connection_error.Inc();  // failed verifications have counted themselves
  }
}

IoResult TlsSocket::Fail(int ssl_error, size_t bytes) {
  const int failure = errno;  // of OpenSSL's own BIO, which tells of it by nothing else
  const bool opened = phase_ == Phase::kOpen;
  // Nothing of a request has gone out before the handshake's end.
  const Retry retry = opened ? Retry::kIfReused : Retry::kYes;
  const OsslFault fault = TakeFault();
  if (ssl_error == SSL_ERROR_SYSCALL && fault.code == 0 && !io_.ended && io_.error == 0) {
    io_.error = failure;
  }
  if (io_.error != 0) {
    Error error = FailErrno(Origin::kLocal, "TLS socket", io_.error).error();
    return FailWith(error.code, retry, std::move(error.detail), bytes);
  }
  if (io_.ended) {
    // Somebody on the way may have cut the stream: what came so far is not all there was.
    if (opened) {
      return FailWith(ErrorCode::kConnectionClosed, retry,
                      "TLS_error:|the peer ended the stream without close_notify:TLS_error_end",
                      bytes);
    }
    return FailWith(ErrorCode::kTransportSocket, retry,
                    "connection closed during the TLS handshake", bytes);
  }
  CountFailure(fault);
  return FailWith(opened ? ErrorCode::kConnectionReset : ErrorCode::kTransportSocket, retry,
                  FaultText(fault), bytes);
}

IoResult TlsSocket::FailWith(ErrorCode code, Retry retry, std::string words, size_t bytes) {
  phase_ = Phase::kFailed;
  error_ = std::make_unique<Error>(Error{code, server() ? Origin::kDownstream : Origin::kUpstream,
                                         retry, std::move(words), nullptr});
  return {IoState::kFailed, bytes};
}

std::string_view TlsSocket::alpn() const {
  if (ssl() == nullptr || SSL_is_init_finished(ssl()) != 1) return {};
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

const stream::TlsInfo* TlsSocket::tls_info() const {
  return ssl() != nullptr && SSL_is_init_finished(ssl()) == 1 ? info_.get() : nullptr;
}

}  // namespace sluice::tls

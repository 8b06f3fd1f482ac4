#include "channel.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common.h"

namespace rig {
namespace {

ssize_t ExplainErrno(ssize_t n) {
  if (n >= 0) return n;
  return errno == EAGAIN || errno == EINTR ? Channel::kBlocked : Channel::kFailed;
}

}  // namespace

SSL_CTX* ServerTls(const std::string& certificate, const std::string& key) {
  if (certificate.empty()) return nullptr;
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, certificate.c_str()) != 1) Die("certificate");
  if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) Die("key");
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

SSL_CTX* ClientTls() {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  return context;
}

void Channel::Open(int fd, SSL_CTX* tls, bool server) {
  fd_ = fd;
  if (tls == nullptr) return;
  ssl_ = SSL_new(tls);
  SSL_set_fd(ssl_, fd);
  if (server) {
    SSL_set_accept_state(ssl_);
  } else {
    SSL_set_connect_state(ssl_);
  }
}

void Channel::Close() {
  if (ssl_ != nullptr) {
    // Without this OpenSSL takes the session for broken and will not resume it.
    SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl_);
  }
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  ssl_ = nullptr;
  ready_ = false;
}

void Channel::Resume(SSL_SESSION* session) {
  if (ssl_ != nullptr && session != nullptr) SSL_set_session(ssl_, session);
}

SSL_SESSION* Channel::TakeSession() { return ssl_ == nullptr ? nullptr : SSL_get1_session(ssl_); }

ssize_t Channel::Explain(ssize_t result) {
  if (result > 0) return result;
  const int why = SSL_get_error(ssl_, static_cast<int>(result));
  ERR_clear_error();
  if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return kBlocked;
  return why == SSL_ERROR_ZERO_RETURN ? kEnd : kFailed;
}

ssize_t Channel::Handshake() {
  if (ssl_ == nullptr || ready_) return 1;
  const ssize_t done = Explain(SSL_do_handshake(ssl_));
  ready_ = done > 0;
  return done;
}

ssize_t Channel::Read(char* to, size_t room) {
  if (ssl_ == nullptr) return ExplainErrno(::recv(fd_, to, room, 0));
  return Explain(SSL_read(ssl_, to, static_cast<int>(room)));
}

ssize_t Channel::Skip(size_t most) {
  if (ssl_ == nullptr) return ExplainErrno(::recv(fd_, nullptr, most, MSG_TRUNC));
  static std::array<char, 65536> bin;
  return Read(bin.data(), std::min(most, bin.size()));
}

ssize_t Channel::Write(const char* from, size_t size) {
  if (ssl_ == nullptr) return ExplainErrno(::send(fd_, from, size, MSG_NOSIGNAL));
  return Explain(SSL_write(ssl_, from, static_cast<int>(size)));
}

void Channel::EndOutput() {
  if (ssl_ != nullptr) SSL_shutdown(ssl_);
  ::shutdown(fd_, SHUT_WR);
}

}  // namespace rig

// A socket with or without TLS on it; owns the descriptor.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

#include <openssl/ssl.h>
#include <sys/types.h>

namespace rig {

SSL_CTX* ServerTls(const std::string& certificate, const std::string& key);
SSL_CTX* ClientTls();

class Channel {
 public:
  static constexpr ssize_t kEnd = 0;
  static constexpr ssize_t kBlocked = -1;
  static constexpr ssize_t kFailed = -2;

  Channel() = default;
  ~Channel() { Close(); }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // `tls` null: a raw socket.
  void Open(int fd, SSL_CTX* tls, bool server);
  void Close();
  // A session to resume with, to be given before the handshake; and the one to resume with next.
  void Resume(SSL_SESSION* session);
  SSL_SESSION* TakeSession();
  bool resumed() const { return ssl_ != nullptr && SSL_session_reused(ssl_) != 0; }

  ssize_t Handshake();  // > 0 once it is done
  ssize_t Read(char* to, size_t room);
  ssize_t Skip(size_t most);  // reads and drops, without a copy on a raw socket
  ssize_t Write(const char* from, size_t size);
  void EndOutput();

  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  bool raw() const { return ssl_ == nullptr; }

 private:
  ssize_t Explain(ssize_t result);

  int fd_ = -1;
  SSL* ssl_ = nullptr;
  bool ready_ = false;
};

}  // namespace rig

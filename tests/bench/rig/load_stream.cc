// Sessions of byte streams: messages there and back, and bulk.
#include <string_view>

#include "load.h"

namespace rig {
namespace {

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: bench.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

class EchoSession final : public Session {
 public:
  EchoSession(Load& load, size_t number) : Session(load) {
    const auto size = static_cast<size_t>(load.options.Int("size", 100));
    const std::string body = Pattern(size + number % 16).substr(number % 16);
    message_ = expected_ = body;
    if (load.options.Int("ws", 0) == 0) return;
    message_ = std::string("\x82") + static_cast<char>(0x80 | size) + std::string(4, '\0') + body;
    expected_ = std::string("\x82") + static_cast<char>(size) + body;
    to_send_ = kUpgrade;
    agreed_ = false;
  }

  void Begin(uint64_t due) override {
    began_ = due;
    if (!channel_.open()) Connect();
    if (agreed_) to_send_ = message_;
    OnReady();
  }

  void OnReady() override {
    if (!channel_.open()) return;
    const ssize_t ready = channel_.Handshake();
    if (ready <= 0) return ready == Channel::kBlocked ? void() : Failed("handshake");
    while (!to_send_.empty()) {
      ssize_t n = channel_.Write(to_send_.data(), to_send_.size());
      if (n == Channel::kBlocked) return;
      if (n <= 0) return Failed("write");
      to_send_.remove_prefix(static_cast<size_t>(n));
    }
    std::array<char, 4096> buffer;
    ssize_t n = channel_.Read(buffer.data(), buffer.size());
    if (n == Channel::kBlocked) return;
    if (n <= 0) return Failed("the stream broke off");
    got_.append(buffer.data(), static_cast<size_t>(n));
    agreed_ ? TakeEcho() : TakeAgreement();
  }

 private:
  void TakeAgreement() {
    const size_t end = got_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    if (!got_.starts_with("HTTP/1.1 101")) return Failed("no 101");
    agreed_ = true;
    got_.clear();
    Begin(NowNs());
  }
  void TakeEcho() {
    if (got_.size() < expected_.size()) return;
    if (got_.size() > expected_.size() || (load_.check && got_ != expected_)) {
      return Failed("not what was sent");
    }
    got_.clear();
    load_.Done(began_);
    Next();
  }

  std::string message_;
  std::string expected_;
  std::string_view to_send_;
  std::string got_;
  bool agreed_ = true;
};

class BulkSession final : public Session {
 public:
  explicit BulkSession(Load& load) : Session(load) {}

  void Begin(uint64_t due) override {
    began_ = due;
    if (!channel_.open()) return Connect();
    OnReady();
  }

  void OnReady() override {
    static std::array<char, 65536> buffer;
    for (int turns = 0; turns < 64; ++turns) {
      ssize_t n = load_.check ? channel_.Read(buffer.data(), buffer.size())
                              : channel_.Skip(size_t{1} << 20);
      if (n == Channel::kBlocked) return;
      if (n <= 0) return Failed("the stream broke off");
      for (size_t i = 0; load_.check && i < static_cast<size_t>(n); ++i) {
        if (buffer[i] != PatternByte((at_ + i) % (size_t{1} << 20))) return Failed("wrong bytes");
      }
      at_ += static_cast<size_t>(n);
      load_.Done(began_, static_cast<double>(n) * 1e-9);
    }
    Next();  // goes on after the others
  }

 private:
  size_t at_ = 0;
};

}  // namespace

std::unique_ptr<Session> MakeEchoSession(Load& load, size_t number) {
  return std::make_unique<EchoSession>(load, number);
}

std::unique_ptr<Session> MakeBulkSession(Load& load, size_t /*number*/) {
  return std::make_unique<BulkSession>(load);
}

}  // namespace rig

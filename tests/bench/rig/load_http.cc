#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

#include "load.h"

namespace rig {
namespace {

constexpr size_t kRead = 65536;

std::string RequestFor(const Options& options, size_t path) {
  const auto post = static_cast<size_t>(options.Int("post", 0));
  std::string prefix = options.Int("paths", 0) > 0 ? "/r" + std::to_string(path) : "";
  std::string out = (post > 0 ? "POST " : "GET ") + prefix + options.Text("target", "/small") +
                    " HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: rig\r\nAccept: */*\r\n";
  if (options.Int("fresh", 0) != 0) out += "Connection: close\r\n";
  if (post > 0) out += "Content-Length: " + std::to_string(post) + "\r\n";
  return out + "\r\n" + Pattern(post);
}

const std::string& Request(const Options& options) {
  static const std::vector<std::string> kAll = [&] {
    std::vector<std::string> all;
    const auto paths = static_cast<size_t>(std::max(1L, options.Int("paths", 1)));
    // A stride that visits every one of 10^n and does not follow the order of the configuration.
    for (size_t i = 0; i < paths; ++i) all.push_back(RequestFor(options, i * 7919 % paths));
    return all;
  }();
  static size_t next = 0;
  return kAll[next++ % kAll.size()];
}

class HttpSession final : public Session {
 public:
  explicit HttpSession(Load& load)
      : Session(load),
        fresh_(load.options.Int("fresh", 0) != 0),
        resume_(load.options.Int("resume", 0) != 0),
        sum_(load.options.Text("target", "").ends_with("/sum")) {}

  void Begin(uint64_t due) override {
    began_ = due;
    if (!channel_.open()) {
      Connect();
      channel_.Resume(session_);
    }
    request_ = Request(load_.options);
    head_.clear();
    in_body_ = false;
    OnReady();
  }

  void OnReady() override {
    if (!channel_.open()) return;
    const ssize_t ready = channel_.Handshake();
    if (ready <= 0) return ready == Channel::kBlocked ? void() : Failed("handshake");
    while (!request_.empty()) {
      ssize_t n = channel_.Write(request_.data(), request_.size());
      if (n == Channel::kBlocked) return;
      if (n <= 0) return Failed("write");
      request_.remove_prefix(static_cast<size_t>(n));
    }
    while (ReadSome()) {
    }
  }

 private:
  // False: nothing more to do now.
  bool ReadSome() {
    static std::array<char, kRead> buffer;
    const bool skip = in_body_ && !load_.check;
    ssize_t n = skip ? channel_.Skip(left_) : channel_.Read(buffer.data(), buffer.size());
    if (n == Channel::kBlocked) return false;
    if (n <= 0) return Failed("the response broke off"), false;
    if (skip) {
      left_ -= static_cast<size_t>(n);
    } else if (!Take({buffer.data(), static_cast<size_t>(n)})) {
      return Failed("not the response that was expected"), false;
    }
    if (!in_body_ || left_ > 0) return true;
    Finish();
    return false;
  }

  bool Take(std::string_view bytes) {
    if (!in_body_) {
      head_ += bytes;
      const size_t end = head_.find("\r\n\r\n");
      if (end == std::string::npos) return true;
      if (!TakeHead(std::string_view(head_).substr(0, end + 2))) return false;
      bytes.remove_prefix(bytes.size() - (head_.size() - end - 4));
    }
    if (bytes.size() > left_) return false;
    if (load_.check && !Check(bytes)) return false;
    left_ -= bytes.size();
    return true;
  }

  bool TakeHead(std::string_view head) {
    if (!head.starts_with("HTTP/1.1 200")) return false;
    in_body_ = true;
    closes_ = ::memmem(head.data(), head.size(), ": close\r\n", 9) != nullptr;
    for (std::string_view name : {"\r\ncontent-length: ", "\r\nContent-Length: "}) {
      const size_t at = head.find(name);
      if (at == std::string_view::npos) continue;
      const char* digits = head.data() + at + name.size();
      std::from_chars(digits, head.data() + head.size(), left_);
      length_ = left_;
      return true;
    }
    return false;
  }

  bool Check(std::string_view bytes) {
    if (sum_) {
      const std::string body = Pattern(static_cast<size_t>(load_.options.Int("post", 0)));
      return bytes == std::to_string(Digest(kDigestSeed, body));
    }
    for (size_t i = 0; i < bytes.size(); ++i) {
      if (bytes[i] != PatternByte(length_ - left_ + i)) return false;
    }
    return true;
  }

  void Finish() {
    load_.Done(began_);
    if (channel_.resumed()) ++load_.resumed;
    if (resume_) {
      if (session_ != nullptr) SSL_SESSION_free(session_);
      session_ = channel_.TakeSession();
    }
    if (fresh_ || closes_) channel_.Close();
    Next();
  }

  const bool fresh_;
  const bool resume_;
  const bool sum_;
  SSL_SESSION* session_ = nullptr;
  std::string_view request_;
  std::string head_;
  bool in_body_ = false;
  bool closes_ = false;
  size_t left_ = 0;
  size_t length_ = 0;
};

}  // namespace

std::unique_ptr<Session> MakeHttpSession(Load& load, size_t /*number*/) {
  return std::make_unique<HttpSession>(load);
}

}  // namespace rig

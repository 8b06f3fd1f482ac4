#include "processor_stream.h"

#include <gtest/gtest.h>

namespace sluice::filters::ext_proc {
namespace {

class OneStream final : public filter::AsyncClient {
 public:
  struct Stream final : filter::AsyncStream {
    explicit Stream(OneStream& owner) : owner_(owner) { owner.open = true; }
    ~Stream() override { owner_.open = false; }
    bool Write(std::string_view bytes, bool end) override {
      owner_.written.append(bytes);
      owner_.ended = end;
      return owner_.takes;
    }
    OneStream& owner_;
  };
  bool HasCluster(std::string_view) const override { return true; }
  std::unique_ptr<filter::AsyncTicket> Send(filter::AsyncRequest, filter::AsyncEvents&) override {
    return nullptr;
  }
  std::unique_ptr<filter::AsyncStream> Open(filter::AsyncRequest,
                                            filter::AsyncStreamEvents& to) override {
    events = &to;
    return std::make_unique<Stream>(*this);
  }
  bool open = false;
  bool ended = false;
  bool takes = true;
  std::string written;
  filter::AsyncStreamEvents* events = nullptr;
};

class ProcessorStreamTest : public ::testing::Test, public ProcessorEvents {
 protected:
  void OnProcessorMessage(std::string_view message) override {
    messages_.emplace_back(message);
    if (message == "stop") stream_.Stop();
  }
  void OnProcessorEnd(uint64_t status) override { ends_.push_back(status); }
  void Data(std::string_view bytes) { client_.events->OnStreamData(std::string(bytes)); }

  OneStream client_;
  ProcessorStream stream_{client_, {}, 10, *this};
  std::vector<std::string> messages_;
  std::vector<uint64_t> ends_;
};

using std::string_literals::operator""s;

TEST_F(ProcessorStreamTest, MessagesGoWithTheirLengths) {
  EXPECT_TRUE(stream_.Send("abc"));
  EXPECT_EQ(client_.written, "\0\0\0\0\x03"s + "abc");
  client_.takes = false;
  EXPECT_FALSE(stream_.Send("d"));
}

TEST_F(ProcessorStreamTest, MessagesComeWholeHoweverTheyAreCut) {
  const std::string two = "\0\0\0\0\x02"s + "hi" + "\0\0\0\0\0"s + "\0\0\0\0\x03"s + "you";
  for (const char c : two) Data({&c, 1});
  EXPECT_EQ(messages_, (std::vector<std::string>{"hi", "", "you"}));
  messages_.clear();
  Data(two + two.substr(0, 6));
  EXPECT_EQ(messages_, (std::vector<std::string>{"hi", "", "you"}));
  Data(two.substr(6));
  EXPECT_EQ(messages_.size(), 6u);
}

TEST_F(ProcessorStreamTest, LongAndCompressedMessagesAreFailures) {
  Data("\0\0\0\0\x0b"s);
  EXPECT_EQ(ends_, std::vector<uint64_t>{13});
  EXPECT_FALSE(client_.open);
  EXPECT_FALSE(stream_.Send("x"));
}

TEST_F(ProcessorStreamTest, CompressedMessagesAreFailures) {
  Data("\x01\0\0\0\x01z"s);
  EXPECT_EQ(ends_, std::vector<uint64_t>{13});
}

TEST_F(ProcessorStreamTest, NothingComesAfterStop) {
  Data("\0\0\0\0\x04stop"s + "\0\0\0\0\x02hi"s);
  EXPECT_EQ(messages_, std::vector<std::string>{"stop"});
  EXPECT_TRUE(client_.ended);
  EXPECT_FALSE(client_.open);
  EXPECT_TRUE(ends_.empty());
}

TEST_F(ProcessorStreamTest, EndsSayTheirStatus) {
  client_.events->OnStreamHead(200, {});
  client_.events->OnStreamEnd({{"grpc-status", "0"}});
  EXPECT_EQ(ends_, std::vector<uint64_t>{0});
}

TEST_F(ProcessorStreamTest, AnEndInTheMiddleOfAMessageIsAFailure) {
  client_.events->OnStreamHead(200, {});
  Data("\0\0\0\0\x04st"s);
  client_.events->OnStreamEnd({{"grpc-status", "0"}});
  EXPECT_EQ(ends_, std::vector<uint64_t>{13});
}

TEST_F(ProcessorStreamTest, AnAnswerWithoutStatusIsAFailure) {
  client_.events->OnStreamHead(200, {});
  client_.events->OnStreamEnd({});
  EXPECT_EQ(ends_, std::vector<uint64_t>{2});
}

}  // namespace
}  // namespace sluice::filters::ext_proc

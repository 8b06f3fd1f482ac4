// The small parts of the border: hashes, lists of pairs, shared data and queues.
#include <gtest/gtest.h>

#include "pairs.h"
#include "property_values.h"
#include "proto.h"
#include "sha256.h"
#include "shared_store.h"
#include "sluice/wasm/config.h"

namespace sluice::wasm {
namespace {

TEST(Sha256Test, KnowsThePublishedExamples) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(PairsTest, AreReadAsTheyAreWritten) {
  const Pairs pairs = {{"a", "b"}, {"empty", ""}, {"a", std::string("\0x", 2)}};
  EXPECT_EQ(ReadPairs(WritePairs(pairs)), pairs);
  EXPECT_EQ(ReadPairs(""), Pairs());
}

TEST(PairsTest, NoBytesAreBelieved) {
  const std::string good = WritePairs(Pairs{{"abc", "de"}, {"f", "g"}});
  for (size_t size = 1; size < good.size(); ++size) {
    EXPECT_FALSE(ReadPairs(good.substr(0, size))) << size;
  }
  for (size_t at = 0; at < 20; ++at) {
    std::string bad = good;
    bad[at] = '\xff';
    EXPECT_FALSE(ReadPairs(bad)) << at;
  }
}

TEST(ProtoTest, TakesFieldsAndSkipsOthers) {
  std::string message;
  PutText(message, 1, "name");
  PutBool(message, 2, true);
  PutText(message, 900, "not ours");
  message.append("\x1d\1\2\3\4", 5);           // 3: fixed32
  message.append("\x21\1\2\3\4\5\6\7\x8", 9);  // 4: fixed64
  PutText(message, 1, "the last one counts");
  const auto fields = ReadProto(message);
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->texts[1], "the last one counts");
  EXPECT_EQ(fields->numbers[2], 1);
  EXPECT_EQ(fields->texts[3], "");
}

TEST(ProtoTest, NoBytesAreBelieved) {
  std::string message;
  PutText(message, 1, "name");
  for (size_t size = 1; size < message.size(); ++size) {
    EXPECT_FALSE(ReadProto(message.substr(0, size))) << size;
  }
  EXPECT_FALSE(ReadProto("\x0b"));  // a group
  EXPECT_FALSE(ReadProto("\x0a\xff\xff\xff\xff\x0f"));
  EXPECT_TRUE(ReadProto(""));
}

// As protoc --encode writes them.
TEST(PropertyMessageTest, NodesAreProtobuf) {
  const Value metadata(ValueStruct{{"a", Value("b")}});
  EXPECT_EQ(
      NodeMessage("me", "us", metadata, {"r", "", "s"}),
      std::string("\x0a\2me\x12\2us\x1a\x0a\x0a\x08\x0a\1a\x12\3\x1a\1b\x22\6\x0a\1r\x1a\1s"));
  EXPECT_EQ(NodeMessage("", "", Value(), {}), "");
  EXPECT_EQ(LocalityMessage({"", "z", ""}), "\x12\1z");
}

TEST(PropertyMessageTest, MetadataIsProtobuf) {
  const Value flag(ValueStruct{{"k", Value(true)}});
  const Value all(ValueStruct{{"f", flag}});
  EXPECT_EQ(MetadataMessage(all), std::string("\x0a\x0e\x0a\1f\x12\x09\x0a\7\x0a\1k\x12\2\x20\1"));
}

TEST(PropertyValueTest, FieldsOfOneNameAreJoined) {
  Arena arena;
  http::HeaderMap map(arena);
  map.Add("x-a", "1");
  map.Add("x-b", "2");
  map.Add("x-a", "");
  map.Add("x-a", "3");
  EXPECT_EQ(JoinedValue(map, "X-A"), "1,,3");
  EXPECT_EQ(JoinedValue(map, "x-c"), std::nullopt);
}

constexpr size_t kRoom = 1000;

TEST(SharedStoreTest, ComparesAndSwaps) {
  SharedStore store;
  std::string value;
  uint32_t cas = 0;
  EXPECT_EQ(store.Get("vm", "k", value, cas), Status::kNotFound);
  EXPECT_EQ(store.Set("vm", "k", "early", 7, kRoom), Status::kCasMismatch);
  EXPECT_EQ(store.Set("vm", "k", "one", 0, kRoom), Status::kOk);
  EXPECT_EQ(store.Get("vm", "k", value, cas), Status::kOk);
  EXPECT_EQ(store.Set("vm", "k", "two", cas, kRoom), Status::kOk);
  EXPECT_EQ(store.Set("vm", "k", "three", cas, kRoom), Status::kCasMismatch);
  EXPECT_EQ(store.Get("vm", "k", value, cas), Status::kOk);
  EXPECT_EQ(value, "two");
  EXPECT_EQ(store.Get("other", "k", value, cas), Status::kNotFound);
}

TEST(SharedStoreTest, IsFullAtItsLimitAndTakesSmallerValuesStill) {
  SharedStore store;
  EXPECT_EQ(store.Set("vm", "k", std::string(500, 'x'), 0, kRoom), Status::kOk);
  EXPECT_EQ(store.Set("vm", "l", std::string(500, 'x'), 0, kRoom), Status::kInternalFailure);
  EXPECT_EQ(store.Set("vm", "k", "small", 0, kRoom), Status::kOk);
  EXPECT_EQ(store.Set("vm", "l", std::string(500, 'x'), 0, kRoom), Status::kOk);
}

TEST(SharedStoreTest, QueuesGiveWhatCameFirstAndTellTheNewestThatIsThere) {
  SharedStore store;
  EventLoop loop;
  int told = 0;
  auto alive = std::make_shared<const int>(0);
  auto gone = std::make_shared<const int>(0);
  const uint32_t token = store.Register("vm", "q", {&loop, alive, [&](uint32_t) { ++told; }});
  EXPECT_EQ(store.Register("vm", "q", {&loop, gone, [&](uint32_t) { told += 100; }}), token);
  gone.reset();
  uint32_t resolved = 0;
  EXPECT_EQ(store.Resolve("vm", "q", resolved), Status::kOk);
  EXPECT_EQ(resolved, token);
  EXPECT_EQ(store.Resolve("vm", "other", resolved), Status::kNotFound);
  EXPECT_EQ(store.Enqueue(token, "one", kRoom), Status::kOk);
  EXPECT_EQ(store.Enqueue(token, "two", kRoom), Status::kOk);
  EXPECT_EQ(store.Enqueue(token, std::string(kRoom, 'x'), kRoom), Status::kInternalFailure);
  EXPECT_EQ(store.Enqueue(99, "x", kRoom), Status::kNotFound);
  loop.RunOnce({});
  EXPECT_EQ(told, 2);
  std::string bytes;
  EXPECT_EQ(store.Dequeue(token, bytes), Status::kOk);
  EXPECT_EQ(bytes, "one");
  EXPECT_EQ(store.Dequeue(token, bytes), Status::kOk);
  EXPECT_EQ(store.Dequeue(token, bytes), Status::kEmpty);
}

TEST(AnyToBytesTest, GivesModulesWhatTheyExpect) {
  const auto any = [](std::string_view type, config::Node value) {
    config::Node node = config::Node::Map();
    node.Append("@type") = config::Node::Text("type.googleapis.com/" + std::string(type));
    node.items.back().key = "@type";
    value.key = "value";
    node.items.push_back(std::move(value));
    return std::optional<config::Node>(std::move(node));
  };
  using config::Node;
  EXPECT_EQ(AnyToBytes(std::nullopt), "");
  EXPECT_EQ(AnyToBytes(any("google.protobuf.StringValue", Node::Text("a"))), "a");
  EXPECT_EQ(AnyToBytes(any("google.protobuf.BytesValue", Node::Text("YQ=="))), "a");
  Node fields = Node::Map();
  fields.Append("n") = Node::Plain("1");
  fields.items.back().key = "n";
  EXPECT_EQ(AnyToBytes(any("google.protobuf.Struct", std::move(fields))), R"({"n":1})");
  EXPECT_FALSE(AnyToBytes(any("google.protobuf.Duration", Node::Text("1s"))));
}

}  // namespace
}  // namespace sluice::wasm

#include "sluice/base/base64.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Base64Test, EveryLengthComesBack) {
  std::string bytes;
  for (int i = 0; i < 260; ++i) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(bytes)), bytes);
    EXPECT_EQ(DecodeBase64Url(EncodeBase64Url(bytes)), bytes);
    bytes.push_back(static_cast<char>(i * 7 + 251));
  }
  EXPECT_EQ(EncodeBase64("a"), "YQ==");
  EXPECT_EQ(EncodeBase64("\xfb\xff"), "+/8=");
  EXPECT_EQ(EncodeBase64Url("\xfb\xff"), "-_8");
}

TEST(Base64Test, OnlyOneSpellingIsTaken) {
  EXPECT_EQ(DecodeBase64("YQ=="), "a");
  EXPECT_EQ(DecodeBase64("YQ"), "a");
  for (const char* text :
       {"Y", "YR==", "YQ=", "YQ===", "Y Q", "YQ==\n", "-_8", "=", "====", "YWJj="}) {
    EXPECT_FALSE(DecodeBase64(text).has_value()) << text;
  }
  EXPECT_EQ(DecodeBase64Url(""), "");
  EXPECT_EQ(DecodeBase64Url("YQ"), "a");
  for (const char* text : {"YQ==", "YR", "Y", "+/8", "YQ ", "YWJjZ"}) {
    EXPECT_FALSE(DecodeBase64Url(text).has_value()) << text;
  }
}

TEST(Base64Test, OfFilesTakesBothAlphabetsAndFoldedLines) {
  for (const char* text : {"aGVsbG8=", "aGVsbG8", "aGVs\n  bG8=", "aGVsbG9="}) {
    EXPECT_EQ(DecodeBase64OfFiles(text), "hello") << text;
  }
  EXPECT_EQ(DecodeBase64OfFiles("-_-_"), DecodeBase64("+/+/"));
  EXPECT_EQ(DecodeBase64OfFiles(""), "");
  for (const char* text : {"Y", "a.b", "YQ==YQ", "\t"}) {
    EXPECT_FALSE(DecodeBase64OfFiles(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sluice

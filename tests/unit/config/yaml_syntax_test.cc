// What YAML can be wrong with before any schema looks at it, and what is said about it.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "unit/config/support.h"

namespace sluice::config {
namespace {

struct Case {
  const char* name;
  std::string yaml;
  std::string complaint;
};

void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }

class YamlSyntaxTest : public testing::TestWithParam<Case> {};

TEST_P(YamlSyntaxTest, SaysWhatIsWrong) {
  EXPECT_EQ(Complaint(GetParam().yaml), GetParam().complaint);
}

std::string Repeat(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i) out += text;
  return out;
}

INSTANTIATE_TEST_SUITE_P(
    All, YamlSyntaxTest,
    testing::Values(
        Case{"Tab", "leaves:\n\t- name: a\n",
             "t.yaml:2:1: a tab in the indentation; YAML is indented with spaces"},
        Case{"TabAfterSpaces", "leaves:\n- name: a\n \tport_value: 1\n",
             "t.yaml:3:2: a tab in the indentation; YAML is indented with spaces"},
        Case{"ZeroWidthSpaceInKey", "flag: true\n\xe2\x80\x8btext: a\n",
             "t.yaml:2:1: a zero-width space (U+200B) in a key; remove it, or put the text in "
             "quotes"},
        Case{"ZeroWidthSpaceInValue", "text: fo\xe2\x80\x8bo\n",
             "t.yaml:1:7: a zero-width space (U+200B) in an unquoted value; remove it, or put the "
             "text in quotes"},
        Case{
            "NoBreakSpaceAsIndentation", "leaves:\n- name: a\n\xc2\xa0 port_value: 1\n",
            "t.yaml:3:1: a no-break space (U+00A0) in a key; remove it, or put the text in quotes"},
        Case{"SecondDocument", "flag: true\n---\nflag: false\n",
             "t.yaml:3:1: a second YAML document; a configuration is one document; everything "
             "after `---` would be lost"},
        Case{"DuplicateKey", "flag: true\ntext: a\nflag: false\n",
             "t.yaml:3:1: duplicate key `flag`; first at t.yaml:1:1"},
        Case{"DuplicateKeyInFlow", "leaves: { name: a, name: b }\n",
             "t.yaml:1:20: duplicate key `name`; first at t.yaml:1:11"},
        Case{"SameFieldInBothSpellings", "wrapped_flag: true\nwrappedFlag: true\n",
             "t.yaml:2:1: wrapped_flag: field given twice, also as `wrapped_flag`; first at "
             "t.yaml:1:1"},
        Case{"UnclosedBrace", "leaves: { name: a\nflag: true\n",
             "t.yaml:1:9: bad YAML: this `{` is never closed"},
        Case{"UnclosedQuote", "text: \"abc\nflag: true\n",
             "t.yaml:1:7: bad YAML: this quote is never closed"},
        Case{"NestedTenThousandDeepInFlow", "free: " + Repeat("[", 10000) + Repeat("]", 10000),
             "t.yaml:1:106: nested deeper than 100 levels"},
        Case{"NestedTenThousandDeepInBlock", "free: \n" + Repeat("- ", 10000) + "a\n",
             "t.yaml:2:199: nested deeper than 100 levels"},
        Case{"List", "- a\n- b\n", "t.yaml:1:1: the document is a list, expected a map of fields"},
        Case{"Text", "hello\n", "t.yaml:1:1: the document is text, expected a map of fields"},
        Case{"MapAsKey", "? { a: b }\n: c\n", "t.yaml:1:3: a map or list cannot be a key"},
        Case{"AliasOfItself", "free: &a [ *a ]\n",
             "t.yaml:1:12: an alias inside the value it stands for"},
        Case{"Nul", std::string("text: a\0b\n", 10),
             "t.yaml:1:8: a NUL byte: the file is not text"},
        Case{"EscapedNul", "text: \"a\\0b\"\n", "t.yaml:1:7: a NUL character in a text"},
        Case{"ControlCharacter", "text: a\x01\n",
             "t.yaml:1:8: a control character (0x01) in the text"},
        Case{"NotUtf8", "text: a\xff\n", "t.yaml:1:8: byte 0xff is not valid UTF-8"},
        Case{"Utf16", std::string("\xff\xfet\0e\0", 6),
             "t.yaml: the file is UTF-16 (little-endian), not text in UTF-8"},
        Case{"MissingSpaceAfterColon", "flag: true\ntext:abc\nsmall: 1\n",
             "t.yaml:3:6: bad YAML: illegal map value; a `:` where no key can be; is the line "
             "before it complete, the indentation right?"},
        Case{"MergeKey", "by_name:\n  x: &x { name: a }\n  y: { name: b, <<: *x }\n",
             "t.yaml:3:17: by_name.y.<<: unknown field of test.Leaf; YAML merge keys are not part "
             "of Envoy's dialect"}),
    [](const auto& tested) { return tested.param.name; });

TEST(YamlTest, OddSpacesAreLeftAloneInQuotesTextsAndComments) {
  EXPECT_TRUE(Reading("text: \"a\xc2\xa0"
                      "b\"  # c\xe2\x80\x8b\n")
                  .ok());
  EXPECT_TRUE(Reading("text: Bonjour\xc2\xa0!\n").ok());
  EXPECT_TRUE(Reading("flag: true # \xff latin-1 in a comment\n").ok());
}

TEST(YamlTest, TabsAreFineInsideTexts) {
  const Reading reading("text: |\n  a\tb\n  \tc\nflag: true\n");
  ASSERT_TRUE(reading.ok()) << reading.text();
  EXPECT_EQ(reading.value().text, "a\tb\n\tc\n");
}

TEST(YamlTest, ApostrophesInBlockScalarsAreText) {
  const Reading reading("text: |\n  'tis \"x\nflag: true\n");
  ASSERT_TRUE(reading.ok()) << reading.text();
  EXPECT_EQ(reading.value().text, "'tis \"x\n");
}

TEST(YamlTest, ColumnsCountCharacters) {
  EXPECT_EQ(Complaint("labels: { \xc3\xa4\xc3\xb6: [] }\n"),
            "t.yaml:1:15: labels.\xc3\xa4\xc3\xb6: wrong type: a list, expected text");
}

TEST(YamlTest, ByteOrderMarkMarkersAndCrLfAreAccepted) {
  EXPECT_TRUE(Reading("\xef\xbb\xbf"
                      "flag: true\n")
                  .ok());
  EXPECT_TRUE(Reading("---\nflag: true\n...\n").ok());
  EXPECT_TRUE(Reading("---\nflag: true\n---\n").ok());
  EXPECT_TRUE(Reading("flag: true\r\ntext: a\r\n").ok());
}

TEST(YamlTest, EmptyFileIsAnEmptyMessage) {
  EXPECT_TRUE(Reading("").ok());
  EXPECT_TRUE(Reading("# nothing\n").ok());
}

TEST(YamlTest, AnchorsAndAliasesWorkAndIgnoreTagDropsTheKey) {
  const Reading reading(
      "!ignore common: &l { name: a }\nleaves: [ *l, *l ]\ntext: &t hi\nlabels: { x: *t }\n");
  ASSERT_TRUE(reading.ok()) << reading.text();
  EXPECT_EQ(reading.value().leaves.size(), 2U);
  EXPECT_EQ(reading.value().leaves[1].name, "a");
  EXPECT_EQ(reading.value().labels.at("x"), "hi");
}

TEST(YamlTest, AliasBombIsRefusedQuickly) {
  std::string bomb = "free:\n  a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = std::to_string(i - 1);
    bomb += "  a" + std::to_string(i) + ": &a" + std::to_string(i) + " [*a" + last;
    for (int j = 0; j < 9; ++j) bomb += ",*a" + last;
    bomb += "]\n";
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_NE(Complaint(bomb).find("aliases expand to more than 100000 values"), std::string::npos);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(YamlTest, ProblemsOfAliasedContentPointAtTheContent) {
  EXPECT_EQ(Complaint("leaves:\n- &a { name: x, port_value: 70000 }\n"),
            "t.yaml:2:29: leaves[0].port_value: out of range: 70000, expected a whole number from "
            "0 to 65535");
}

TEST(YamlTest, TooManyValuesInOneFlowCollectionAreRefusedBeforeTheyCostMemory) {
  EXPECT_NE(Complaint("free: [" + Repeat("a,", 500000) + "a]\n").find("more than 400000 values"),
            std::string::npos);
}

TEST(YamlTest, TooManyValuesAreRefused) {
  Problems problems;
  ReadOptions options;
  options.max_nodes = 10;
  EXPECT_FALSE(
      ReadText("t", "free: [1,2,3,4,5,6,7,8,9,10,11]\n", Format::kYaml, options, problems));
  EXPECT_NE(problems.Text().find("more than 10 values in the document"), std::string::npos);
}

class FileTest : public testing::Test {
 protected:
  FileTest()
      : path_(std::filesystem::temp_directory_path() /
              ("sluice-config-" + std::to_string(getpid()) + ".yaml")) {}
  ~FileTest() override { std::filesystem::remove(path_); }
  std::filesystem::path path_;
};

TEST_F(FileTest, HundredMegabyteFileIsRefusedUnread) {
  std::ofstream(path_) << "a";
  std::filesystem::resize_file(path_, 100 << 20);
  Problems problems;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(ReadFile(path_, {}, problems));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(500));
  EXPECT_EQ(problems.Text(), path_.string() + ": the text is larger than 16 MiB\n");
}

TEST_F(FileTest, MissingFileAndDirectorySaySo) {
  Problems problems;
  EXPECT_FALSE(ReadFile("/nonexistent/x.yaml", {}, problems));
  EXPECT_FALSE(ReadFile("/tmp", {}, problems));
  EXPECT_EQ(problems.Text(),
            "/nonexistent/x.yaml: cannot read the file: No such file or directory\n"
            "/tmp: cannot read the file: Is a directory\n");
}

TEST_F(FileTest, EndlessFileIsBounded) {
  Problems problems;
  EXPECT_FALSE(ReadFile("/dev/zero", {}, problems));
  EXPECT_EQ(problems.Text(), "/dev/zero: the text is larger than 16 MiB\n");
}

// yaml-cpp 0.8 names the anchor too.
TEST(YamlSyntaxTextTest, UndefinedAlias) {
  const std::string complaint = Complaint("text: *nothing\n");
  EXPECT_TRUE(complaint.starts_with("t.yaml:1:7: bad YAML: the referenced anchor is not defined"))
      << complaint;
}

}  // namespace
}  // namespace sluice::config

#include "sluice/log/access_log.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "sluice/config/parse.h"
#include "sluice/config/reader.h"

namespace sluice::log {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() {
    AddExtensions(registry_);
    char name[] = "/tmp/sluice_log_test_XXXXXX";
    dir_ = mkdtemp(name);
    manager_ = std::make_unique<AccessLogManager>(AccessLogManager::Options{}, store_);
  }
  ~AccessLogTest() override {
    manager_.reset();
    std::filesystem::remove_all(dir_);
  }

  // The text of one element of `access_log`.
  AccessLogConfig Parse(const std::string& yaml) {
    AccessLogConfig config;
    const auto node = config::ReadText("test.yaml", yaml, config::Format::kYaml, {}, problems_);
    if (node) config::Parse(*node, {.extensions = &registry_}, problems_, config);
    return config;
  }

  std::shared_ptr<const AccessLogSet> Make(const std::string& yaml) {
    std::vector<AccessLogConfig> configs;
    configs.push_back(Parse(yaml));
    return problems_.ok() ? manager_->Make(configs, problems_) : nullptr;
  }

  std::string FileLog(const std::string& format, const std::string& filter = "") {
    return "name: envoy.access_loggers.file\n" + filter +
           "typed_config:\n"
           "  \"@type\": "
           "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog\n"
           "  path: " +
           dir_ + "/log\n  " + format + "\n";
  }

  // What the exchange leaves in the file through this filter, "" or "x".
  bool Passes(const std::string& filter, EntryType type = EntryType::kDownstreamEnd) {
    std::filesystem::remove(dir_ + "/log");
    const auto log = Make(FileLog("log_format: {text_format_source: {inline_string: x}}", filter));
    EXPECT_NE(log, nullptr) << problems_.Text();
    if (log == nullptr) return false;
    manager_->Reopen();
    manager_->Flush();
    FormatContext context = exchange_.context();
    context.type = type;
    log->Write(context, manager_->queue(0));
    manager_->Flush();
    return ReadAll(dir_ + "/log") == "x";
  }

  std::string ErrorOf(const std::string& yaml) {
    Make(yaml);
    return problems_.Text();
  }

  config::ExtensionRegistry registry_;
  config::Problems problems_;
  stats::Store store_{3};
  std::string dir_;
  std::unique_ptr<AccessLogManager> manager_;
  Exchange exchange_;
};

TEST_F(AccessLogTest, LinesOfTheDefaultFormatReachTheFile) {
  const auto log = Make(FileLog(""));
  ASSERT_NE(log, nullptr) << problems_.Text();
  log->Write(exchange_.context(), manager_->queue(1));
  log->Write(exchange_.context(), manager_->queue(2));
  manager_->Flush();
  const std::string text = ReadAll(dir_ + "/log");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_TRUE(text.starts_with("[2023-11-14T22:13:20.123Z] \"GET /a?x=1&y=two HTTP/1.1\" 200 - "));
  EXPECT_EQ(store_.CounterValue("filesystem.write_buffered"), 2u);
  EXPECT_EQ(store_.CounterValue("filesystem.write_dropped"), 0u);
}

TEST_F(AccessLogTest, JsonLinesEndWithANewline) {
  const auto log =
      Make(FileLog("log_format: {json_format: {status: \"%RESPONSE_CODE%\", a: {b: 1}}}"));
  ASSERT_NE(log, nullptr) << problems_.Text();
  log->Write(exchange_.context(), manager_->queue(1));
  manager_->Flush();
  EXPECT_EQ(ReadAll(dir_ + "/log"), "{\"a\":{\"b\":1},\"status\":200}\n");
}

TEST_F(AccessLogTest, DeprecatedFormatFieldsWorkWithAWarning) {
  const auto log = Make(FileLog("format: \"%PROTOCOL%\\n\""));
  ASSERT_NE(log, nullptr) << problems_.Text();
  log->Write(exchange_.context(), manager_->queue(1));
  manager_->Flush();
  EXPECT_EQ(ReadAll(dir_ + "/log"), "HTTP/1.1\n");
  EXPECT_EQ(problems_.warnings(), 1u);
}

TEST_F(AccessLogTest, ReopenFollowsARotation) {
  const auto log = Make(FileLog("log_format: {text_format_source: {inline_string: \"x\\n\"}}"));
  ASSERT_NE(log, nullptr) << problems_.Text();
  log->Write(exchange_.context(), manager_->queue(1));
  manager_->Flush();
  std::filesystem::rename(dir_ + "/log", dir_ + "/log.1");
  log->Write(exchange_.context(), manager_->queue(1));
  manager_->Reopen();
  manager_->Flush();
  log->Write(exchange_.context(), manager_->queue(1));
  manager_->Flush();
  EXPECT_EQ(ReadAll(dir_ + "/log.1"), "x\nx\n");
  EXPECT_EQ(ReadAll(dir_ + "/log"), "x\n");
}

TEST_F(AccessLogTest, ReopenThatFailsKeepsTheOldFile) {
  const auto log = Make(FileLog("log_format: {text_format_source: {inline_string: \"x\\n\"}}"));
  ASSERT_NE(log, nullptr) << problems_.Text();
  std::filesystem::rename(dir_ + "/log", dir_ + "/log.1");
  std::filesystem::create_directory(dir_ + "/log");
  manager_->Reopen();
  manager_->Flush();
  log->Write(exchange_.context(), manager_->queue(1));
  manager_->Flush();
  EXPECT_EQ(ReadAll(dir_ + "/log.1"), "x\n");
  EXPECT_EQ(store_.CounterValue("filesystem.reopen_failed"), 1u);
}

TEST_F(AccessLogTest, APipeWhoseReaderSleepsStallsNobody) {
  const std::string pipe = dir_ + "/log";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  const auto log = Make(FileLog(""));
  ASSERT_NE(log, nullptr) << problems_.Text();
  for (int i = 0; i < 100'000; ++i) log->Write(exchange_.context(), manager_->queue(1));
  manager_->Flush();  // comes back although the pipe is full
  EXPECT_GT(store_.CounterValue("filesystem.write_dropped") +
                store_.CounterValue("filesystem.write_overflow"),
            0u);
  char buffer[4096];
  EXPECT_GT(read(reader, buffer, sizeof(buffer)), 0);
  close(reader);
}

// Run under tsan.
TEST_F(AccessLogTest, ManyWorkersOneFile) {
  const auto log =
      Make(FileLog("log_format: {text_format_source: {inline_string: \"12345678\\n\"}}"));
  ASSERT_NE(log, nullptr) << problems_.Text();
  constexpr int kLines = 20'000;
  std::vector<std::thread> workers;
  for (uint32_t slot = 1; slot < 3; ++slot) {
    workers.emplace_back([&, slot] {
      const Exchange exchange;
      for (int i = 0; i < kLines; ++i) log->Write(exchange.context(), manager_->queue(slot));
    });
  }
  for (int i = 0; i < 10; ++i) manager_->Reopen();
  for (auto& worker : workers) worker.join();
  manager_->Flush();
  const uint64_t lost = store_.CounterValue("filesystem.write_dropped");
  EXPECT_EQ(ReadAll(dir_ + "/log").size(), (2 * kLines - lost) * 9);
}

TEST_F(AccessLogTest, WhatIsLeftIsWrittenAtTheEnd) {
  const auto log = Make(FileLog("log_format: {text_format_source: {inline_string: \"x\\n\"}}"));
  log->Write(exchange_.context(), manager_->queue(1));
  manager_.reset();
  EXPECT_EQ(ReadAll(dir_ + "/log"), "x\n");
}

TEST_F(AccessLogTest, FiltersLetPassWhatTheySay) {
  const std::string head = "filter: ";
  const std::string not_found = head + "{status_code_filter: {comparison: {op: GE, value: ";
  EXPECT_TRUE(Passes(not_found + "{default_value: 200, runtime_key: k}}}}\n"));
  EXPECT_FALSE(Passes(not_found + "{default_value: 201, runtime_key: k}}}}\n"));
  EXPECT_TRUE(Passes(
      head +
      "{duration_filter: {comparison: {op: LE, value: {default_value: 8, runtime_key: k}}}}\n"));
  EXPECT_FALSE(Passes(
      head +
      "{duration_filter: {comparison: {op: NE, value: {default_value: 8, runtime_key: k}}}}\n"));
  EXPECT_TRUE(Passes(head + "{not_health_check_filter: {}}\n"));
  EXPECT_FALSE(Passes(head + "{traceable_filter: {}}\n"));
  EXPECT_FALSE(Passes(head + "{runtime_filter: {runtime_key: k}}\n"));
  EXPECT_TRUE(
      Passes(head + "{runtime_filter: {runtime_key: k, percent_sampled: {numerator: 100}}}\n"));
  EXPECT_TRUE(Passes(
      head + "{header_filter: {header: {name: user-agent, string_match: {prefix: curl}}}}\n"));
  EXPECT_FALSE(Passes(head + "{header_filter: {header: {name: x-none, present_match: true}}}\n"));
  EXPECT_FALSE(Passes(head + "{response_flag_filter: {}}\n"));
  EXPECT_TRUE(Passes(head + "{grpc_status_filter: {statuses: [UNKNOWN]}}\n"));
  EXPECT_FALSE(Passes(head + "{grpc_status_filter: {statuses: [UNKNOWN], exclude: true}}\n"));
  EXPECT_TRUE(Passes(head + "{log_type_filter: {types: [DownstreamEnd]}}\n"));
  EXPECT_FALSE(
      Passes(head + "{log_type_filter: {types: [DownstreamEnd]}}\n", EntryType::kDownstreamStart));
  EXPECT_TRUE(Passes(
      head + "{or_filter: {filters: [{traceable_filter: {}}, {not_health_check_filter: {}}]}}\n"));
  EXPECT_FALSE(Passes(
      head + "{and_filter: {filters: [{traceable_filter: {}}, {not_health_check_filter: {}}]}}\n"));
  EXPECT_TRUE(Passes(
      head +
      "{metadata_filter: {matcher: {filter: f, path: [{key: k}], value: {bool_match: true}}}}\n"));
  EXPECT_FALSE(Passes(head + "{metadata_filter: {matcher: {filter: f, path: [{key: k}], value: "
                             "{bool_match: true}}, match_if_key_not_found: false}}\n"));
}

TEST_F(AccessLogTest, FlagsAndMetadataPassWhenTheyAreThere) {
  exchange_.info.flags.Set(stream::ResponseFlag::kNoRouteFound);
  exchange_.info.dynamic_metadata("f").emplace("k", Value(true));
  EXPECT_TRUE(Passes("filter: {response_flag_filter: {}}\n"));
  EXPECT_TRUE(Passes("filter: {response_flag_filter: {flags: [UF, NR]}}\n"));
  EXPECT_FALSE(Passes("filter: {response_flag_filter: {flags: [UF]}}\n"));
  EXPECT_TRUE(
      Passes("filter: {metadata_filter: {matcher: {filter: f, path: [{key: k}], value: "
             "{bool_match: true}}}}\n"));
  EXPECT_FALSE(
      Passes("filter: {metadata_filter: {matcher: {filter: f, path: [{key: k}], value: "
             "{bool_match: false}}}}\n"));
}

TEST_F(AccessLogTest, AFileThatCannotBeCreatedIsAConfigError) {
  const std::string error = ErrorOf(
      "name: envoy.access_loggers.file\n"
      "typed_config:\n"
      "  \"@type\": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog\n"
      "  path: " +
      dir_ + "/none/log\n");
  EXPECT_NE(
      error.find("cannot open the access log " + dir_ + "/none/log: No such file or directory"),
      std::string::npos)
      << error;
}

TEST_F(AccessLogTest, MistakesPointAtTheirPlace) {
  const std::string error =
      ErrorOf(FileLog("log_format: {text_format_source: {inline_string: \"%RESPONSE_COD%\"}}"));
  EXPECT_NE(error.find("test.yaml:5:"), std::string::npos) << error;
  EXPECT_NE(error.find("unknown command operator %RESPONSE_COD%; did you mean %RESPONSE_CODE%?"),
            std::string::npos)
      << error;
}

TEST_F(AccessLogTest, UnknownFlagsAndExtensionFiltersAreRefused) {
  EXPECT_NE(ErrorOf(FileLog("", "filter: {response_flag_filter: {flags: [XX]}}\n"))
                .find("unknown response flag `XX`"),
            std::string::npos);
  EXPECT_NE(ErrorOf(FileLog("", "filter: {extension_filter: {name: cel}}\n")).find("CEL"),
            std::string::npos);
}

}  // namespace
}  // namespace sluice::log

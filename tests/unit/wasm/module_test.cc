// The rewriter against the engine itself; a tiny assembler stands in for a compiler.
#include "sluice/wasm/module.h"

#include <csignal>

#include <gtest/gtest.h>

#include "binary.h"
#include "sluice/wasm/engine_loader.h"

namespace sluice::wasm {
namespace {

std::string Section(char id, const std::string& content) {
  std::string out(1, id);
  PutName(out, content);
  return out;
}
std::string B(std::initializer_list<uint8_t> bytes) {
  std::string out;
  PutBytes(out, bytes);
  return out;
}
std::string Body(const std::string& code) {
  std::string out;
  PutName(out, B({0}) + code + B({0x0b}));
  return out;
}
std::string Export(std::string_view name, uint8_t kind, uint8_t index) {
  std::string out;
  PutName(out, name);
  return out + B({kind, index});
}

// import env.host (i32) -> i32; functions: 1 proxy_on_spin: loop; 2 proxy_on_deep: calls itself;
// 3 proxy_on_call: host(7); 4 grow: memory.grow(argument); 5 proxy_on_extra: `extra`
std::string MakeTestModule(const std::string& extra = "", uint8_t memory_flags = 0) {
  std::string code("\0asm\1\0\0\0", 8);
  code += Section(1, B({3, 0x60, 1, 0x7f, 1, 0x7f, 0x60, 0, 0, 0x60, 0, 1, 0x7f}));
  code += Section(2, B({1, 3, 'e', 'n', 'v', 4, 'h', 'o', 's', 't', 0, 0}));
  code += Section(3, B({5, 1, 1, 2, 0, 1}));
  code += Section(5, memory_flags == 0 ? B({1, 0, 1}) : B({1, memory_flags, 1, 2}));
  code += Section(7, B({6}) + Export("memory", 2, 0) + Export("proxy_on_spin", 0, 1) +
                         Export("proxy_on_deep", 0, 2) + Export("proxy_on_call", 0, 3) +
                         Export("grow", 0, 4) + Export("proxy_on_extra", 0, 5));
  code += Section(10, B({5}) + Body(B({0x03, 0x40, 0x0c, 0, 0x0b})) + Body(B({0x10, 2, 0x10, 2})) +
                          Body(B({0x41, 7, 0x10, 0})) + Body(B({0x20, 0, 0x40, 0})) + Body(extra));
  return code;
}

struct Host : HostCalls {
  bool OnHostCall(size_t function, const uint64_t* arguments, uint32_t& result) override {
    if (nested >= 0 && depth++ == 0) {
      instance->Call(nested, {});
      depth = 0;
    }
    seen = {function, arguments[0]};
    result = static_cast<uint32_t>(arguments[0]) + 1;
    return !refuse;
  }
  std::pair<size_t, uint64_t> seen;
  Instance* instance = nullptr;
  int nested = -1;
  int depth = 0;
  bool refuse = false;
};

class ModuleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto engine = LoadEngine();
    if (!engine) GTEST_SKIP() << engine.error().detail;
    engine_ = *engine;
  }
  void Make(const std::string& code) {
    auto module = MakeModule(code, limits_);
    ASSERT_TRUE(module) << module.error().detail;
    module_ = std::move(*module);
    ASSERT_EQ(engine_->Check(module_.code), "");
    std::string error;
    instance_ = engine_->Make(module_.code, module_.imports, host_, error);
    ASSERT_NE(instance_, nullptr) << error;
    host_.instance = instance_.get();
  }
  CallResult Call(std::string_view name, std::vector<uint32_t> arguments = {}) {
    const int function = instance_->FindFunction(name);
    EXPECT_GE(function, 0) << name;
    return instance_->Call(function, arguments);
  }

  ModuleLimits limits_{.max_steps = 100'000, .max_pages = 16};
  Engine* engine_ = nullptr;
  Module module_;
  Host host_;
  std::unique_ptr<Instance> instance_;
};

TEST_F(ModuleTest, CallsBothWays) {
  Make(MakeTestModule());
  const CallResult result = Call("proxy_on_call");
  EXPECT_FALSE(result.trapped) << result.trap;
  EXPECT_EQ(result.value, 8U);
  EXPECT_EQ(host_.seen, (std::pair<size_t, uint64_t>{0, 7}));
  ASSERT_EQ(module_.imports.size(), 1U);
  EXPECT_EQ(module_.imports[0].parameters, "i");
}

TEST_F(ModuleTest, AnEndlessLoopIsStopped) {
  Make(MakeTestModule());
  EXPECT_TRUE(Call("proxy_on_spin").trapped);
  EXPECT_EQ(Call(kStepsLeft).value, 0U);
}

TEST_F(ModuleTest, EndlessRecursionIsStopped) {
  limits_.max_steps = 1'000'000'000;  // the engine's stack ends before
  Make(MakeTestModule());
  EXPECT_TRUE(Call("proxy_on_deep").trapped);
}

TEST_F(ModuleTest, EachCallFromOutsideHasItsOwnSteps) {
  Make(MakeTestModule());
  for (int i = 0; i < 1000; ++i) ASSERT_FALSE(Call("proxy_on_call").trapped);
  EXPECT_GT(Call(kStepsLeft).value, limits_.max_steps - 10);
}

TEST_F(ModuleTest, ACallInsideOfAnotherSharesItsSteps) {
  // loop { host(7); br 0 }: the host calls back each time
  Make(MakeTestModule(B({0x03, 0x40, 0x41, 7, 0x10, 0, 0x1a, 0x0c, 0, 0x0b})));
  host_.nested = instance_->FindFunction("proxy_on_call");
  EXPECT_TRUE(Call("proxy_on_extra").trapped);
  EXPECT_EQ(Call(kStepsLeft).value, 0U);
}

TEST_F(ModuleTest, TheEngineLeavesSigusr1ToUs) {
  Make(MakeTestModule());
  struct sigaction ours = {};
  struct sigaction its = {};
  sigaction(SIGUSR1, nullptr, &ours);
  sigaction(SIGRTMIN + 3, nullptr, &its);
  EXPECT_EQ(ours.sa_handler, SIG_DFL);
  EXPECT_NE(its.sa_handler, SIG_DFL);
}

TEST_F(ModuleTest, TheHostCanStopTheModule) {
  Make(MakeTestModule());
  host_.refuse = true;
  EXPECT_TRUE(Call("proxy_on_call").trapped);
}

TEST_F(ModuleTest, MemoryEndsAtTheLimitAndCanBeReadAfterItGrew) {
  Make(MakeTestModule());
  EXPECT_EQ(instance_->Memory().size(), 65536U);
  instance_->Memory()[65535] = 'x';
  EXPECT_EQ(Call("grow", {15}).value, 1U);
  EXPECT_EQ(instance_->Memory().size(), size_t{16} * 65536);
  EXPECT_EQ(instance_->Memory()[65535], 'x');
  EXPECT_EQ(Call("grow", {1}).value, UINT32_MAX);
}

TEST_F(ModuleTest, TheModuleCannotReachTheCounter) {
  // i32.const 99; global.set 0, which is the counter once it has been added
  EXPECT_FALSE(MakeModule(MakeTestModule(B({0x41, 99, 0x24, 0})), limits_));
}

TEST_F(ModuleTest, WhatIsNoModuleIsRefused) {
  const std::string good = MakeTestModule();
  for (size_t size = 0; size < good.size(); ++size) {
    auto module = MakeModule(good.substr(0, size), limits_);
    if (!module) continue;
    EXPECT_NE(engine_->Check(module->code), "") << size;
  }
  EXPECT_FALSE(MakeModule(MakeTestModule(B({0xfe, 0x03, 0x00})), limits_)) << "threads";
  EXPECT_FALSE(MakeModule(MakeTestModule("", 3), limits_)) << "shared memory";
  limits_.max_pages = 0;
  EXPECT_FALSE(MakeModule(good, limits_)) << "too much memory from the start";
}

}  // namespace
}  // namespace sluice::wasm

#include "code_rewriter.h"

#include "binary.h"

namespace sluice::wasm {
namespace {

// if (steps == 0) trap; steps = steps - 1
void PutStep(std::string& out, uint32_t steps) {
  PutBytes(out, {0x23});  // global.get
  PutU32(out, steps);
  PutBytes(out, {0x45, 0x04, 0x40, 0x00, 0x0b});  // i32.eqz, if, unreachable, end
  PutBytes(out, {0x23});
  PutU32(out, steps);
  PutBytes(out, {0x41, 0x01, 0x6b, 0x24});  // i32.const 1, i32.sub, global.set
  PutU32(out, steps);
}

void SkipMemoryArgument(BinaryReader& in) {
  const uint32_t alignment = in.U32();
  if ((alignment & 0x40) != 0) in.U32();  // a memory's index
  in.U64();
}

void SkipIndices(BinaryReader& in, int count) {
  for (int i = 0; i < count; ++i) in.U32();
}

void SkipVector(BinaryReader& in) {
  for (uint32_t count = in.U32(); count > 0 && in.ok(); --count) in.U32();
}

// Prefix 0xfc: conversions without a trap, bulk memory, tables.
void SkipBulk(BinaryReader& in) {
  const uint32_t code = in.U32();
  if (code <= 7) return;
  if (code > 17) return in.Fail();
  static constexpr int kIndices[] = {2, 1, 2, 1, 2, 1, 2, 1, 1, 1};
  SkipIndices(in, kIndices[code - 8]);
}

// Prefix 0xfd: vectors.
void SkipVectorInstruction(BinaryReader& in) {
  const uint32_t code = in.U32();
  if (code <= 11 || code == 92 || code == 93) return SkipMemoryArgument(in);
  if (code == 12 || code == 13) {
    in.Bytes(16);
  } else if (code >= 21 && code <= 34) {
    in.Byte();
  } else if (code >= 84 && code <= 91) {
    SkipMemoryArgument(in);
    in.Byte();
  } else if (code > 0x113) {
    in.Fail();
  }
}

void SkipTryTable(BinaryReader& in) {
  in.SkipSigned(5);
  for (uint32_t count = in.U32(); count > 0 && in.ok(); --count) {
    const uint8_t kind = in.Byte();
    SkipIndices(in, kind <= 1 ? 2 : 1);
  }
}

// What follows an opcode, but for those that RewriteBody looks at itself.
void SkipImmediates(uint8_t code, BinaryReader& in) {
  if (code >= 0x28 && code <= 0x3e) return SkipMemoryArgument(in);
  if (code >= 0x45 && code <= 0xc4) return;
  switch (code) {
    case 0x00:
    case 0x01:
    case 0x05:
    case 0x0a:
    case 0x0b:
    case 0x0f:
    case 0x19:
    case 0x1a:
    case 0x1b:
    case 0xd1: return;
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x06:
    case 0xd0:  // block types, heap types
      return in.SkipSigned(5);
    case 0x07:
    case 0x08:
    case 0x09:
    case 0x0c:
    case 0x0d:
    case 0x10:
    case 0x12:
    case 0x18:
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
    case 0x25:
    case 0x26:
    case 0x3f:
    case 0x40:
    case 0xd2: return SkipIndices(in, 1);
    case 0x0e:  // br_table
      SkipVector(in);
      return SkipIndices(in, 1);
    case 0x11:
    case 0x13:  // call_indirect
      return SkipIndices(in, 2);
    case 0x1c: return SkipVector(in);
    case 0x1f: return SkipTryTable(in);
    case 0x41: return in.SkipSigned(5);
    case 0x42: return in.SkipSigned(10);
    case 0x43: in.Bytes(4); return;
    case 0x44: in.Bytes(8); return;
    case 0xfc: return SkipBulk(in);
    case 0xfd: return SkipVectorInstruction(in);
    default: return in.Fail();  // threads, garbage collection and what is not known
  }
}

}  // namespace

bool RewriteBody(std::string_view body, uint32_t steps, std::string& out) {
  constexpr uint8_t kLoop = 0x03;
  constexpr uint8_t kGlobalSet = 0x24;
  BinaryReader in(body);
  for (uint32_t groups = in.U32(); groups > 0 && in.ok(); --groups) {
    in.U32();
    in.Byte();  // locals: how many, of which type
  }
  out.append(in.Since(0));
  PutStep(out, steps);
  while (!in.at_end()) {
    const size_t start = in.position();
    const uint8_t code = in.Byte();
    if (code == kGlobalSet) {
      if (in.U32() >= steps) return false;
    } else {
      SkipImmediates(code, in);
    }
    out.append(in.Since(start));
    if (code == kLoop) PutStep(out, steps);
  }
  return in.ok();
}

}  // namespace sluice::wasm

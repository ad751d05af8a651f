// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// RAND, RAND_INTEGER, UUID. With a seed the numbers are those of java.util.Random, as users of
// Flink see them: a literal seed starts one sequence that all rows draw from, a seed that varies
// starts one for each row. Source: java.util.Random's documentation, which fixes the linear
// congruential generator.
#include "weir/function/math.h"

namespace weir {
namespace {

class JavaRandom {
 public:
  explicit JavaRandom(int64_t seed) : state_((static_cast<uint64_t>(seed) ^ kMultiplier) & kMask) {}
  int32_t Next(int bits) {
    state_ = (state_ * kMultiplier + 0xB) & kMask;
    return static_cast<int32_t>(static_cast<int64_t>(state_ << 16) >> (64 - bits));
  }
  double NextDouble() {
    int64_t high = static_cast<int64_t>(static_cast<uint32_t>(Next(26)) & 0x3ffffff) << 27;
    return static_cast<double>(high + (static_cast<uint32_t>(Next(27)) & 0x7ffffff)) * 0x1.0p-53;
  }
  /// Below `bound`, which is positive.
  int32_t NextInt(int32_t bound) {
    int32_t bits = Next(31) & 0x7fffffff;
    if ((bound & (bound - 1)) == 0) return static_cast<int32_t>((int64_t{bound} * bits) >> 31);
    int32_t value = bits % bound;
    while (int64_t{bits} - value + (bound - 1) > INT32_MAX) {
      bits = Next(31) & 0x7fffffff;
      value = bits % bound;
    }
    return value;
  }

 private:
  static constexpr uint64_t kMultiplier = 0x5DEECE66DULL;
  static constexpr uint64_t kMask = (uint64_t{1} << 48) - 1;
  uint64_t state_;
};

/// The next 64 random bits of the context (splitmix64).
uint64_t NextBits(KernelContext& context) {
  uint64_t fallback = static_cast<uint64_t>(context.now_micros);
  uint64_t& state = context.random_state != nullptr ? *context.random_state : fallback;
  uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Status RandKernel(KernelContext& context, const ColumnVector&, int64_t n, ColumnPtr* out) {
  WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<double>(n, context.pool));
  double* values = OutputValues<double>(*column);
  JavaRandom random(static_cast<int64_t>(NextBits(context)));
  for (int64_t i = 0; i < n; ++i) values[i] = random.NextDouble();
  *out = std::move(column);
  return Status::OK();
}

/// Calls draw(random, i) for every row: with one generator for a literal seed, else one a row from
/// `seeds`.
template <typename Draw>
void DrawRows(const std::shared_ptr<JavaRandom>& random, const Column& seeds, int64_t n,
              const Draw& draw) {
  Reader<int32_t> seed(seeds);
  for (int64_t i = 0; i < n; ++i) {
    if (random != nullptr) {
      draw(*random, i);
    } else {
      JavaRandom fresh(seed[i]);
      draw(fresh, i);
    }
  }
}

std::shared_ptr<JavaRandom> RandomOfLiteral(const CallInfo& call) {
  auto seed = LiteralInt(call, 0);
  return seed ? std::make_shared<JavaRandom>(*seed) : nullptr;
}

Result<Kernel> MakeSeededRand(const CallInfo& call) {
  std::shared_ptr<JavaRandom> random = RandomOfLiteral(call);
  return Kernel([random](KernelContext& context, const ColumnVector& args, int64_t n,
                         ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<double>(n, context.pool));
    double* values = OutputValues<double>(*column);
    DrawRows(random, *args[0], n, [&](JavaRandom& r, int64_t i) { values[i] = r.NextDouble(); });
    *out = std::move(column);
    return Status::OK();
  });
}

/// RAND_INTEGER(bound) and RAND_INTEGER(seed, bound).
Result<Kernel> MakeRandInteger(const CallInfo& call) {
  bool seeded = call.arg_types.size() == 2;
  std::shared_ptr<JavaRandom> random = seeded ? RandomOfLiteral(call) : nullptr;
  return Kernel([seeded, random](KernelContext& context, const ColumnVector& args, int64_t n,
                                 ColumnPtr* out) -> Status {
    WEIR_ASSIGN_OR_RETURN(auto column, AllocateOutput<int32_t>(n, context.pool));
    WEIR_ASSIGN_OR_RETURN(BufferPtr valid, ArgumentValidity(args, n, context.pool));
    int32_t* values = OutputValues<int32_t>(*column);
    Reader<int32_t> bound(*args[seeded ? 1 : 0]);
    auto source = random;
    if (!seeded) source = std::make_shared<JavaRandom>(static_cast<int64_t>(NextBits(context)));
    DrawRows(source, *args[0], n, [&](JavaRandom& r, int64_t i) {
      values[i] = 0;
      if (valid != nullptr && !GetBit(valid->data(), i)) return;
      if (bound[i] > 0) {
        values[i] = r.NextInt(bound[i]);
      } else {
        context.errors->Add(i, "bound must be positive");
      }
    });
    *out = std::move(column);
    return Status::OK();
  });
}

Status UuidKernel(KernelContext& context, const ColumnVector&, int64_t n, ColumnPtr* out) {
  StringColumnWriter writer(n, context.pool);
  WEIR_RETURN_NOT_OK(writer.status());
  for (int64_t i = 0; i < n; ++i) {
    uint64_t high = (NextBits(context) & ~uint64_t{0xf000}) | 0x4000;  // Version 4,
    uint64_t low = (NextBits(context) >> 2) | (uint64_t{2} << 62);     // variant 1.
    writer.Set(i,
               fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                           high & 0xffff, low >> 48, low & 0xffffffffffffULL));
  }
  WEIR_ASSIGN_OR_RETURN(*out, writer.Finish());
  return Status::OK();
}

ScalarFunction RandomFunction(const char* name, const char* signature, const char* description,
                              const char* example) {
  ScalarFunction function{.name = name, .family = "arithmetic"};
  function.signatures = signature;
  function.description = description;
  function.example = example;
  function.deterministic = false;
  return function;
}

}  // namespace

void RegisterRandom(FunctionRegistry* registry) {
  Arg integer = Arg::Exact(DataType::Int());
  ScalarFunction rand =
      RandomFunction("RAND", "RAND()\nRAND(seed <INTEGER>)",
                     "Returns a random number from 0 up to 1, 1 excluded.", "RAND() < 1");
  rand.overloads = {
      {.returns = [](const CallInfo&) -> Result<DataType> { return DataType::Double().NotNull(); },
       .kernel = Stateless(RandKernel)},
      {.args = {integer}, .returns = ReturnType(DataType::Double()), .kernel = MakeSeededRand}};
  registry->Add(std::move(rand));
  ScalarFunction rand_integer = RandomFunction(
      "RAND_INTEGER",
      "RAND_INTEGER(bound <INTEGER>)\nRAND_INTEGER(seed <INTEGER>, bound <INTEGER>)",
      "Returns a random integer from 0 up to a bound, the bound excluded.", "RAND_INTEGER(6) < 6");
  rand_integer.may_fail = true;
  rand_integer.overloads = {
      {.args = {integer}, .returns = ReturnType(DataType::Int()), .kernel = MakeRandInteger},
      {.args = {integer, integer},
       .returns = ReturnType(DataType::Int()),
       .kernel = MakeRandInteger}};
  registry->Add(std::move(rand_integer));
  ScalarFunction uuid = RandomFunction("UUID", "UUID()", "Returns a random UUID (type 4).",
                                       "CHAR_LENGTH(UUID()) = 36");
  uuid.overloads = {
      {.returns = [](const CallInfo&) -> Result<DataType> { return DataType::Char(36).NotNull(); },
       .kernel = Stateless(UuidKernel)}};
  registry->Add(std::move(uuid));
}

}  // namespace weir

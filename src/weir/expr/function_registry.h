// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The registry of scalar, aggregate and table functions. A function family is one file in function/
// with one registration an overload:
//
//   registry.Add(ScalarFunction{
//       .name = "UPPER", .family = "string",
//       .signatures = "UPPER(string)", .description = "Returns the string in upper case.", .example
//       = "UPPER('a') = 'A'", .overloads = {{.args = {Arg::Character()}, .returns = ReturnString,
//       .kernel = Stateless(UpperKernel)}}});
//
// A kernel works on whole columns; it sees only flat and constant ones (the evaluator decodes or
// maps dictionaries, folds constants, computes common sub-expressions once and calls kernels only
// with the rows that reach them).
#pragma once

#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/expr/expression.h"

namespace weir {

struct TimeZone;

/// Session facts that functions depend on; fixed for a query.
struct FunctionConfig {
  std::string time_zone = "UTC";        // table.local-time-zone
  bool legacy_cast = false;             // table.exec.legacy-cast-behaviour
  int64_t result_bytes_max = 64 << 20;  // One string made by REPEAT, LPAD ... may not be longer.
  int64_t regex_steps_max = 1'000'000;  // Backtracking steps per match.
  int64_t query_start_micros = 0;       // For NOW(), CURRENT_* in batch mode (one value a query).
  bool is_streaming = true;
};

/// Row-level errors of one kernel call, as data: which rows failed and why. The evaluator decides
/// what becomes of them (a failed row nobody wants is no error; TRY_CAST turns them into NULL).
class RowErrors {
 public:
  /// Marks row `row` as failed. Only the message of the lowest row is kept.
  void Add(int64_t row, std::string message);
  bool empty() const { return rows_.empty(); }
  const std::vector<int64_t>& rows() const { return rows_; }
  int64_t first_row() const { return first_row_; }
  const std::string& first_message() const { return first_message_; }
  void Clear();

 private:
  std::vector<int64_t> rows_;
  int64_t first_row_ = -1;
  std::string first_message_;
};

/// What a kernel gets besides its arguments.
struct KernelContext {
  arrow::MemoryPool* pool = nullptr;  // Outputs are allocated here.
  RowErrors* errors = nullptr;        // Never null.
  int64_t now_micros = 0;  // Wall clock of this batch (PROCTIME, CURRENT_* while streaming).
  uint64_t* random_state = nullptr;  // For UUID, RAND without seed.
  /// The event time that the task has reached, in milliseconds; the least before any watermark.
  int64_t watermark_millis = std::numeric_limits<int64_t>::min();
};

/// What is known of a call when it is resolved and when its kernel is made.
struct CallInfo {
  std::vector<DataType> arg_types;
  std::vector<const Value*> literals;  // One an argument: its value if it is a literal, else null.
  DataType result_type;                // Valid when the kernel is made.
  const FunctionConfig* config = nullptr;
};

/// Computes `num_rows` rows. `args` are flat or constant, in the overload's types. *out gets a
/// column of the result type, flat or constant. With NullPolicy::kPropagate the framework adds the
/// arguments' NULLs to *out afterwards (the kernel may compute anything for such rows but must not
/// report errors for them: see ScalarFunction::null_policy).
using Kernel = std::function<Status(KernelContext& context, const ColumnVector& args,
                                    int64_t num_rows, ColumnPtr* out)>;
/// Makes a kernel for one call: compiles constant patterns, looks up time zones, picks the typed
/// loop.
using KernelFactory = std::function<Result<Kernel>(const CallInfo& call)>;
/// A kernel that needs nothing of the call.
KernelFactory Stateless(Status (*kernel)(KernelContext&, const ColumnVector&, int64_t, ColumnPtr*));

/// Type of the result; nullability as the rule says (most: nullable if any argument is, see
/// ForceNullable).
using ReturnRule = std::function<Result<DataType>(const CallInfo& call)>;

/// What an argument may be; with what it is converted to.
struct Arg {
  enum class Family : uint8_t {
    kAny,
    kExact,
    kBoolean,
    kInteger,
    kNumeric,
    kApproximate,
    kCharacter,
    kBinary,
    kString /* character or binary */,
    kDate,
    kTime,
    kTimestamp /* with or without zone */,
    kDatetime /* date, time, timestamp */,
    kInterval,
    kArray,
    kMap,
    kMultiset,
    kRow,
    kVariant,
    kSameAs,   // The same type as argument `same_as` after finding their common type.
    kLiteral,  // A literal of family `exact`'s kind.
  };
  Family family = Family::kAny;
  DataType exact =
      {};  // kExact: the argument is implicitly cast to it (its length and precision count).
  int same_as = -1;

  static Arg Any() { return {}; }
  static Arg Of(Family family) { return {family, {}, -1}; }
  static Arg Exact(DataType type) { return {Family::kExact, std::move(type), -1}; }
  static Arg Character() { return Of(Family::kCharacter); }
  static Arg Numeric() { return Of(Family::kNumeric); }
  static Arg Integer() { return Of(Family::kInteger); }
  static Arg SameAs(int argument) { return {Family::kSameAs, {}, argument}; }
};

struct Overload {
  std::vector<Arg> args = {};
  int optional_args = 0;  // How many of the last `args` may be missing.
  bool variadic = false;  // The last of `args` may repeat any number of times (at least once).
  ReturnRule returns = nullptr;
  KernelFactory kernel = nullptr;
  /// Replaces the matching of `args` altogether: coerces `types` in place or refuses. For CASE-like
  /// typing.
  std::function<Status(std::vector<DataType>* types, const CallInfo& call)> coerce = nullptr;
};

enum class NullPolicy : uint8_t {
  kPropagate,  // NULL if any argument is NULL; the framework does it.
  kKernel,     // The kernel decides.
};

struct ScalarFunction {
  std::string name;                      // Upper case.
  std::string family;                    // "string", "arithmetic", ... as in Flink's documentation.
  std::string signatures = {};           // "UPPER(string)"; several separated by newlines.
  std::string description = {};          // One sentence.
  std::string example = {};              // "UPPER('a') = 'A'".
  std::vector<Overload> overloads = {};  // The first that matches wins.
  NullPolicy null_policy = NullPolicy::kPropagate;
  bool deterministic = true;
  bool per_query =
      false;  // Non-deterministic, but one value a query in batch mode (NOW, CURRENT_DATE).
  bool may_fail = false;  // May report row errors.
  /// Refines may_fail for a call whose result type is known (CAST(INT AS BIGINT) never fails).
  std::function<bool(const CallInfo& call)> call_may_fail = nullptr;
  bool expensive = false;  // Worth gathering the rows that reach it (regex, JSON, ...).
  /// When set, MakeCall builds what this returns instead of a call (NULLIF is a CASE); `args` are
  /// not coerced yet. Null: the call stays a call.
  std::function<Result<std::shared_ptr<const Expr>>(const class FunctionRegistry& registry,
                                                    std::vector<std::shared_ptr<const Expr>> args,
                                                    const FunctionConfig& config)>
      expand = nullptr;
};

class AggregateFunction;  // expr/aggregate.h
struct TableFunction;     // expr/table_function.h

/// A resolved call: what the arguments must be cast to, and the result.
struct ResolvedCall {
  const ScalarFunction* function = nullptr;
  const Overload* overload = nullptr;
  std::vector<DataType> arg_types;
  DataType result_type;
};

/// Threads: filled once at start, read-only afterwards.
class FunctionRegistry {
 public:
  FunctionRegistry();
  ~FunctionRegistry();
  /// Adding a name again adds overloads to it (CEIL of numbers, CEIL of dates).
  void Add(ScalarFunction function);
  void AddAlias(std::string alias, std::string_view name);
  void Add(std::unique_ptr<AggregateFunction> function);
  void Add(TableFunction function);

  const ScalarFunction* FindScalar(std::string_view name) const;  // Any case.
  const AggregateFunction* FindAggregate(std::string_view name) const;
  const TableFunction* FindTable(std::string_view name) const;
  /// Canonical names of all functions, sorted, for SHOW FUNCTIONS, completion and nearest names.
  std::vector<std::string> Names() const;

  /// Picks the overload for the call. Errors: kInvalidQuery listing the supported signatures, or
  /// with the nearest name.
  Result<ResolvedCall> Resolve(std::string_view name, const CallInfo& call) const;
  /// Resolves and builds the call, adding implicit casts to the arguments.
  Result<ExprPtr> MakeCall(std::string_view name, std::vector<ExprPtr> args,
                           const FunctionConfig& config) const;

 private:
  struct Entries;
  std::unique_ptr<Entries> entries_;
};

/// Registers every built-in function (defined in function/all_functions.cc).
void RegisterBuiltinFunctions(FunctionRegistry* registry);

/// Type rules shared by the binder and the functions (expr/type_rules.cc).
/// The type to which both can be converted without surprise: Flink's
/// LogicalTypeMerging.findCommonType.
std::optional<DataType> CommonType(const std::vector<DataType>& types);
/// Whether a value of `from` converts to `to` without an explicit CAST: Flink's
/// LogicalTypeCasts.supportsImplicitCast.
bool CanImplicitlyCast(const DataType& from, const DataType& to);
/// Whether CAST(from AS to) exists: Flink's explicit cast matrix.
bool CanExplicitlyCast(const DataType& from, const DataType& to);
/// OK when CanExplicitlyCast, else kInvalidQuery in Flink's words, with Flink's advice.
Status CheckExplicitCast(const DataType& from, const DataType& to);
/// Result of + - * / % on DECIMALs, capped at 38 digits as Flink does
/// (LogicalTypeMerging.findAdditionDecimalType ...).
DataType DecimalSumType(const DataType& a, const DataType& b);
DataType DecimalProductType(const DataType& a, const DataType& b);
DataType DecimalQuotientType(const DataType& a, const DataType& b);
DataType DecimalModuloType(const DataType& a, const DataType& b);
/// TINYINT -> DECIMAL(3, 0), ..., BIGINT -> DECIMAL(19, 0); decimals themselves.
DataType AsDecimal(const DataType& integer_or_decimal);

}  // namespace weir

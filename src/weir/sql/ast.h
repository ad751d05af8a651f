// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The syntax tree of expressions, types and queries, as plain data. Statements are in statement.h,
// which includes this file.
//   price * (1 + tax)   AstExpr{AstOperator{kTimes, {AstColumnPath{price}, AstOperator{kPlus, {1,
//   AstColumnPath{tax}}}}}}
// Nothing here knows a type, a table or a function: names are what the user wrote, only unquoted.
// Invariants: every node has the span of its text; trees are immutable and shared once made; no
// tree is deeper than ParserLimits::depth_max, so recursion over it is safe. Read a node with
// `expr.As<AstCall>()` or std::visit(.., expr.node).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "weir/base/error.h"

namespace weir {

/// One name. `value` is without the back quotes.
struct Identifier {
  std::string value;
  bool quoted = false;
  SourceSpan span;
};
/// `catalog`.`database`.`table`, or fewer parts. Never empty where a name is required.
using ObjectPath = std::vector<Identifier>;

struct AstExpr;
struct AstType;
struct AstQuery;
struct AstTable;
using AstExprPtr = std::shared_ptr<const AstExpr>;
using AstTypePtr = std::shared_ptr<const AstType>;
using AstQueryPtr = std::shared_ptr<const AstQuery>;
using AstTablePtr = std::shared_ptr<const AstTable>;

// ---- Small parts
// -----------------------------------------------------------------------------------------------------

enum class TimeUnit : uint8_t {
  kYear,
  kQuarter,
  kMonth,
  kWeek,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kNanosecond,
  kDecade,
  kCentury,
  kMillennium,
  kEpoch,
  kDow,
  kIsoDow,
  kDoy,
  kIsoYear,
};
/// "YEAR", "MILLISECOND", "ISODOW", ...
std::string_view TimeUnitName(TimeUnit unit);

/// DAY(3) TO SECOND(6): start = kDay, end = kSecond, leading_precision = 3, fractional_precision
/// = 6.
struct AstIntervalQualifier {
  TimeUnit start = TimeUnit::kDay;
  std::optional<TimeUnit> end;
  std::optional<int> leading_precision;
  std::optional<int> fractional_precision;
  SourceSpan span;
};

enum class SortDirection : uint8_t { kDefault, kAscending, kDescending };
enum class NullsOrder : uint8_t { kDefault, kFirst, kLast };
struct AstSortItem {
  AstExprPtr expr;
  SortDirection direction = SortDirection::kDefault;
  NullsOrder nulls = NullsOrder::kDefault;
};

/// /*+ OPTIONS('k'='v'), BROADCAST(t1) */: one AstHint a name; `key` is empty in the list form.
struct AstHintArgument {
  std::optional<std::string> key;
  std::string value;
  SourceSpan span;
};
struct AstHint {
  Identifier name;
  std::vector<AstHintArgument> arguments;
  SourceSpan span;
};

// ---- Types
// -----------------------------------------------------------------------------------------------------------

enum class AstTypeKind : uint8_t {
  kChar,
  kVarchar,
  kString,
  kBoolean,
  kBinary,
  kVarbinary,
  kBytes,
  kDecimal,
  kTinyint,
  kSmallint,
  kInt,
  kBigint,
  kFloat,
  kDouble,
  kDate,
  kTime,
  kTimestamp,
  kTimestampTz,
  kTimestampLtz,
  kInterval,
  kArray,
  kMap,
  kMultiset,
  kRow,
  kStructured,
  kRaw,
  kVariant,
  kBitmap,
  kNull,
  kNamed,  // Any other name: `path`.
};

struct AstRowField {
  Identifier name;
  AstTypePtr type;
  std::optional<std::string> comment;
};

struct AstType {
  AstTypeKind kind = AstTypeKind::kNull;
  SourceSpan span;
  std::optional<int64_t> precision;  // VARCHAR(n), DECIMAL(p, s), TIMESTAMP(p), TIME(p), BINARY(n).
  std::optional<int64_t> scale;      // DECIMAL(p, s).
  std::optional<bool> nullable;      // Written NULL / NOT NULL; absent when neither was written.
  std::vector<AstTypePtr> children;  // ARRAY, MULTISET: one; MAP: key and value.
  std::vector<AstRowField> fields;   // ROW, STRUCTURED.
  std::optional<AstIntervalQualifier> interval;
  std::string class_name;  // STRUCTURED<'class', ..>, RAW('class', 'serializer').
  std::string serializer;  // RAW.
  ObjectPath path;         // kNamed.
  int depth = 1;           // Levels of this tree.
};

// ---- Expressions
// -----------------------------------------------------------------------------------------------------

enum class LiteralKind : uint8_t {
  kNull,
  kTrue,
  kFalse,
  kUnknown,
  kExactNumber,   // text "12.50": digits and at most one point, no sign
  kApproxNumber,  // text "1E-3"
  kString,        // text: the value, quotes and escapes resolved (also of U&'..' and _utf8'..')
  kBinary,        // text: the bytes themselves (of X'..')
  kDate,
  kTime,
  kTimestamp,
  kTimestampLtz,  // text: what stands between the quotes
};
struct AstLiteral {
  LiteralKind kind = LiteralKind::kNull;
  std::string text;
};

/// INTERVAL -'1-2' YEAR TO MONTH. `value` is set, and `text` unused, when something else than a
/// string follows: INTERVAL (x) DAY.
struct AstInterval {
  bool negative = false;
  std::string text;
  AstExprPtr value;
  AstIntervalQualifier qualifier;
};

/// a, t.a, db.t.a.field: what each part means is the binder's question.
struct AstColumnPath {
  ObjectPath path;
};
/// `*`, `t.*` (path), `f(x).*` (operand).
struct AstStar {
  ObjectPath path;
  AstExprPtr operand;
};

enum class AstOperatorKind : uint8_t {
  // Two or more operands, applied from the left: a chain of one operator is one node.
  kAnd,
  kOr,
  kPlus,
  kTimes,
  kConcat,
  // Two operands.
  kMinus,
  kDivide,
  kModulo,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kIsDistinctFrom,
  kIsNotDistinctFrom,
  kOverlaps,
  kContains,
  kPrecedes,
  kSucceeds,
  kImmediatelyPrecedes,
  kImmediatelySucceeds,
  kPeriodEquals,
  kMemberOf,
  kNotMemberOf,
  kSubmultisetOf,
  kNotSubmultisetOf,
  kMultisetUnion,
  kMultisetUnionDistinct,
  kMultisetIntersect,
  kMultisetIntersectDistinct,
  kMultisetExcept,
  kMultisetExceptDistinct,
  kAtTimeZone,
  // One operand.
  kNot,
  kNegate,
  kPositive,
  kIsNull,
  kIsNotNull,
  kIsTrue,
  kIsNotTrue,
  kIsFalse,
  kIsNotFalse,
  kIsUnknown,
  kIsNotUnknown,
  kIsASet,
  kIsNotASet,
  kIsEmpty,
  kIsNotEmpty,
  kRunning,
  kFinal,  // RUNNING LAST(A.x), FINAL LAST(A.x) in MATCH_RECOGNIZE.
};
struct AstOperator {
  AstOperatorKind op = AstOperatorKind::kAnd;
  std::vector<AstExprPtr> operands;
};

struct AstBetween {
  AstExprPtr operand, low, high;
  bool negated = false;
  bool symmetric = false;
};
struct AstInList {
  AstExprPtr operand;
  std::vector<AstExprPtr> items;
  bool negated = false;
};
struct AstInQuery {
  AstExprPtr operand;
  AstQueryPtr query;
  bool negated = false;
};
enum class LikeKind : uint8_t { kLike, kIlike, kRlike, kSimilarTo };
struct AstLike {
  LikeKind kind = LikeKind::kLike;
  AstExprPtr operand, pattern, escape;  // `escape` may be null.
  bool negated = false;
};
enum class Quantifier : uint8_t { kSome, kAll };  // ANY is SOME.
/// x > ALL (SELECT ..) or x = SOME (1, 2, 3): either `query` or `items`.
struct AstQuantified {
  AstOperatorKind op = AstOperatorKind::kEqual;
  Quantifier quantifier = Quantifier::kSome;
  AstExprPtr operand;
  AstQueryPtr query;
  std::vector<AstExprPtr> items;
};
struct AstExists {
  AstQueryPtr query;
};
/// (SELECT ..) as a value.
struct AstSubquery {
  AstQueryPtr query;
};
enum class JsonItemKind : uint8_t { kValue, kObject, kArray, kScalar };
struct AstIsJson {
  AstExprPtr operand;
  JsonItemKind item = JsonItemKind::kValue;
  bool negated = false;
};

struct AstWhen {
  AstExprPtr condition, result;
};
/// `operand` is null in CASE WHEN condition; `otherwise` is null without ELSE.
struct AstCase {
  AstExprPtr operand;
  std::vector<AstWhen> whens;
  AstExprPtr otherwise;
};
struct AstCast {
  AstExprPtr operand;
  AstTypePtr type;
  bool is_try = false;
};

enum class ConstructorKind : uint8_t {
  kRow,       // ROW(a, b)
  kTuple,     // (a, b), at least two
  kArray,     // ARRAY[a, b]
  kMap,       // MAP[k, v, k, v]
  kMultiset,  // MULTISET[a, b]
};
/// `query` instead of items: ARRAY(SELECT ..), MAP(..), MULTISET(..).
struct AstConstructor {
  ConstructorKind kind = ConstructorKind::kRow;
  std::vector<AstExprPtr> items;
  AstQueryPtr query;
};
/// operand[index]
struct AstSubscript {
  AstExprPtr operand, index;
};
/// operand.field where operand is no plain name: f(x).a, arr[1].a, (row).a
struct AstFieldAccess {
  AstExprPtr operand;
  Identifier field;
};

enum class FrameUnit : uint8_t { kRows, kRange, kGroups };
enum class FrameBoundKind : uint8_t {
  kUnboundedPreceding,
  kPreceding,
  kCurrentRow,
  kFollowing,
  kUnboundedFollowing
};
struct AstFrameBound {
  FrameBoundKind kind = FrameBoundKind::kCurrentRow;
  AstExprPtr offset;  // kPreceding and kFollowing.
};
struct AstFrame {
  FrameUnit unit = FrameUnit::kRows;
  AstFrameBound start;
  std::optional<AstFrameBound> end;  // Absent in the short form, where it is CURRENT ROW.
};
/// OVER (base PARTITION BY .. ORDER BY .. ROWS ..) or OVER name (only `base` set, `is_reference`).
struct AstWindowSpec {
  std::optional<Identifier> base;
  bool is_reference = false;
  std::vector<AstExprPtr> partition_by;
  std::vector<AstSortItem> order_by;
  std::optional<AstFrame> frame;
  std::optional<bool> allow_partial;
  SourceSpan span;
};

struct AstArgument {
  std::optional<Identifier> name;  // name => value
  AstExprPtr value;
};
enum class SetQuantifier : uint8_t { kNone, kDistinct, kAll };
enum class NullTreatment : uint8_t { kNone, kIgnoreNulls, kRespectNulls };

/// How a call was written. The arguments are in plain order in all forms; units and flags are
/// AstSymbol arguments.
enum class CallForm : uint8_t {
  kPlain,      // F(a, b)
  kNiladic,    // CURRENT_DATE
  kExtract,    // EXTRACT(unit FROM x)            -> unit, x
  kTo,         // FLOOR(x TO unit), CEIL          -> x, unit
  kSubstring,  // SUBSTRING(x FROM a [FOR b])     -> x, a, b
  kTrim,      // TRIM([BOTH|LEADING|TRAILING] [a] FROM x) -> flag (always there), a (may be null), x
  kPosition,  // POSITION(a IN x [FROM n])       -> a, x, n
  kOverlay,   // OVERLAY(x PLACING y FROM a [FOR b]) -> x, y, a, b
  kUsing,     // CONVERT(x USING y), TRANSLATE(x USING y) -> x, symbol
  kJson,  // JSON_*: the clauses are in AstCall::json; JSON_OBJECT's arguments are key, value, key,
          // value
};

enum class JsonBehaviorKind : uint8_t {
  kNull,
  kError,
  kDefault,
  kEmptyArray,
  kEmptyObject,
  kTrue,
  kFalse,
  kUnknown,
};
struct AstJsonBehavior {
  JsonBehaviorKind kind = JsonBehaviorKind::kNull;
  AstExprPtr default_value;
};
enum class JsonWrapper : uint8_t { kNone, kWithout, kConditional, kUnconditional };
enum class JsonNullClause : uint8_t { kNone, kNullOnNull, kAbsentOnNull };
enum class JsonQuotes : uint8_t { kNone, kKeep, kOmit };
/// The clauses of JSON_VALUE, JSON_QUERY, JSON_EXISTS, JSON_OBJECT, JSON_ARRAY, JSON_OBJECTAGG,
/// JSON_ARRAYAGG that were written.
struct AstJsonClauses {
  AstTypePtr returning;
  JsonWrapper wrapper = JsonWrapper::kNone;
  JsonQuotes quotes = JsonQuotes::kNone;
  JsonNullClause nulls = JsonNullClause::kNone;
  std::optional<AstJsonBehavior> on_empty;
  std::optional<AstJsonBehavior> on_error;
  std::vector<bool>
      format_json;  // One per value argument: FORMAT JSON stood behind it. Empty when none.
};

struct AstCall {
  ObjectPath name;
  CallForm form = CallForm::kPlain;
  SetQuantifier quantifier = SetQuantifier::kNone;
  std::vector<AstArgument> arguments;     // COUNT(*): one AstStar.
  std::vector<AstSortItem> order_by;      // ARRAY_AGG(x ORDER BY y)
  std::vector<AstSortItem> within_group;  // LISTAGG(x) WITHIN GROUP (ORDER BY y)
  NullTreatment nulls = NullTreatment::kNone;
  AstExprPtr filter;  // FILTER (WHERE ..)
  std::shared_ptr<const AstWindowSpec> over;
  std::shared_ptr<const AstJsonClauses> json;  // Set when form = kJson.
};

/// A keyword as an argument: DAY, BOTH, SECOND. Upper case.
struct AstSymbol {
  std::string text;
};
/// DESCRIPTOR(a, b)
struct AstDescriptor {
  std::vector<Identifier> columns;
};
/// TABLE t [PARTITION BY ..] [ORDER BY ..], TABLE (SELECT ..), or a nested table function call:
/// `table`.
struct AstTableArgument {
  AstTablePtr table;
  std::vector<AstExprPtr> partition_by;
  std::vector<AstSortItem> order_by;
};
/// MODEL m
struct AstModelArgument {
  ObjectPath model;
};
/// DEFAULT as an argument or in VALUES.
struct AstDefault {};
/// `?`, counted from 0.
struct AstParameter {
  int index = 0;
};

struct AstExpr {
  using Node = std::variant<AstLiteral, AstInterval, AstColumnPath, AstStar, AstOperator,
                            AstBetween, AstInList, AstInQuery, AstLike, AstQuantified, AstExists,
                            AstSubquery, AstIsJson, AstCase, AstCast, AstConstructor, AstSubscript,
                            AstFieldAccess, AstCall, AstSymbol, AstDescriptor, AstTableArgument,
                            AstModelArgument, AstDefault, AstParameter>;
  Node node;
  SourceSpan span;
  int depth = 1;  // Levels of this tree, subqueries included.

  /// The node if it is a T, else null.
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
};

// ---- FROM items
// ------------------------------------------------------------------------------------------------------

struct AstTableAlias {
  Identifier name;
  std::vector<Identifier> columns;
};

/// A named table, or a file ('flights.parquet', Weir's extension: `file` set, `path` empty).
struct AstTableName {
  ObjectPath path;
  std::optional<std::string> file;
};
/// (SELECT ..), VALUES (..) included.
struct AstDerivedTable {
  AstQueryPtr query;
  bool lateral = false;
};
/// TABLE(f(..)), LATERAL TABLE(f(..)), f(..): `call` is an AstCall.
struct AstTableFunction {
  AstExprPtr call;
  bool lateral = false;
  bool wrapped = false;  // TABLE(..) was written.
};
struct AstUnnest {
  std::vector<AstExprPtr> operands;
  bool with_ordinality = false;
  bool lateral = false;
};
enum class JoinKind : uint8_t { kInner, kLeft, kRight, kFull, kCross, kComma, kAsof, kLeftAsof };
struct AstJoin {
  JoinKind kind = JoinKind::kInner;
  bool natural = false;
  AstTablePtr left, right;
  AstExprPtr on;  // May be null.
  std::vector<Identifier> using_columns;
  AstExprPtr match_condition;  // ASOF joins.
};

enum class PatternKind : uint8_t {
  kVariable,     // A
  kSequence,     // A B C
  kAlternation,  // A | B
  kQuantified,   // A{2,5}? : min, max, reluctant
  kPermute,      // PERMUTE(A, B)
  kExclude,      // {- A -}
  kEmpty,        // ()
  kGroup,        // (A B)
};
struct AstPattern {
  PatternKind kind = PatternKind::kVariable;
  Identifier variable;
  std::vector<AstPattern> children;
  int64_t min = 1;
  std::optional<int64_t> max;  // Absent: no upper bound.
  bool reluctant = false;
  SourceSpan span;
};
struct AstMeasure {
  AstExprPtr expr;
  Identifier alias;
};
struct AstPatternDefinition {
  Identifier variable;
  AstExprPtr condition;
};
struct AstPatternSubset {
  Identifier name;
  std::vector<Identifier> variables;
};
enum class RowsPerMatch : uint8_t { kDefault, kOneRow, kAllRows };
enum class AfterMatchSkip : uint8_t { kDefault, kToNextRow, kPastLastRow, kToFirst, kToLast };
/// input MATCH_RECOGNIZE (..)
struct AstMatchRecognize {
  AstTablePtr input;
  std::vector<AstExprPtr> partition_by;
  std::vector<AstSortItem> order_by;
  std::vector<AstMeasure> measures;
  RowsPerMatch rows_per_match = RowsPerMatch::kDefault;
  AfterMatchSkip after_match = AfterMatchSkip::kDefault;
  std::optional<Identifier> skip_variable;  // kToFirst, kToLast.
  bool starts_at_first = false;             // ^ before the pattern
  bool ends_at_last = false;                // $ behind it
  AstPattern pattern;
  AstExprPtr within;  // May be null.
  std::vector<AstPatternSubset> subsets;
  std::vector<AstPatternDefinition> definitions;
};
/// input PIVOT (..) / UNPIVOT (..). Flink has neither, so only the name is kept; the binder refuses
/// it.
struct AstPivot {
  AstTablePtr input;
  bool unpivot = false;
};

struct AstTableSample {
  bool bernoulli = true;
  AstExprPtr percentage;
  std::optional<int64_t> repeatable;
};

struct AstTable {
  using Node = std::variant<AstTableName, AstDerivedTable, AstTableFunction, AstUnnest, AstJoin,
                            AstMatchRecognize, AstPivot>;
  Node node;
  SourceSpan span;
  AstExprPtr system_time;  // FOR SYSTEM_TIME AS OF e; null without.
  std::vector<AstHint> hints;
  std::optional<AstTableAlias> alias;
  std::optional<AstTableSample> sample;
  int depth = 1;

  template <typename T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
};

// ---- Queries
// ---------------------------------------------------------------------------------------------------------

struct AstSelectItem {
  AstExprPtr expr;  // AstStar for * and t.*.
  std::optional<Identifier> alias;
  SourceSpan span;
};

enum class GroupingKind : uint8_t { kExpression, kTuple, kRollup, kCube, kSets };
/// kExpression: one expression. kTuple: (a, b) or () with `exprs`. kRollup, kCube, kSets:
/// `elements` (each kExpression, kTuple or nested).
struct AstGrouping {
  GroupingKind kind = GroupingKind::kExpression;
  std::vector<AstExprPtr> exprs;
  std::vector<AstGrouping> elements;
  SourceSpan span;
};
struct AstNamedWindow {
  Identifier name;
  std::shared_ptr<const AstWindowSpec> spec;
};

struct AstSelect {
  std::vector<AstHint> hints;
  SetQuantifier quantifier = SetQuantifier::kNone;
  bool stream = false;  // SELECT STREAM, which means nothing.
  std::vector<AstSelectItem> items;
  AstTablePtr from;  // Null without FROM.
  AstExprPtr where;
  bool has_group_by = false;
  SetQuantifier group_quantifier = SetQuantifier::kNone;
  std::vector<AstGrouping> group_by;  // GROUP BY (): one kTuple without exprs.
  AstExprPtr having;
  std::vector<AstNamedWindow> windows;
  AstExprPtr qualify;
  bool from_first = false;  // Written FROM t [SELECT ..].
};

enum class SetOperationKind : uint8_t { kUnion, kIntersect, kExcept };  // MINUS is EXCEPT.
/// inputs[0] op inputs[1] op inputs[2] .., applied from the left; all with the same `all`. At least
/// two inputs.
struct AstSetOperation {
  SetOperationKind kind = SetOperationKind::kUnion;
  bool all = false;
  std::vector<AstQueryPtr> inputs;
};
/// VALUES (1, 'a'), (2, 'b'). VALUES 1, 2 has rows of one.
struct AstValues {
  std::vector<std::vector<AstExprPtr>> rows;
};
/// TABLE t as a query.
struct AstTableQuery {
  ObjectPath path;
};
/// (query), kept when it has its own ORDER BY or LIMIT below another.
struct AstNestedQuery {
  AstQueryPtr query;
};

struct AstCommonTable {
  Identifier name;
  std::vector<Identifier> columns;
  AstQueryPtr query;
};

struct AstQuery {
  using Body = std::variant<AstSelect, AstSetOperation, AstValues, AstTableQuery, AstNestedQuery>;
  bool recursive = false;
  std::vector<AstCommonTable> with;
  Body body;
  std::vector<AstSortItem> order_by;
  AstExprPtr limit;  // LIMIT n and FETCH FIRST n ROWS ONLY alike; null for none and for LIMIT ALL.
  AstExprPtr offset;
  SourceSpan span;
  int depth = 1;

  template <typename T>
  const T* As() const {
    return std::get_if<T>(&body);
  }
};

}  // namespace weir

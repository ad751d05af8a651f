// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The plan: a DAG of plain, immutable nodes. One family serves the logical plan (made by bind/),
// the optimized and the physical plan (made by optimizer/); translate/ turns the latter into
// operators. EXPLAIN and COMPILE PLAN print it (plan/explain.h, plan/plan_json.h).
//
// A node shared by two parents is one node: statement sets and repeated subplans run it once.
// Column references are positions in the input's schema (for joins: left columns, then right
// columns).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "weir/catalog/catalog.h"
#include "weir/expr/expression.h"

namespace weir {

struct PlanNode;
using PlanPtr = std::shared_ptr<const PlanNode>;

struct SortKey {
  int column = 0;
  bool descending = false;
  bool nulls_first = true;  // Flink: NULL is the smallest value.
  bool operator==(const SortKey&) const = default;
};

/// One aggregate call over the input's columns.
struct AggregateCall {
  std::string function;  // "SUM"; COUNT without arguments is COUNT(*).
  std::vector<int> args;
  std::vector<std::optional<Value>>
      literals;  // One an argument: its value where it is a literal (LISTAGG's separator).
  bool distinct = false;
  int filter = -1;  // BOOLEAN column, or -1.
  std::vector<SortKey> order_by;
  DataType type;     // Of the result.
  std::string name;  // Output column.
};

enum class WindowKind : uint8_t { kTumble, kHop, kCumulate, kSession };

/// A window table function over a time column. All in milliseconds.
struct WindowSpec {
  WindowKind kind = WindowKind::kTumble;
  int time_column = -1;  // Of the input.
  bool is_proctime = false;
  int64_t size_millis = 0;  // CUMULATE: the maximum size. SESSION: the gap.
  int64_t step_millis = 0;  // HOP: slide. CUMULATE: step.
  int64_t offset_millis = 0;
  std::vector<int> partition_keys;  // SESSION: of the input.
  bool operator==(const WindowSpec&) const = default;
};

/// Reads a table. Output: `projections` over the scanned columns if there are any, else the scanned
/// columns.
struct ScanNode {
  TablePtr table;
  Schema
      scan_schema;  // What the connector produces (physical and metadata columns, perhaps pruned).
  std::vector<ExprPtr> projections;  // Computed columns and the order of the declaration.
  ExprPtr filter;                    // Over the output; null for none.
  std::vector<PushedFilter> pushed_filters;
  std::optional<int64_t> limit;
  std::vector<std::map<std::string, std::string>> partitions;
  // Watermark over the output columns; -1: none.
  int rowtime_column = -1;
  ExprPtr watermark;  // Null with a rowtime column: the source's own watermarks.
  std::map<std::string, std::string> hint_options;  // OPTIONS hint merged over the table's.
};

struct ValuesNode {
  std::vector<std::vector<Value>> rows;  // Of the schema's types.
};

/// Filter, then projection.
struct CalcNode {
  ExprPtr condition;                 // Null: keep all.
  std::vector<ExprPtr> projections;  // One an output column.
};

enum class AggregatePhase : uint8_t { kSingle, kLocal, kGlobal };

/// GROUP BY. Output: keys in order, then one column a call (kLocal: keys, then the calls' state
/// columns).
struct AggregateNode {
  std::vector<int> keys;
  std::vector<AggregateCall> calls;
  AggregatePhase phase = AggregatePhase::kSingle;
  int64_t state_ttl_millis = 0;  // 0: as 'table.exec.state.ttl' says; -1: for ever.
};

/// Copies each row once per grouping set: keys that are not in the set become NULL. Output: input
/// columns, then the keys' copies (nullable), then expand_id BIGINT.
struct ExpandNode {
  std::vector<int> keys;               // Input columns that are grouped by in any set.
  std::vector<std::vector<int>> sets;  // Positions in `keys`.
  std::vector<int64_t>
      ids;  // expand_id of each set: bit i (from the left of keys) set when key i is missing.
};

/// Adds window_start, window_end, window_time. Output: input columns, then these three.
struct WindowTableFunctionNode {
  WindowSpec window;
};

/// GROUP BY keys, window. Output: keys, calls, then the requested window columns.
struct WindowAggregateNode {
  WindowSpec window;
  /// Not -1: the input has the window's bounds already (cascaded windows); `window` then only says
  /// what they are.
  int window_start_column = -1, window_end_column = -1;
  std::vector<int> keys;
  std::vector<AggregateCall> calls;
  AggregatePhase phase = AggregatePhase::kSingle;
  bool emit_start = true, emit_end = true,
       emit_time = true;  // Output columns window_start, window_end, window_time.
};

enum class JoinType : uint8_t { kInner, kLeft, kRight, kFull, kSemi, kAnti };

/// Output: left columns, then right ones (kSemi, kAnti: left only).
struct JoinNode {
  JoinType type = JoinType::kInner;
  std::vector<int> left_keys, right_keys;  // Equal number; positions in each input.
  ExprPtr condition;                       // The rest, over left ++ right; null for none.
  std::vector<bool> null_safe;             // One a key: IS NOT DISTINCT FROM.
  /// Not -1: a window join. Columns that are keys too: the ends of the windows in which rows meet.
  int left_window_end = -1, right_window_end = -1;
  bool window_is_instant = false;  // The windows are over TIMESTAMP_LTZ: ends are local times.
  /// How long a row of each side is kept after its last write; 0: as 'table.exec.state.ttl' says,
  /// -1: for ever.
  int64_t left_ttl_millis = 0, right_ttl_millis = 0;
};

/// ORDER BY keys OFFSET offset FETCH fetch. Without keys a plain limit.
struct SortNode {
  std::vector<SortKey> keys;
  int64_t offset = 0;
  std::optional<int64_t> fetch;
};

/// UNION ALL of all inputs.
struct UnionNode {};

struct SetOperationNode {
  bool intersect = true;  // Else EXCEPT.
  bool all = false;
};

/// Each input row with every row of a table function of it. Output: input columns, then the
/// function's.
struct CorrelateNode {
  std::string function;       // "UNNEST", "UNNEST_WITH_ORDINALITY", ...
  std::vector<ExprPtr> args;  // Over the input.
  Schema function_schema;
  bool left_outer = false;  // Rows without result stay, padded with NULL.
  ExprPtr condition;        // Over the output; null for none.
};

/// WATERMARK FOR of a node that is no scan.
struct WatermarkNode {
  int rowtime_column = -1;
  ExprPtr watermark;
};

/// Makes a full changelog of updates by key. `condition`, over the input: rows that do not pass are
/// not there for readers (an update that stops passing is a deletion); null for none.
struct ChangelogNormalizeNode {
  std::vector<int> keys;
  ExprPtr condition;
};
/// For readers that fold by key. `as_delete`: -U becomes -D instead, where a -U may come without
/// its +U (behind a filter).
struct DropUpdateBeforeNode {
  bool as_delete = false;
};

enum class Distribution : uint8_t { kHash, kSingleton, kBroadcast, kRebalance };
struct ExchangeNode {
  Distribution distribution = Distribution::kSingleton;
  std::vector<int> keys;
};

/// Writes the input, whose columns are the table's persisted columns in order (physical, then
/// writable metadata).
struct SinkNode {
  TablePtr table;
  Schema physical_schema;
  std::vector<Field> metadata_columns;
  bool overwrite = false;
  std::map<std::string, std::string> hint_options;
  std::map<std::string, std::string> static_partition;
  std::vector<int> upsert_key;  // Primary key columns.
  std::string target;           // For EXPLAIN: the table's full name.
};

/// The result of a SELECT goes to whoever asked.
struct CollectNode {
  std::vector<int> upsert_key;
};

using PlanSpec =
    std::variant<ScanNode, ValuesNode, CalcNode, AggregateNode, ExpandNode, WindowTableFunctionNode,
                 WindowAggregateNode, JoinNode, SortNode, UnionNode, SetOperationNode,
                 CorrelateNode, WatermarkNode, ChangelogNormalizeNode, DropUpdateBeforeNode,
                 ExchangeNode, SinkNode, CollectNode>;

/// Facts that the optimizer derives; plain data, printed by EXPLAIN.
struct PlanTraits {
  ChangelogMode changes;                      // Row kinds of the output.
  std::vector<std::vector<int>> upsert_keys;  // Column sets that identify a row of the output.
  std::optional<double> estimated_rows;
  std::string semantic_id;  // Stateful nodes of a physical plan.
  int parallelism = 0;      // 0: the job's.
};

struct PlanNode {
  PlanSpec spec;
  Schema schema;
  std::vector<PlanPtr> inputs;
  PlanTraits traits;

  template <typename T>
  const T* As() const {
    return std::get_if<T>(&spec);
  }
};

PlanPtr MakePlan(PlanSpec spec, Schema schema, std::vector<PlanPtr> inputs, PlanTraits traits = {});
/// The same node over other inputs.
PlanPtr WithInputs(const PlanPtr& node, std::vector<PlanPtr> inputs);
/// "Scan", "Calc", "WindowAggregate", ...
std::string_view PlanName(const PlanNode& node);
/// A Calc that keeps all rows and gives `projections` with these names.
PlanPtr MakeProject(PlanPtr input, std::vector<ExprPtr> projections,
                    std::vector<std::string> names);
PlanPtr MakeFilter(PlanPtr input, ExprPtr condition);
/// References to all columns of `node`, in order.
std::vector<ExprPtr> InputRefs(const PlanNode& node);
std::vector<std::string> ColumnNames(const Schema& schema);

}  // namespace weir

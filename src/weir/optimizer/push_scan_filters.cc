// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Tells sources which rows a filter above them wants: comparisons of columns with constants, from
// which Parquet skips row groups, and the partitions that can hold such rows. The filter itself
// stays above the scan, where it is evaluated on the rows that are left, so a source may use as
// much of this as it likes.
//
//   Calc(where day = DATE '2024-01-02' AND price > 10)  over  Scan(PARTITIONED BY (day))
//     =>  ... Scan(pushed=[price > 10], partitions=[{day=2024-01-02}])
//
// Not where the scan's watermark counts: rows that are never read move no event time.
#include <algorithm>
#include <set>

#include "weir/expr/evaluator.h"
#include "weir/optimizer/rule.h"
#include "weir/optimizer/simplify.h"

namespace weir::optimizer {
namespace {

using Op = PushedFilter::Op;
using Partition = std::map<std::string, std::string>;
constexpr const char* kDefaultPartition =
    "__DEFAULT_PARTITION__";  // Flink's name for NULL; see partition.default-name.

/// Reads conditions over the output of one scan.
class FilterReader {
 public:
  explicit FilterReader(const ScanNode& scan) : scan_(scan) {}

  std::optional<PushedFilter> Read(const Expr& expr) const {
    if (expr.is_call("IS NULL") || expr.is_call("IS NOT NULL")) {
      auto column = Column(*expr.args[0]);
      if (!column || column->type.is_nested()) return std::nullopt;
      return PushedFilter{column->path, expr.is_call("IS NULL") ? Op::kIsNull : Op::kIsNotNull, {}};
    }
    if (expr.is_call("IN")) return ReadIn(expr);
    static constexpr std::tuple<std::string_view, Op, Op> kComparisons[] = {
        {"=", Op::kEqual, Op::kEqual},  {"<>", Op::kNotEqual, Op::kNotEqual},
        {"<", Op::kLess, Op::kGreater}, {"<=", Op::kLessEqual, Op::kGreaterEqual},
        {">", Op::kGreater, Op::kLess}, {">=", Op::kGreaterEqual, Op::kLessEqual}};
    for (const auto& [name, op, swapped] : kComparisons) {
      if (!expr.is_call(name) || expr.args.size() != 2) continue;
      bool literal_first = expr.args[0]->is_literal();
      auto column = Column(*expr.args[literal_first ? 1 : 0]);
      if (!column) return std::nullopt;
      auto value = ValueFor(*column, *expr.args[literal_first ? 0 : 1]);
      if (!value) return std::nullopt;
      return PushedFilter{column->path, literal_first ? swapped : op, {std::move(*value)}};
    }
    return std::nullopt;
  }

 private:
  struct ColumnPath {
    std::string path;
    DataType type;
  };

  std::optional<ColumnPath> Column(const Expr& expr) const {
    if (expr.is_input()) {
      if (scan_.projections.empty()) return Scanned(expr.index);
      const Expr& projected = *scan_.projections[static_cast<size_t>(expr.index)];
      return projected.is_input() ? Scanned(projected.index) : std::nullopt;
    }
    if (expr.is_call("FIELD")) {
      auto row = Column(*expr.args[0]);
      if (!row || row->type.kind() != TypeKind::kRow) return std::nullopt;
      const Field& field = row->type.fields()[static_cast<size_t>(expr.index)];
      // A name with a dot would be read as a path.
      if (field.name.find('.') != std::string::npos) return std::nullopt;
      return ColumnPath{row->path + "." + field.name, field.type};
    }
    // Widening an integer changes no comparison.
    if (expr.is_call("CAST") && expr.type.is_integer() && expr.args[0]->type.is_integer() &&
        expr.args[0]->type.kind() <= expr.type.kind()) {
      return Column(*expr.args[0]);
    }
    return std::nullopt;
  }

  std::optional<ColumnPath> Scanned(int index) const {
    const Field& field = scan_.scan_schema[index];
    int declared = scan_.table->ColumnIndex(field.name);
    bool is_physical = declared >= 0 && scan_.table->columns[static_cast<size_t>(declared)].kind ==
                                            TableColumnKind::kPhysical;
    if (!is_physical || field.name.find('.') != std::string::npos) return std::nullopt;
    return ColumnPath{field.name, field.type};
  }

  /// The literal as a value of the column's type, if it is one.
  static std::optional<Value> ValueFor(const ColumnPath& column, const Expr& literal) {
    if (!literal.is_literal() || literal.literal.is_null()) return std::nullopt;
    const DataType& type = column.type;
    if (type.is_integer() && literal.type.is_integer()) {
      static constexpr int64_t kMax[] = {INT8_MAX, INT16_MAX, INT32_MAX, INT64_MAX};
      int64_t value = literal.literal.int_value(),
              max =
                  kMax[static_cast<size_t>(type.kind()) - static_cast<size_t>(TypeKind::kTinyInt)];
      if (value > max || value < -max - 1) return std::nullopt;
      return literal.literal;
    }
    bool text = type.kind() == TypeKind::kVarchar && literal.type.is_character();
    bool same = type.EqualsIgnoringNullable(literal.type) && !type.is_nested() &&
                type.kind() != TypeKind::kChar && type.kind() != TypeKind::kVariant;
    if (!text && !same) return std::nullopt;
    return literal.literal;
  }

  std::optional<PushedFilter> ReadIn(const Expr& expr) const {
    auto column = Column(*expr.args[0]);
    if (!column) return std::nullopt;
    PushedFilter filter{column->path, Op::kIn, {}};
    for (size_t i = 1; i < expr.args.size(); ++i) {
      auto value = ValueFor(*column, *expr.args[i]);
      if (!value) return std::nullopt;
      filter.values.push_back(std::move(*value));
    }
    return filter;
  }

  const ScanNode& scan_;
};

class ScanFilterPusher {
 public:
  explicit ScanFilterPusher(const OptimizerContext& context) : context_(context) {}

  Result<PlanPtr> Push(const PlanPtr& node, bool is_shared) {
    auto* calc = node->As<CalcNode>();
    if (calc == nullptr || calc->condition == nullptr || is_shared) return node;
    auto* scan = node->inputs[0]->As<ScanNode>();
    if (scan == nullptr || scan->rowtime_column >= 0) return node;
    TableContext table = ScanTableContext(*scan, context_);
    WEIR_ASSIGN_OR_RETURN(const Connector* connector, context_.connectors->Lookup(table));
    WEIR_ASSIGN_OR_RETURN(ChangelogMode changes, connector->SourceChanges(table));
    if (!changes.append_only()) return node;
    ScanNode copy = *scan;
    FilterReader reader(*scan);
    for (const ExprPtr& conjunct : Conjuncts(calc->condition)) {
      auto filter = reader.Read(*conjunct);
      if (filter) copy.pushed_filters.push_back(std::move(*filter));
    }
    WEIR_ASSIGN_OR_RETURN(bool any, PrunePartitions(*calc, *connector, table, &copy));
    if (!any) return MakePlan(ValuesNode{}, node->schema, {});
    if (copy.pushed_filters.empty() && copy.partitions.empty()) return node;
    const PlanPtr& old = node->inputs[0];
    return WithInputs(node, {MakePlan(std::move(copy), old->schema, {}, old->traits)});
  }

 private:
  /// False when no partition can hold a row that passes.
  Result<bool> PrunePartitions(const CalcNode& calc, const Connector& connector,
                               const TableContext& table, ScanNode* scan) {
    if (scan->table->partition_keys.empty()) return true;
    WEIR_ASSIGN_OR_RETURN(bool bounded, connector.IsBounded(table));
    if (!bounded) return true;        // Partitions may still come.
    std::map<int, std::string> keys;  // Output column -> partition key.
    for (int i = 0; i < static_cast<int>(OutputColumns(*scan)); ++i) {
      const Field* field = ScannedField(*scan, i);
      if (field == nullptr) continue;
      const auto& names = scan->table->partition_keys;
      if (std::find(names.begin(), names.end(), field->name) != names.end()) keys[i] = field->name;
    }
    std::vector<ExprPtr> conditions;
    for (const ExprPtr& conjunct : Conjuncts(calc.condition)) {
      auto inputs = InputsOf(conjunct);
      bool only_keys = !inputs.empty() && std::all_of(inputs.begin(), inputs.end(),
                                                      [&](int i) { return keys.count(i) != 0; });
      if (only_keys && IsDeterministic(conjunct, *context_.functions))
        conditions.push_back(conjunct);
    }
    if (conditions.empty()) return true;
    WEIR_ASSIGN_OR_RETURN(std::vector<Partition> partitions, connector.Partitions(table));
    if (partitions.empty()) return true;  // Unknown.
    std::vector<Partition> kept;
    for (const Partition& partition : partitions) {
      bool passes = std::all_of(
          conditions.begin(), conditions.end(),
          [&](const ExprPtr& condition) { return MayPass(condition, keys, partition, table); });
      if (passes) kept.push_back(partition);
    }
    if (kept.empty()) return false;
    if (kept.size() < partitions.size()) scan->partitions = std::move(kept);
    return true;
  }

  static size_t OutputColumns(const ScanNode& scan) {
    return scan.projections.empty() ? scan.scan_schema.fields.size() : scan.projections.size();
  }
  static const Field* ScannedField(const ScanNode& scan, int column) {
    if (scan.projections.empty()) return &scan.scan_schema.fields[static_cast<size_t>(column)];
    const Expr& expr = *scan.projections[static_cast<size_t>(column)];
    return expr.is_input() ? &scan.scan_schema.fields[static_cast<size_t>(expr.index)] : nullptr;
  }

  bool MayPass(const ExprPtr& condition, const std::map<int, std::string>& keys,
               const Partition& partition, const TableContext& table) {
    bool known = true;
    std::string null_name = table.options.GetOr("partition.default-name", kDefaultPartition);
    ExprPtr constant = RewriteExpr(condition, [&](const ExprPtr& node) -> ExprPtr {
      if (!node->is_input()) return node;
      auto text = partition.find(keys.at(node->index));
      known &= text != partition.end();
      if (!known) return node;
      if (text->second == null_name) return MakeLiteral(Value::Null(), node->type.AsNullable());
      ExprPtr value = MakeLiteral(Value::String(text->second), DataType::String().NotNull());
      return MakeCast(std::move(value), node->type);
    });
    if (!known) return true;
    auto result = EvaluateConstant(constant, *context_.functions, *context_.config);
    if (!result.ok()) return true;
    return !result->is_null() && result->bool_value();
  }

  const OptimizerContext& context_;
};

}  // namespace

Result<Roots> PushScanFilters(Roots roots, const OptimizerContext& context) {
  auto readers = CountReaders(roots);
  std::vector<PlanPtr> order = InputsFirst(roots);
  ScanFilterPusher pusher(context);
  size_t at = 0;
  return Rewrite(roots, [&](const PlanPtr& node) -> Result<PlanPtr> {
    const PlanNode& old = *order[at++];
    return pusher.Push(node, !old.inputs.empty() && readers[old.inputs[0].get()] > 1);
  });
}

}  // namespace weir::optimizer

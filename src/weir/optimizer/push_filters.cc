// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Filters move towards the sources, conjunct by conjunct: through projections, unions, set
// operations, sorts without limit; below a grouping when they read its keys only; to the side of a
// join that they read. Equalities between the two sides of an inner join become its keys, so a
// comma join with WHERE is a hash join.
//
//   Calc(where a.k = b.k AND a.x > 1)  over  Join(a, b, no keys)
//     =>  Join(a.k = b.k)  over  Calc(where x > 1) over a,  b
//
// What several readers share is not filtered for one of them. A conjunct that is not deterministic
// stays where it is.
#include <algorithm>
#include <map>

#include "weir/expr/evaluator.h"
#include "weir/optimizer/rule.h"

namespace weir::optimizer {
namespace {

using Exprs = std::vector<ExprPtr>;

bool ReadsOnly(const ExprPtr& expr, int begin, int end) {
  auto inputs = InputsOf(expr);
  return inputs.empty() || (inputs.front() >= begin && inputs.back() < end);
}

bool ReadsOnly(const ExprPtr& expr, const std::vector<int>& columns) {
  auto inputs = InputsOf(expr);
  return std::all_of(inputs.begin(), inputs.end(), [&](int i) {
    return std::find(columns.begin(), columns.end(), i) != columns.end();
  });
}

constexpr int64_t kPushedSizeMax =
    1000;  // Nodes of a conjunct that grew: repeated substitution can explode.

/// Whether `expr` over `replacements` is as small as before, or small.
bool StaysSmall(const ExprPtr& expr, const Exprs& replacements) {
  int64_t size = 0, growth = 0;
  VisitExpr(expr, [&](const Expr& node) {
    ++size;
    if (node.is_input() && growth <= kPushedSizeMax) {
      growth += ExprSize(replacements[static_cast<size_t>(node.index)], kPushedSizeMax + 1) - 1;
    }
  });
  return growth == 0 || size + growth <= kPushedSizeMax;
}

ExprPtr Shifted(const ExprPtr& expr, int by) {
  return RewriteExpr(expr, [by](const ExprPtr& node) {
    return node->is_input() ? MakeInput(node->index + by, node->type) : node;
  });
}

bool KeepsLeft(JoinType type) { return type != JoinType::kRight && type != JoinType::kFull; }
bool KeepsRight(JoinType type) { return type == JoinType::kInner || type == JoinType::kRight; }

class FilterPusher {
 public:
  FilterPusher(const Roots& roots, const OptimizerContext& context)
      : roots_(roots),
        context_(context),
        order_(InputsFirst(roots)),
        readers_(CountReaders(roots)) {}

  Result<Roots> Run() {
    for (size_t i = order_.size(); i-- > 0;) Visit(*order_[i]);
    size_t at = 0;
    return Rewrite(roots_, [&](const PlanPtr& node) -> Result<PlanPtr> {
      return Rebuild(node, *order_[at++]);
    });
  }

 private:
  bool Deterministic(const ExprPtr& expr) const {
    return IsDeterministic(expr, *context_.functions);
  }

  /// Whether a filter on `node`'s output can become one on its inputs, or part of it.
  bool Accepts(const PlanNode& node, const ExprPtr& conjunct) const {
    if (auto* calc = node.As<CalcNode>()) {
      if (!StaysSmall(conjunct, calc->projections)) return false;
      auto inputs = InputsOf(conjunct);
      return std::all_of(inputs.begin(), inputs.end(), [&](int i) {
        return Deterministic(calc->projections[static_cast<size_t>(i)]);
      });
    }
    if (auto* join = node.As<JoinNode>()) {
      int left = node.inputs[0]->schema.size();
      if (join->type == JoinType::kInner) return true;
      return (KeepsLeft(join->type) && ReadsOnly(conjunct, 0, left)) ||
             (KeepsRight(join->type) && ReadsOnly(conjunct, left, node.schema.size()));
    }
    if (auto* aggregate = node.As<AggregateNode>()) {
      return !aggregate->keys.empty() &&
             ReadsOnly(conjunct, 0, static_cast<int>(aggregate->keys.size()));
    }
    if (auto* window = node.As<WindowAggregateNode>()) {
      return !window->keys.empty() && ReadsOnly(conjunct, 0, static_cast<int>(window->keys.size()));
    }
    if (auto* function = node.As<WindowTableFunctionNode>()) {
      // Sessions depend on all rows of their partition.
      if (function->window.kind == WindowKind::kSession)
        return ReadsOnly(conjunct, function->window.partition_keys);
      return ReadsOnly(conjunct, 0, node.inputs[0]->schema.size());
    }
    if (auto* sort = node.As<SortNode>()) return !sort->fetch && sort->offset == 0;
    if (node.As<ExpandNode>() != nullptr || node.As<CorrelateNode>() != nullptr) {
      return ReadsOnly(conjunct, 0, node.inputs[0]->schema.size());
    }
    return node.As<UnionNode>() != nullptr || node.As<SetOperationNode>() != nullptr ||
           node.As<ChangelogNormalizeNode>() != nullptr;
  }

  /// Hands a conjunct over `node`'s input `i` down, or leaves it on that edge.
  void Push(const PlanNode& node, size_t i, ExprPtr conjunct) {
    const PlanNode& input = *node.inputs[i];
    if (readers_.at(&input) == 1 && Accepts(input, conjunct)) {
      pending_[&input].push_back(std::move(conjunct));
    } else {
      edges_[{&node, i}].push_back(std::move(conjunct));
    }
  }

  void Visit(const PlanNode& node) {
    Exprs pending = std::move(pending_[&node]);
    if (auto* calc = node.As<CalcNode>()) return VisitCalc(node, *calc, std::move(pending));
    if (auto* join = node.As<JoinNode>()) return VisitJoin(node, *join, std::move(pending));
    for (ExprPtr& conjunct : pending) {
      if (auto* aggregate = node.As<AggregateNode>()) {
        Push(node, 0, OverKeys(conjunct, aggregate->keys));
      } else if (auto* window = node.As<WindowAggregateNode>()) {
        Push(node, 0, OverKeys(conjunct, window->keys));
      } else if (auto* normalize = node.As<ChangelogNormalizeNode>();
                 normalize != nullptr && !ReadsOnly(conjunct, normalize->keys)) {
        kept_[&node].push_back(std::move(conjunct));
      } else {
        for (size_t i = 0; i < node.inputs.size(); ++i) Push(node, i, conjunct);
      }
    }
  }

  static ExprPtr OverKeys(const ExprPtr& conjunct, const std::vector<int>& keys) {
    return RemapInputs(conjunct, keys);
  }

  void VisitCalc(const PlanNode& node, const CalcNode& calc, Exprs pending) {
    Exprs all = Conjuncts(calc.condition), kept;
    size_t own = all.size();
    for (const ExprPtr& conjunct : pending) {
      for (const ExprPtr& part : Conjuncts(SubstituteInputs(conjunct, calc.projections)))
        all.push_back(part);
    }
    const PlanNode& input = *node.inputs[0];
    for (ExprPtr& conjunct : all) {
      if (Deterministic(conjunct) && readers_.at(&input) == 1 && Accepts(input, conjunct)) {
        pending_[&input].push_back(std::move(conjunct));
      } else {
        kept.push_back(std::move(conjunct));
      }
    }
    if (kept.size() != own || !pending.empty()) conditions_[&node] = AndOf(std::move(kept));
  }

  void VisitJoin(const PlanNode& node, const JoinNode& join, Exprs pending) {
    int left = node.inputs[0]->schema.size(), all = left + node.inputs[1]->schema.size();
    Exprs rest;
    bool changed = !pending.empty();
    auto place = [&](const ExprPtr& conjunct, bool to_left, bool to_right) {
      // What reads no column at all goes to one side.
      if (to_left && ReadsOnly(conjunct, 0, left)) {
        Push(node, 0, conjunct);
      } else if (to_right && ReadsOnly(conjunct, left, all)) {
        Push(node, 1, Shifted(conjunct, -left));
      } else {
        return false;
      }
      return true;
    };
    for (const ExprPtr& conjunct : Conjuncts(join.condition)) {
      // A condition of the join itself filters the side that is not preserved.
      bool inner = join.type == JoinType::kInner || join.type == JoinType::kSemi;
      bool moved = Deterministic(conjunct) &&
                   place(conjunct, inner || join.type == JoinType::kRight,
                         inner || join.type == JoinType::kLeft || join.type == JoinType::kAnti);
      if (!moved) rest.push_back(conjunct);
      changed |= moved;
    }
    for (const ExprPtr& conjunct : pending) {
      if (!place(conjunct, KeepsLeft(join.type), KeepsRight(join.type))) rest.push_back(conjunct);
    }
    if (changed || (join.type == JoinType::kInner && HasEquality(rest, left)))
      conditions_[&node] = AndOf(std::move(rest));
  }

  struct Equality {
    ExprPtr left, right;
    bool null_safe = false;
  };

  static std::optional<Equality> EqualityOf(const ExprPtr& conjunct, int left) {
    bool null_safe = conjunct->is_call("IS NOT DISTINCT FROM");
    if (!null_safe && !conjunct->is_call("=")) return std::nullopt;
    const ExprPtr &a = conjunct->args[0], &b = conjunct->args[1];
    if (InputsOf(a).empty() || InputsOf(b).empty()) return std::nullopt;
    // Equal keys must be equal bytes: CHAR and VARCHAR compare otherwise than they hash.
    if (!a->type.EqualsIgnoringNullable(b->type) &&
        !(a->type.kind() == TypeKind::kVarchar && b->type.kind() == TypeKind::kVarchar)) {
      return std::nullopt;
    }
    constexpr int kEnd = std::numeric_limits<int>::max();
    if (ReadsOnly(a, 0, left) && ReadsOnly(b, left, kEnd))
      return Equality{a, Shifted(b, -left), null_safe};
    if (ReadsOnly(b, 0, left) && ReadsOnly(a, left, kEnd))
      return Equality{b, Shifted(a, -left), null_safe};
    return std::nullopt;
  }

  static bool HasEquality(const Exprs& conjuncts, int left) {
    return std::any_of(conjuncts.begin(), conjuncts.end(),
                       [&](const ExprPtr& c) { return EqualityOf(c, left).has_value(); });
  }

  /// Columns that a side of a join gets for its keys.
  struct Side {
    PlanPtr plan;
    Exprs columns;
    std::vector<std::string> names;

    explicit Side(PlanPtr input)
        : plan(std::move(input)), columns(InputRefs(*plan)), names(ColumnNames(plan->schema)) {}
    int KeyColumn(const ExprPtr& key) {
      for (size_t i = 0; i < columns.size(); ++i) {
        if (SameExpr(*columns[i], *key) ||
            (key->is_input() && columns[i]->is_input() && columns[i]->index == key->index)) {
          return static_cast<int>(i);
        }
      }
      columns.push_back(key);
      names.push_back(fmt::format("$key{}", columns.size()));
      return static_cast<int>(columns.size()) - 1;
    }
    PlanPtr Widened() const {
      return columns.size() == plan->schema.fields.size() ? plan
                                                          : MakeProject(plan, columns, names);
    }
  };

  PlanPtr RebuildJoin(const PlanPtr& node, const ExprPtr& condition) {
    JoinNode join = *node->As<JoinNode>();
    int left_columns = node->inputs[0]->schema.size(),
        right_columns = node->inputs[1]->schema.size();
    Side left(node->inputs[0]), right(node->inputs[1]);
    Exprs rest;
    for (const ExprPtr& conjunct : Conjuncts(condition)) {
      auto equality = join.type == JoinType::kInner && Deterministic(conjunct)
                          ? EqualityOf(conjunct, left_columns)
                          : std::nullopt;
      if (!equality) {
        rest.push_back(conjunct);
        continue;
      }
      join.left_keys.push_back(left.KeyColumn(equality->left));
      join.right_keys.push_back(right.KeyColumn(equality->right));
      join.null_safe.push_back(equality->null_safe);
    }
    PlanPtr wide_left = left.Widened(), wide_right = right.Widened();
    int added = wide_left->schema.size() - left_columns;
    std::vector<int> positions;
    for (int i = 0; i < left_columns; ++i) positions.push_back(i);
    for (int i = 0; i < right_columns; ++i) positions.push_back(left_columns + added + i);
    ExprPtr residual = AndOf(std::move(rest));
    join.condition = residual == nullptr ? nullptr : RemapInputs(residual, positions);
    if (added == 0 && wide_right == node->inputs[1])
      return MakePlan(std::move(join), node->schema, node->inputs, node->traits);
    Schema schema = wide_left->schema;
    schema.fields.insert(schema.fields.end(), wide_right->schema.fields.begin(),
                         wide_right->schema.fields.end());
    for (size_t i = 0; i < positions.size(); ++i)
      schema.fields[static_cast<size_t>(positions[i])] = node->schema.fields[i];
    PlanPtr plan = MakePlan(std::move(join), schema, {wide_left, wide_right});
    Exprs outputs;
    for (int position : positions) outputs.push_back(MakeInput(position, schema[position].type));
    return MakeProject(std::move(plan), std::move(outputs), ColumnNames(node->schema));
  }

  Result<PlanPtr> Rebuild(const PlanPtr& node, const PlanNode& old) {
    std::vector<PlanPtr> inputs = node->inputs;
    for (size_t i = 0; i < inputs.size(); ++i) {
      auto edge = edges_.find({&old, i});
      if (edge != edges_.end()) inputs[i] = MakeFilter(inputs[i], AndOf(edge->second));
    }
    PlanPtr result = WithInputs(node, std::move(inputs));
    auto kept = kept_.find(&old);
    if (kept != kept_.end()) {
      ChangelogNormalizeNode normalize = *result->As<ChangelogNormalizeNode>();
      Exprs all = Conjuncts(normalize.condition);
      all.insert(all.end(), kept->second.begin(), kept->second.end());
      normalize.condition = AndOf(std::move(all));
      return MakePlan(std::move(normalize), result->schema, result->inputs, result->traits);
    }
    auto condition = conditions_.find(&old);
    if (condition == conditions_.end()) return result;
    if (auto* calc = result->As<CalcNode>()) {
      return MakePlan(CalcNode{condition->second, calc->projections}, result->schema,
                      result->inputs, result->traits);
    }
    return RebuildJoin(result, condition->second);
  }

  const Roots& roots_;
  const OptimizerContext& context_;
  std::vector<PlanPtr> order_;
  std::unordered_map<const PlanNode*, int> readers_;
  std::unordered_map<const PlanNode*, Exprs>
      pending_;  // Filters on a node's output that it accepts.
  std::map<std::pair<const PlanNode*, size_t>, Exprs>
      edges_;  // Filters that stay between a node and its input.
  std::unordered_map<const PlanNode*, ExprPtr> conditions_;  // New conditions of Calcs and joins.
  std::unordered_map<const PlanNode*, Exprs> kept_;  // Filters that a ChangelogNormalize takes in.
};

}  // namespace

Result<Roots> PushFilters(Roots roots, const OptimizerContext& context) {
  return FilterPusher(roots, context).Run();
}

}  // namespace weir::optimizer

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Expressions to programs: common sub-expressions are found, calls resolved, kernels made, and what
// may be run on which rows is worked out.
#include <unordered_map>

#include "weir/expr/program.h"

namespace weir {

namespace {

constexpr int kDepthMax = 4000;  // Stack: below 1 KiB a level.

bool CallMayFail(const ScalarFunction& function, const CallInfo& call) {
  return function.may_fail && (!function.call_may_fail || function.call_may_fail(call));
}

}  // namespace

class ProgramBuilder {
 public:
  ProgramBuilder(const FunctionRegistry& registry, const FunctionConfig& config)
      : registry_(registry), config_(config), program_(std::make_unique<Program>()) {}

  Result<std::unique_ptr<Program>> Build(const std::vector<ExprPtr>& exprs) {
    for (const ExprPtr& expr : exprs) {
      WEIR_ASSIGN_OR_RETURN(int root, Add(expr, 0));
      program_->roots_.push_back(root);
      MarkUnconditional(root);
    }
    FindReleases();
    return std::move(program_);
  }

 private:
  Node& node(int id) { return program_->nodes_[static_cast<size_t>(id)]; }

  static NodeKind KindOf(const Expr& expr) {
    if (expr.is_literal()) return NodeKind::kLiteral;
    if (expr.is_input()) return NodeKind::kInput;
    if (expr.function == "FIELD") return NodeKind::kField;
    if (expr.function == "AND") return NodeKind::kAnd;
    if (expr.function == "OR") return NodeKind::kOr;
    if (expr.function == "CASE" || expr.function == "IF") return NodeKind::kCase;
    if (expr.function == "COALESCE" || expr.function == "IFNULL") return NodeKind::kCoalesce;
    return NodeKind::kCall;
  }

  /// value IN (literal, ...): the literals are given to the kernel when it is made, and the value
  /// alone when it runs.
  static bool HasLiteralList(const Expr& expr) {
    if (!expr.is_call("IN")) return false;
    for (size_t i = 1; i < expr.args.size(); ++i) {
      if (!expr.args[i]->is_literal()) return false;
    }
    return true;
  }

  Result<int> Add(const ExprPtr& expr, int depth) {
    if (depth > kDepthMax)
      return ResourceExhausted("an expression is nested deeper than {} levels", kDepthMax);
    auto seen = by_pointer_.find(expr.get());
    if (seen != by_pointer_.end()) return seen->second;
    Node fresh;
    fresh.kind = KindOf(*expr);
    fresh.expr = expr;
    fresh.type = expr->type;
    fresh.index = expr->index;
    bool only_first =
        HasLiteralList(*expr);  // A list of 100,000 literals is the kernel's, not ours.
    for (const ExprPtr& arg : expr->args) {
      WEIR_ASSIGN_OR_RETURN(int id, Add(arg, depth + 1));
      fresh.args.push_back(id);
      if (only_first) break;
    }
    if (fresh.kind == NodeKind::kCall) WEIR_RETURN_NOT_OK(MakeKernel(*expr, depth, &fresh));
    WEIR_RETURN_NOT_OK(CoerceBranches(*expr, depth, &fresh));
    Derive(&fresh);
    return Intern(std::move(fresh));
  }

  /// The results of CASE and COALESCE must lie in memory as the whole does.
  Status CoerceBranches(const Expr& expr, int depth, Node* fresh) {
    if (fresh->kind != NodeKind::kCase && fresh->kind != NodeKind::kCoalesce) return Status::OK();
    for (size_t i = 0; i < fresh->args.size(); ++i) {
      bool condition = fresh->kind == NodeKind::kCase && i % 2 == 0 && i + 1 < fresh->args.size();
      if (condition || node(fresh->args[i]).type.EqualsIgnoringNullable(expr.type)) continue;
      const ExprPtr& arg = expr.args[i];
      bool null = arg->is_literal() && arg->literal.is_null();
      ExprPtr same =
          null ? MakeLiteral(Value::Null(), expr.type.AsNullable()) : MakeCast(arg, expr.type);
      WEIR_ASSIGN_OR_RETURN(fresh->args[i], Add(same, depth + 1));
    }
    return Status::OK();
  }

  Status MakeKernel(const Expr& expr, int depth, Node* fresh) {
    CallInfo call;
    call.config = &config_;
    call.result_type = expr.type;
    for (size_t i = 0; i < fresh->args.size(); ++i) {
      call.arg_types.push_back(node(fresh->args[i]).type);
      call.literals.push_back(ConstantOf(fresh->args[i]));
    }
    for (size_t i = fresh->args.size(); i < expr.args.size(); ++i) {
      call.arg_types.push_back(expr.args[i]->type);
      call.literals.push_back(&expr.args[i]->literal);
    }
    WEIR_ASSIGN_OR_RETURN(ResolvedCall resolved, registry_.Resolve(expr.function, call));
    for (size_t i = 0; i < fresh->args.size(); ++i) {
      if (call.arg_types[i].EqualsIgnoringNullable(resolved.arg_types[i])) continue;
      ExprPtr cast = MakeCast(expr.args[i], resolved.arg_types[i]);
      WEIR_ASSIGN_OR_RETURN(fresh->args[i], Add(cast, depth + 1));
      call.arg_types[i] = resolved.arg_types[i];
      call.literals[i] = ConstantOf(fresh->args[i]);
    }
    WEIR_ASSIGN_OR_RETURN(fresh->kernel, resolved.overload->kernel(call));
    fresh->null_policy = resolved.function->null_policy;
    fresh->deterministic = resolved.function->deterministic;
    fresh->may_fail = CallMayFail(*resolved.function, call);
    fresh->eager = !resolved.function->expensive && !fresh->may_fail && fresh->deterministic;
    return Status::OK();
  }

  /// The value of node `id` if it is known now.
  const Value* ConstantOf(int id) {
    if (node(id).kind == NodeKind::kLiteral) return &node(id).expr->literal;
    if (!node(id).constant || node(id).type.is_nested()) return nullptr;
    auto folded = constant_values_.find(id);
    if (folded != constant_values_.end()) return folded->second;
    const Value* value = nullptr;
    if (node(id).kind == NodeKind::kCall) {
      auto result = Fold(id);
      if (result.ok() && *result) {
        program_->folded_.push_back(std::move(**result));
        value = &program_->folded_.back();
      }
    }
    constant_values_[id] = value;
    return value;
  }

  /// The value of a call of known arguments; nothing if it fails: that is the business of the rows
  /// that reach it.
  Result<std::optional<Value>> Fold(int id) {
    ColumnVector args;
    RowErrors errors;
    KernelContext context{arrow::default_memory_pool(), &errors, config_.query_start_micros,
                          nullptr};
    for (int arg : node(id).args) {
      const Value* value = ConstantOf(arg);
      if (value == nullptr) return std::optional<Value>();
      if (value->is_null() && node(id).null_policy == NullPolicy::kPropagate)
        return std::optional<Value>(Value::Null());
      WEIR_ASSIGN_OR_RETURN(ColumnPtr column,
                            MakeConstant(*value, node(arg).type, 1, context.pool));
      args.push_back(std::move(column));
    }
    ColumnPtr out;
    WEIR_RETURN_NOT_OK(node(id).kernel(context, args, 1, &out));
    if (!errors.empty()) return std::optional<Value>();
    return std::optional<Value>(GetValue(*Retype(out, node(id).type), 0));
  }

  void Derive(Node* fresh) {
    bool args_constant = true, args_eager = true;
    for (int id : fresh->args) {
      args_constant &= node(id).constant;
      args_eager &= node(id).eager;
    }
    fresh->constant = fresh->kind != NodeKind::kInput && fresh->deterministic && args_constant;
    fresh->eager = args_eager && (fresh->kind != NodeKind::kCall || fresh->eager);
  }

  Result<int> Intern(Node fresh) {
    uint64_t key =
        static_cast<uint64_t>(fresh.kind) * 31 + static_cast<uint64_t>(fresh.type.kind());
    key = key * 0x9e3779b97f4a7c15ULL + std::hash<std::string>{}(fresh.expr->function);
    key = key * 0x9e3779b97f4a7c15ULL + static_cast<uint64_t>(static_cast<int64_t>(fresh.index));
    for (int id : fresh.args) key = (key ^ static_cast<uint64_t>(id + 1)) * 0xff51afd7ed558ccdULL;
    if (fresh.kind == NodeKind::kLiteral) key ^= HashExpr(*fresh.expr);
    if (fresh.deterministic) {
      auto [begin, end] = by_structure_.equal_range(key);
      for (auto it = begin; it != end; ++it) {
        if (!Same(node(it->second), fresh)) continue;
        by_pointer_[fresh.expr.get()] = it->second;
        return it->second;
      }
    }
    int id = static_cast<int>(program_->nodes_.size());
    // Each occurrence of RAND() is a call of its own, so it must not be found by address either.
    bool settled = AllDeterministic(fresh);
    if (settled) {
      by_structure_.emplace(key, id);
      by_pointer_[fresh.expr.get()] = id;
    }
    unsettled_.push_back(!settled);
    program_->nodes_.push_back(std::move(fresh));
    return id;
  }

  bool AllDeterministic(const Node& fresh) const {
    if (!fresh.deterministic) return false;
    for (int id : fresh.args) {
      if (unsettled_[static_cast<size_t>(id)]) return false;
    }
    return true;
  }

  static bool Same(const Node& a, const Node& b) {
    return a.kind == b.kind && a.index == b.index && a.args == b.args &&
           a.expr->function == b.expr->function && a.type == b.type &&
           (a.kind != NodeKind::kLiteral || a.expr->literal == b.expr->literal) &&
           (a.kind != NodeKind::kCall || SameBoundArguments(a, b));
  }

  /// Literals that are no nodes but part of the kernel (IN's list).
  static bool SameBoundArguments(const Node& a, const Node& b) {
    const std::vector<ExprPtr>&args_a = a.expr->args, &args_b = b.expr->args;
    if (args_a.size() != args_b.size()) return false;
    for (size_t i = a.args.size(); i < args_a.size(); ++i) {
      if (!SameExpr(*args_a[i], *args_b[i])) return false;
    }
    return true;
  }

  void MarkUnconditional(int id) {
    std::vector<int> todo = {id};
    while (!todo.empty()) {
      Node& next = node(todo.back());
      todo.pop_back();
      if (next.unconditional) continue;
      next.unconditional = true;
      bool only_first = next.kind == NodeKind::kCase || next.kind == NodeKind::kCoalesce ||
                        next.kind == NodeKind::kAnd || next.kind == NodeKind::kOr;
      size_t count = only_first ? 1 : next.args.size();
      todo.insert(todo.end(), next.args.begin(), next.args.begin() + static_cast<ptrdiff_t>(count));
    }
  }

  /// A value that only calls read, all of which every row reaches, is let go after the last of
  /// them: its memory is still in the cache when the next value is written there.
  void FindReleases() {
    std::vector<Node>& nodes = program_->nodes_;
    constexpr int kKept = -1;
    std::vector<int> last_reader(nodes.size(), kKept);
    std::vector<bool> kept(nodes.size(), false);
    for (int root : program_->roots_) kept[static_cast<size_t>(root)] = true;
    for (size_t id = 0; id < nodes.size(); ++id) {
      bool at_once = nodes[id].unconditional && !nodes[id].constant &&
                     (nodes[id].kind == NodeKind::kCall || nodes[id].kind == NodeKind::kField);
      for (int arg : nodes[id].args) {
        auto read = static_cast<size_t>(arg);
        if (!at_once || nodes[read].constant) kept[read] = true;
        last_reader[read] = static_cast<int>(id);
      }
    }
    for (size_t id = 0; id < nodes.size(); ++id) {
      if (!kept[id] && last_reader[id] != kKept)
        nodes[static_cast<size_t>(last_reader[id])].releases.push_back(static_cast<int>(id));
    }
  }

  const FunctionRegistry& registry_;
  const FunctionConfig& config_;
  std::unique_ptr<Program> program_;
  std::unordered_map<const Expr*, int> by_pointer_;
  std::unordered_multimap<uint64_t, int> by_structure_;
  std::unordered_map<int, const Value*> constant_values_;
  std::vector<bool>
      unsettled_;  // By node: whether the tree holds a call that is not deterministic.
};

Result<std::unique_ptr<ExprProgram>> ExprProgram::Compile(std::vector<ExprPtr> exprs,
                                                          const FunctionRegistry& registry,
                                                          const FunctionConfig& config) {
  WEIR_ASSIGN_OR_RETURN(auto program, ProgramBuilder(registry, config).Build(exprs));
  return std::unique_ptr<ExprProgram>(std::move(program));
}

Result<Value> EvaluateConstant(const ExprPtr& expr, const FunctionRegistry& registry,
                               const FunctionConfig& config) {
  if (expr->is_literal()) return expr->literal;
  WEIR_ASSIGN_OR_RETURN(auto program, ExprProgram::Compile({expr}, registry, config));
  Batch one_row;
  one_row.num_rows = 1;
  RowErrors errors;
  uint64_t random_state = static_cast<uint64_t>(config.query_start_micros);
  // A constant belongs to no operator, so there is no pool to charge.
  KernelContext context{arrow::default_memory_pool(), &errors, config.query_start_micros,
                        &random_state};
  WEIR_ASSIGN_OR_RETURN(ColumnVector columns, program->Evaluate(one_row, context));
  return GetValue(*columns[0], 0);
}

bool IsDeterministic(const ExprPtr& expr, const FunctionRegistry& registry) {
  bool deterministic = true;
  VisitExpr(expr, [&](const Expr& node) {
    if (!node.is_call() || !deterministic) return;
    const ScalarFunction* function = registry.FindScalar(node.function);
    if (function != nullptr && !function->deterministic) deterministic = false;
  });
  return deterministic;
}

bool MayFail(const ExprPtr& expr, const FunctionRegistry& registry) {
  bool may_fail = false;
  VisitExpr(expr, [&](const Expr& node) {
    if (!node.is_call() || may_fail) return;
    const ScalarFunction* function = registry.FindScalar(node.function);
    if (function == nullptr) {
      may_fail = true;
      return;
    }
    CallInfo call;
    call.result_type = node.type;
    for (const ExprPtr& arg : node.args) {
      call.arg_types.push_back(arg->type);
      call.literals.push_back(arg->is_literal() ? &arg->literal : nullptr);
    }
    may_fail = CallMayFail(*function, call);
  });
  return may_fail;
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/optimizer/column_use.h"

#include <algorithm>

namespace weir::optimizer {
namespace {

/// A column, or a field of a path below one.
bool IsPath(const Expr& expr) {
  const Expr* at = &expr;
  while (at->is_call("FIELD")) at = at->args[0].get();
  return at->is_input();
}

bool IsNullTest(const Expr& expr) {
  return (expr.is_call("IS NULL") || expr.is_call("IS NOT NULL")) && expr.args.size() == 1;
}

}  // namespace

void ColumnUse::Add(const ColumnUse& other) {
  whole |= other.whole;
  exists |= other.exists;
  for (const auto& [field, use] : other.fields) fields[field].Add(use);
}

void UseAll(Uses* uses) {
  for (ColumnUse& use : *uses) use.whole = true;
}

void AddUses(const Expr& expr, const ColumnUse& demand, Uses* uses) {
  if (expr.is_input()) {
    (*uses)[static_cast<size_t>(expr.index)].Add(demand);
    return;
  }
  if (expr.is_call("FIELD") && IsPath(expr)) {
    ColumnUse inner;
    inner.fields[expr.index] = demand;
    AddUses(*expr.args[0], inner, uses);
    return;
  }
  if (IsNullTest(expr) && IsPath(*expr.args[0])) {
    ColumnUse exists;
    exists.exists = true;
    AddUses(*expr.args[0], exists, uses);
    return;
  }
  for (const ExprPtr& arg : expr.args) AddUses(*arg, ColumnUse::Whole(), uses);
}

Moves IdentityMoves(size_t columns) {
  Moves moves;
  for (size_t i = 0; i < columns; ++i) moves.push_back({static_cast<int>(i), nullptr});
  return moves;
}

bool IsIdentityMove(const Moves& moves) {
  for (size_t i = 0; i < moves.size(); ++i) {
    if (moves[i].index != static_cast<int>(i) || moves[i].fields != nullptr) return false;
  }
  return true;
}

DataType MovedType(const DataType& type, const FieldMovesPtr& moves) {
  if (moves == nullptr) return type;
  std::vector<Field> fields;
  for (size_t i = 0; i < moves->size(); ++i) {
    const ColumnMove& move = (*moves)[i];
    if (move.index < 0) continue;
    const Field& field = type.fields()[i];
    fields.push_back({field.name, MovedType(field.type, move.fields)});
  }
  return type.WithFields(std::move(fields));
}

FieldMovesPtr KeepUsedFields(const DataType& type, const ColumnUse& use) {
  if (use.whole || type.kind() != TypeKind::kRow || type.fields().empty()) return nullptr;
  std::map<int, ColumnUse> kept = use.fields;
  if (kept.empty()) {
    // Only whether the row is there: one field stands for it, a cheap one.
    const auto& fields = type.fields();
    auto cheap = std::find_if(fields.begin(), fields.end(), [](const Field& f) {
      return !f.type.is_view() && !f.type.is_nested();
    });
    kept[cheap == fields.end() ? 0 : static_cast<int>(cheap - fields.begin())] = ColumnUse::Whole();
  }
  auto moves = std::make_shared<FieldMoves>();
  bool changed = false;
  int next = 0;
  for (size_t i = 0; i < type.fields().size(); ++i) {
    auto at = kept.find(static_cast<int>(i));
    if (at == kept.end()) {
      moves->push_back({-1, nullptr});
      changed = true;
      continue;
    }
    FieldMovesPtr inner = KeepUsedFields(type.fields()[i].type, at->second);
    changed |= inner != nullptr;
    moves->push_back({next++, std::move(inner)});
  }
  return changed ? FieldMovesPtr(std::move(moves)) : nullptr;
}

MovedExpr Moved(const ExprPtr& expr, const Moves& moves) {
  if (expr->is_input()) {
    const ColumnMove& move = moves[static_cast<size_t>(expr->index)];
    if (move.index == expr->index && move.fields == nullptr) return {expr, nullptr};
    return {MakeInput(move.index, MovedType(expr->type, move.fields)), move.fields};
  }
  if (expr->args.empty()) return {expr, nullptr};
  std::vector<ExprPtr> args;
  bool changed = false;
  FieldMovesPtr first;
  for (const ExprPtr& arg : expr->args) {
    MovedExpr moved = Moved(arg, moves);
    if (args.empty()) first = moved.fields;
    changed |= moved.expr != arg;
    args.push_back(std::move(moved.expr));
  }
  if (!changed) return {expr, nullptr};
  auto copy = std::make_shared<Expr>(*expr);
  copy->args = std::move(args);
  FieldMovesPtr fields;
  if (expr->is_call("FIELD") && first != nullptr) {
    const ColumnMove& move = (*first)[static_cast<size_t>(expr->index)];
    copy->index = move.index;
    copy->type = MovedType(expr->type, move.fields);
    fields = move.fields;
  }
  return {std::move(copy), std::move(fields)};
}

}  // namespace weir::optimizer

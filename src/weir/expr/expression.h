// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Typed expressions: plain, immutable, shareable data. The binder makes them, the optimizer
// rewrites them, plans carry them (JSON form in plan/), and expr/evaluator.h runs them a column at
// a time.
//
// Everything that is neither a literal nor an input column is a call of a named function, special
// forms included:
//   AND OR (n-ary) NOT CASE(c1, r1, c2, r2, ..., else) COALESCE IF
//   CAST TRY_CAST (1 argument; the target is the call's type)
//   ROW ARRAY MAP (constructors)   FIELD (argument 0 a ROW; `index` the field)   ITEM (array[i],
//   map[k]) IN (value, literal, literal, ...)
// Arguments already have the types that the resolved overload wants: implicit casts are explicit
// CAST calls.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/data/value.h"

namespace weir {

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

enum class ExprKind : uint8_t { kLiteral, kInputRef, kCall };

struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  DataType type;
  Value literal;              // kLiteral.
  int index = -1;             // kInputRef: input column. FIELD: field position.
  std::string function;       // kCall: canonical upper-case name.
  std::vector<ExprPtr> args;  // kCall.

  bool is_literal() const { return kind == ExprKind::kLiteral; }
  bool is_input() const { return kind == ExprKind::kInputRef; }
  bool is_call() const { return kind == ExprKind::kCall; }
  bool is_call(std::string_view name) const { return kind == ExprKind::kCall && function == name; }
};

ExprPtr MakeLiteral(Value value, DataType type);
ExprPtr MakeInput(int index, DataType type);
ExprPtr MakeCall(std::string function, std::vector<ExprPtr> args, DataType type);
ExprPtr MakeField(ExprPtr row, int field);  // FIELD call; nullable if the row is.
ExprPtr MakeCast(
    ExprPtr arg,
    DataType type);  // Returns `arg` itself when the types are equal, nullability included.

bool SameExpr(const Expr& a, const Expr& b);
uint64_t HashExpr(const Expr& expr);
/// Readable form for EXPLAIN and tests; `names` gives the input columns' names ("$3" where it is
/// too short).
std::string ExprToString(const Expr& expr, const std::vector<std::string>& names);
/// Calls `visit` for every node, parents first; for a node that several share once.
void VisitExpr(const ExprPtr& expr, const std::function<void(const Expr&)>& visit);
/// Rebuilds bottom-up: `replace` gets each node (children done) and returns it or its replacement.
ExprPtr RewriteExpr(const ExprPtr& expr, const std::function<ExprPtr(const ExprPtr&)>& replace);
/// Input columns that `expr` reads, sorted, once each.
std::vector<int> InputsOf(const ExprPtr& expr);
/// `expr` with input i replaced by mapping[i] (an index into new inputs).
ExprPtr RemapInputs(const ExprPtr& expr, const std::vector<int>& mapping);
/// `expr` with input i replaced by replacements[i].
ExprPtr SubstituteInputs(const ExprPtr& expr, const std::vector<ExprPtr>& replacements);
/// Splits nested ANDs into their conjuncts; a null pointer (no condition) gives none.
std::vector<ExprPtr> Conjuncts(const ExprPtr& expr);
/// AND of `conjuncts`: null for none, the only one itself.
ExprPtr AndOf(std::vector<ExprPtr> conjuncts);

}  // namespace weir

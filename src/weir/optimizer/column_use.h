// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to optimizer/: which columns and fields of ROW columns are read, and where they go when
// the others are left out.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "weir/expr/expression.h"

namespace weir::optimizer {

/// What is read of one column.
struct ColumnUse {
  bool whole = false;
  bool exists = false;              // Only whether it is NULL.
  std::map<int, ColumnUse> fields;  // Of a ROW.

  static ColumnUse Whole() {
    ColumnUse use;
    use.whole = true;
    return use;
  }
  bool used() const { return whole || exists || !fields.empty(); }
  void Add(const ColumnUse& other);
};
using Uses = std::vector<ColumnUse>;

void UseAll(Uses* uses);
/// Adds what `expr` reads of its input columns, if `demand` is what is read of its value.
void AddUses(const Expr& expr, const ColumnUse& demand, Uses* uses);

struct ColumnMove;
/// Where the fields of a ROW went. Null: all stayed.
using FieldMoves = std::vector<ColumnMove>;
using FieldMovesPtr = std::shared_ptr<const FieldMoves>;

/// Where a column or field went: its new position, or -1.
struct ColumnMove {
  int index = -1;
  FieldMovesPtr fields;
};
using Moves = std::vector<ColumnMove>;

Moves IdentityMoves(size_t columns);
bool IsIdentityMove(const Moves& moves);
/// The ROW type with the fields that stayed.
DataType MovedType(const DataType& type, const FieldMovesPtr& fields);
/// Leaves out the fields of `type` that are not read; null when all are.
FieldMovesPtr KeepUsedFields(const DataType& type, const ColumnUse& use);

/// An expression over the moved columns, and where the fields of its value went.
struct MovedExpr {
  ExprPtr expr;
  FieldMovesPtr fields;
};
MovedExpr Moved(const ExprPtr& expr, const Moves& moves);

}  // namespace weir::optimizer

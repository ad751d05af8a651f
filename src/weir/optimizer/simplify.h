// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to optimizer/: simplification of one expression, without changing its type or what
// errors it can meet on rows that are certain to be evaluated.
#pragma once

#include "weir/optimizer/optimizer.h"

namespace weir::optimizer {

/// The simplified expression; the same object when there is nothing to do.
ExprPtr Simplify(const ExprPtr& expr, const OptimizerContext& context);
/// A condition of a filter: what is never TRUE becomes the literal FALSE.
ExprPtr SimplifyCondition(const ExprPtr& condition, const OptimizerContext& context);

bool IsTrue(const Expr& expr);
bool IsFalseOrNull(const Expr& expr);

}  // namespace weir::optimizer

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to optimizer/: the rules, and walking over plans that are DAGs.
//
// A rule gets the whole plan (all roots) and returns it rewritten; nodes it does not touch stay the
// same objects, so that "nothing changed" is a comparison of pointers and shared parts stay shared.
// Walks are loops, not recursion: plans may be deep.
#pragma once

#include <functional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "weir/optimizer/optimizer.h"

namespace weir::optimizer {

using Roots = std::vector<PlanPtr>;

struct Rule {
  std::string_view name;
  std::string_view description;
  Result<Roots> (*apply)(Roots roots, const OptimizerContext& context);
};

// Logical rules, in files of their names (NormalizeSources: infer_changes.cc).
Result<Roots> NormalizeSources(Roots roots, const OptimizerContext& context);
Result<Roots> SimplifyExpressions(Roots roots, const OptimizerContext& context);
Result<Roots> RecognizeWindows(Roots roots, const OptimizerContext& context);
Result<Roots> RecognizeWindowJoins(Roots roots, const OptimizerContext& context);
Result<Roots> MergeCalcs(Roots roots, const OptimizerContext& context);
Result<Roots> PushFilters(Roots roots, const OptimizerContext& context);
Result<Roots> CleanAggregates(Roots roots, const OptimizerContext& context);
Result<Roots> DropWatermarks(Roots roots, const OptimizerContext& context);
Result<Roots> PruneColumns(Roots roots, const OptimizerContext& context);
Result<Roots> PushScanFilters(Roots roots, const OptimizerContext& context);
Result<Roots> PushLimits(Roots roots, const OptimizerContext& context);
Result<Roots> ShareEqualParts(Roots roots, const OptimizerContext& context);
// Physical rules: always run, in this order.
Result<Roots> CheckStreamLimits(Roots roots, const OptimizerContext& context);
Result<Roots> InferChanges(Roots roots, const OptimizerContext& context);
Result<Roots> AddExchanges(Roots roots, const OptimizerContext& context);
Result<Roots> EstimateRows(Roots roots, const OptimizerContext& context);
Result<Roots> NameState(Roots roots, const OptimizerContext& context);

// walk.cc
/// Every node once, inputs before those who read them.
std::vector<PlanPtr> InputsFirst(const Roots& roots);
/// How many edges (and roots) lead to each node.
std::unordered_map<const PlanNode*, int> CountReaders(const Roots& roots);
/// Rebuilds bottom-up: `replace` gets each node once, over its rebuilt inputs.
Result<Roots> Rewrite(const Roots& roots,
                      const std::function<Result<PlanPtr>(const PlanPtr&)>& replace);
/// The same node with other expressions: `change` gets each expression that the node evaluates.
PlanPtr MapExpressions(const PlanPtr& node, const std::function<ExprPtr(const ExprPtr&)>& change);
/// The expressions that a node evaluates.
std::vector<ExprPtr> ExpressionsOf(const PlanNode& node);

/// Column of the input that column `column` of a Calc only passes on, or -1.
int PassedColumn(const CalcNode& calc, int column);
/// Whether a Calc passes on all columns of its input, in order, under any name.
bool IsIdentity(const CalcNode& calc, const PlanNode& input);
/// Nodes of an expression, counted as a tree, up to `max`.
int64_t ExprSize(const ExprPtr& expr, int64_t max);

// upsert_keys.cc
/// Column sets of `node`'s output of which each names at most one row at any time; `inputs`: those
/// of its inputs.
std::vector<std::vector<int>> DeriveUpsertKeys(
    const PlanNode& node, const std::vector<std::vector<std::vector<int>>>& inputs);

}  // namespace weir::optimizer

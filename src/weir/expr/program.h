// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A compiled set of expressions: nodes in an order in which arguments come first, each common
// sub-expression once. evaluator_compile.cc makes it, evaluator_execute.cc runs it.
//
//   a * 2 + a * 2 > 10      0: input a   1: literal 2   2: 0 * 1   3: 2 + 2   4: literal 10   5: 3
//   > 4
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "weir/expr/evaluator.h"

namespace weir {

enum class NodeKind : uint8_t { kLiteral, kInput, kCall, kField, kAnd, kOr, kCase, kCoalesce };

struct Node {
  NodeKind kind = NodeKind::kLiteral;
  ExprPtr expr;  // Keeps literals alive; names the node in errors.
  DataType type;
  int index = -1;         // Input column or field.
  std::vector<int> args;  // Positions of other nodes, all before this one.
  Kernel kernel;          // kCall.
  NullPolicy null_policy = NullPolicy::kPropagate;
  bool deterministic = true;  // This call alone.
  bool may_fail = false;      // This call alone.
  bool constant = false;      // Reads no input, and is deterministic throughout.
  bool eager = false;  // The whole tree is cheap, total and deterministic: may run on rows that do
                       // not need it.
  bool unconditional = false;  // Every row of a batch reaches it.
  std::vector<int> releases;   // Nodes whose values nobody reads after this one.

  // Kept between batches.
  ColumnPtr constant_value;  // One row.
  ColumnPtr dictionary;  // The dictionary column's dictionary to which the call was applied last,
  ColumnPtr dictionary_result;  // and what came out.
};

class Program final : public ExprProgram {
 public:
  Result<ColumnVector> Evaluate(const Batch& batch, KernelContext& context) override;
  Status Filter(const Batch& batch, int i, KernelContext& context,
                std::vector<int32_t>* selected) override;

 private:
  friend class ProgramBuilder;
  std::vector<Node> nodes_;
  std::vector<int> roots_;
  std::deque<Value> folded_;  // Values of constant arguments that kernels were made with.
};

}  // namespace weir

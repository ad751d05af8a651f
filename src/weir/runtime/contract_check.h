// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// An operator around an operator that checks what both sides promise each other; on in tests.
//   - batches: equal-length columns, as many as the schema has, of its types
//   - watermarks never go back, neither in nor out; no rows after the watermark kMax has gone out
//   - Continue only after kMoreOutput, and nothing else before it is done; no event for an input
//   that has ended
//   - output batches no longer than batch_rows_max, or than the longest input batch
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/operator/operator.h"

namespace weir {

struct ContractSpec {
  std::string name;
  std::vector<Schema> inputs;    // Empty: the first batch of each input tells.
  std::optional<Schema> output;  // Empty: the first batch tells.
  int64_t batch_rows_max = 0;    // 0: not checked.
};

/// Errors of its calls: kInternal when a contract is broken, else the operator's own.
std::unique_ptr<Operator> WithContractChecks(std::unique_ptr<Operator> checked, ContractSpec spec);
std::unique_ptr<SourceOperator> WithContractChecks(std::unique_ptr<SourceOperator> checked,
                                                   ContractSpec spec);

/// Whether `batch` is well formed, and has the types of `schema` if there is one.
Status CheckBatch(const Batch& batch, const Schema* schema);

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What the runtime runs: a DAG of operators with their parallelism and the exchanges between them.
// Made by translate/. The runtime chains nodes over forward edges of equal parallelism into tasks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "weir/operator/operator.h"

namespace weir {

enum class Exchange : uint8_t {
  kForward,    // Subtask i to subtask i (equal parallelism).
  kHash,       // By key hash prefix of `keys`.
  kRebalance,  // Round robin.
  kBroadcast,  // To all.
  kSingleton,  // To subtask 0 (parallelism 1 behind).
};

struct JobEdge {
  int from = -1;  // Node.
  Exchange exchange = Exchange::kForward;
  std::vector<int> keys;  // kHash: columns of the batch.
};

/// One subtask's operator is made by exactly one of `make_source` and `make_operator`.
struct JobNode {
  std::string name;         // "GroupAggregate(bidder)": for EXPLAIN, errors, metrics.
  std::string semantic_id;  // Stable id for state; empty for stateless nodes.
  int parallelism = 1;
  std::vector<JobEdge> inputs;
  std::function<Result<std::unique_ptr<SourceOperator>>(OperatorContext&)> make_source;
  std::function<Result<std::unique_ptr<Operator>>(OperatorContext&)> make_operator;
};

/// Nodes in topological order: inputs come before.
struct JobGraph {
  std::vector<JobNode> nodes;
  /// Called once, from one thread, after every subtask has ended well: commits sinks.
  std::vector<std::function<Status()>> on_success;
  /// Called once if the job fails or is cancelled.
  std::vector<std::function<void()>> on_failure;
};

}  // namespace weir

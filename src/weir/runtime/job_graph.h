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

#include "weir/connector/sink_commits.h"
#include "weir/connector/split_queue.h"
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

/// A source's splits, shared by its subtasks: part of every epoch besides the operators.
struct SourceStage {
  std::string semantic_id;  // Of the scan's node.
  std::shared_ptr<SplitQueue> splits;
};
/// What a sink's writers have prepared: published when an epoch has become true.
struct SinkStage {
  std::string semantic_id;  // Of the sink's node.
  std::shared_ptr<SinkCommits> commits;
};

/// Nodes in topological order: inputs come before.
struct JobGraph {
  /// Not empty: what an earlier run of the same job has left behind in its sinks is cleared away.
  std::string job_id;
  std::vector<JobNode> nodes;
  std::vector<SourceStage> sources;
  std::vector<SinkStage> sinks;
  /// Called once, from one thread, after every subtask has ended well and the sinks are committed.
  std::vector<std::function<Status()>> on_success;
  /// Called once if the job fails, is cancelled, or has been stopped with a savepoint.
  std::vector<std::function<void()>> on_failure;
};

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Which nodes of a job graph run together: nodes joined by chained edges make one task, run by
// direct calls.
//   scan -forward-> calc -hash-> aggregate -forward-> sink    gives  {scan, calc} {aggregate, sink}
// An edge is chained when both ends have the same parallelism and it is a forward edge, or when
// both ends are single.
#pragma once

#include <vector>

#include "weir/runtime/job_graph.h"

namespace weir {

struct JobPlan {
  struct TaskPlan {
    std::vector<int> nodes;  // Ascending, so inputs come before.
    int parallelism = 1;
  };
  std::vector<TaskPlan> tasks;  // By their last node, ascending.
  std::vector<int> task_of;     // Of each node.
  int num_workers = 1;
};

bool IsChained(const JobGraph& graph, const JobEdge& edge, const JobNode& to);
/// Errors: kInternal for a graph that is not one (an edge from later nodes, forward between unequal
/// parallelism, ...).
Result<JobPlan> PlanJob(const JobGraph& graph);

}  // namespace weir

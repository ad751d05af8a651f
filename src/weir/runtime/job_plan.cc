// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/runtime/job_plan.h"

#include <algorithm>
#include <map>
#include <numeric>

namespace weir {
namespace {

Status CheckNode(const JobGraph& graph, int index) {
  const JobNode& node = graph.nodes[static_cast<size_t>(index)];
  bool is_source = static_cast<bool>(node.make_source);
  if (is_source == static_cast<bool>(node.make_operator)) {
    return Internal("{} must have either a source or an operator", node.name);
  }
  if (is_source != node.inputs.empty())
    return Internal("{} has {} inputs", node.name, node.inputs.size());
  if (node.parallelism < 1)
    return Internal("{} has the parallelism {}", node.name, node.parallelism);
  for (const JobEdge& edge : node.inputs) {
    if (edge.from < 0 || edge.from >= index)
      return Internal("{} has an input that does not come before it", node.name);
    const JobNode& from = graph.nodes[static_cast<size_t>(edge.from)];
    if (edge.exchange == Exchange::kForward && from.parallelism != node.parallelism) {
      return Internal("a forward edge joins {} ({} subtasks) and {} ({})", from.name,
                      from.parallelism, node.name, node.parallelism);
    }
    if (edge.exchange == Exchange::kSingleton && node.parallelism != 1) {
      return Internal("{} has a singleton input and {} subtasks", node.name, node.parallelism);
    }
    if (edge.exchange == Exchange::kHash && edge.keys.empty())
      return Internal("{} is hashed by no keys", node.name);
  }
  return Status::OK();
}

int FindRoot(std::vector<int>& parents, int i) {
  while (parents[static_cast<size_t>(i)] != i) i = parents[static_cast<size_t>(i)];
  return i;
}

}  // namespace

bool IsChained(const JobGraph& graph, const JobEdge& edge, const JobNode& to) {
  const JobNode& from = graph.nodes[static_cast<size_t>(edge.from)];
  if (from.parallelism != to.parallelism) return false;
  return edge.exchange == Exchange::kForward || to.parallelism == 1;
}

Result<JobPlan> PlanJob(const JobGraph& graph) {
  int num_nodes = static_cast<int>(graph.nodes.size());
  std::vector<int> parents(graph.nodes.size());
  std::iota(parents.begin(), parents.end(), 0);
  for (int i = 0; i < num_nodes; ++i) {
    WEIR_RETURN_NOT_OK(CheckNode(graph, i));
    const JobNode& node = graph.nodes[static_cast<size_t>(i)];
    for (const JobEdge& edge : node.inputs) {
      if (!IsChained(graph, edge, node)) continue;
      int a = FindRoot(parents, edge.from), b = FindRoot(parents, i);
      parents[static_cast<size_t>(std::min(a, b))] = std::max(a, b);  // The root is the last node.
    }
  }
  JobPlan plan;
  std::map<int, JobPlan::TaskPlan> tasks;
  for (int i = 0; i < num_nodes; ++i) {
    JobPlan::TaskPlan& task = tasks[FindRoot(parents, i)];
    task.nodes.push_back(i);
    task.parallelism = graph.nodes[static_cast<size_t>(i)].parallelism;
    plan.num_workers = std::max(plan.num_workers, task.parallelism);
  }
  plan.task_of.resize(graph.nodes.size());
  for (auto& [root, task] : tasks) {
    for (int node : task.nodes)
      plan.task_of[static_cast<size_t>(node)] = static_cast<int>(plan.tasks.size());
    plan.tasks.push_back(std::move(task));
  }
  return plan;
}

}  // namespace weir

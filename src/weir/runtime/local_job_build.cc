// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// From a job graph to tasks, runners and channels; and from an epoch to what they go on from.
#include <algorithm>
#include <new>
#include <optional>
#include <set>
#include <utility>

#include "weir/runtime/contract_check.h"
#include "weir/runtime/local_job.h"

namespace weir {

Status LocalJob::Build() {
  WEIR_ASSIGN_OR_RETURN(plan_, PlanJob(graph_));
  workers_.resize(static_cast<size_t>(options_.deterministic ? 1 : plan_.num_workers));
  tasks_.resize(plan_.tasks.size());
  auto polling = options_.deterministic ? SourcePolling::kByCaller : SourcePolling::kWhileRunning;
  for (size_t t = 0; t < plan_.tasks.size(); ++t) {
    for (int i = 0; i < plan_.tasks[t].parallelism; ++i) {
      tasks_[t].push_back(std::make_unique<Task>(environment_, polling));
      std::vector<Task*>& owned = workers_[static_cast<size_t>(i) % workers_.size()].tasks;
      owned.insert(owned.begin(), tasks_[t].back().get());
    }
  }
  runners_.resize(graph_.nodes.size());
  WEIR_RETURN_NOT_OK(PrepareCheckpoints());
  for (int node = 0; node < static_cast<int>(graph_.nodes.size()); ++node) {
    for (int i = 0; i < graph_.nodes[static_cast<size_t>(node)].parallelism; ++i)
      WEIR_RETURN_NOT_OK(WireNode(node, i));
    for (int i = 0; i < graph_.nodes[static_cast<size_t>(node)].parallelism; ++i)
      WEIR_RETURN_NOT_OK(MakeOperators(node, i));
  }
  for (int node = 0; node < static_cast<int>(graph_.nodes.size()); ++node) WireOutputs(node);
  if (setup_.restored != nullptr) WEIR_RETURN_NOT_OK(RestoreOperators());
  setup_.restored.reset();  // It may keep what it has decoded.
  return Status::OK();
}

/// Producers' senders, once all runners exist: subtask p of the producer gets a channel to each
/// consumer subtask.
void LocalJob::WireOutputs(int node) {
  const JobNode& to = graph_.nodes[static_cast<size_t>(node)];
  int first_channel = 0;
  for (const JobEdge& edge : to.inputs) {
    const JobNode& from = graph_.nodes[static_cast<size_t>(edge.from)];
    bool chained = IsChained(graph_, edge, to);
    for (int p = 0; p < from.parallelism; ++p) {
      NodeRunner* producer = RunnerOf(edge.from, p);
      if (chained) {
        producer->AddChained(RunnerOf(node, p), first_channel);
        continue;
      }
      std::vector<std::shared_ptr<Channel>> channels;
      for (int c = 0; c < to.parallelism; ++c) {
        auto wake_of = [&](int i) {
          return workers_[static_cast<size_t>(i) % workers_.size()].wake;
        };
        channels.push_back(std::make_shared<Channel>(
            static_cast<size_t>(std::max<int64_t>(options_.queue_batches_max, 1)), wake_of(p),
            wake_of(c)));
        TaskOf(node, c)->AddInput(RunnerOf(node, c), first_channel + p, channels.back());
      }
      producer->AddExchange(
          std::make_unique<ExchangeSender>(edge, std::move(channels), producer->context().pool));
    }
    first_channel += chained ? 1 : from.parallelism;
  }
}

Status LocalJob::WireNode(int node, int subtask) {
  const JobNode& spec = graph_.nodes[static_cast<size_t>(node)];
  std::vector<int> channel_inputs;
  for (size_t i = 0; i < spec.inputs.size(); ++i) {
    const JobEdge& edge = spec.inputs[i];
    int channels = IsChained(graph_, edge, spec)
                       ? 1
                       : graph_.nodes[static_cast<size_t>(edge.from)].parallelism;
    channel_inputs.insert(channel_inputs.end(), static_cast<size_t>(channels), static_cast<int>(i));
  }
  Task* task = TaskOf(node, subtask);
  auto runner =
      std::make_unique<NodeRunner>(spec.name, subtask, std::move(channel_inputs), task->state());
  runner->SetPool(std::make_unique<BudgetPool>(spec.name, 0, pool_.get(), nullptr));
  OperatorContext& context = runner->context();
  context.environment = &environment_;
  context.parallelism = spec.parallelism;
  context.batch_rows_max = options_.batch_rows_max;
  context.cancelled = [](const void* stopping) {
    return static_cast<const std::atomic<bool>*>(stopping)->load(std::memory_order_relaxed);
  };
  context.cancelled_argument = &stopping_;
  if (mail_ != nullptr) {
    runner->SetCheckpoints(mail_.get(),
                           writers_[static_cast<size_t>(node)][static_cast<size_t>(subtask)]);
  }
  if (HasState(spec.semantic_id)) {
    runner->RestoreWatermark(
        {setup_.restored->Watermark(spec.semantic_id).value_or(Watermark::kMin)});
  }
  auto poked = std::make_shared<std::atomic<bool>>(false);
  context.wake = [poked, wake = workers_[static_cast<size_t>(subtask) % workers_.size()].wake] {
    poked->store(true);
    wake->Notify();
  };
  if (spec.make_source) task->AddSource(runner.get(), poked);
  runners_[static_cast<size_t>(node)].push_back(runner.get());
  task->AddRunner(std::move(runner));
  return Status::OK();
}

Status LocalJob::MakeOperators(int node, int subtask) {
  const JobNode& spec = graph_.nodes[static_cast<size_t>(node)];
  NodeRunner* runner = RunnerOf(node, subtask);
  if (skipped_[static_cast<size_t>(node)]) {
    runner->SetSkipped();
    return Status::OK();
  }
  ContractSpec contract{spec.name, {}, std::nullopt, 0};
  if (spec.make_source) {
    auto made = spec.make_source(runner->context());
    if (!made.ok()) return WithContext(made.status(), spec.name);
    runner->SetSource(options_.check_contracts ? WithContractChecks(std::move(*made), contract)
                                               : std::move(*made));
    return Status::OK();
  }
  auto made = spec.make_operator(runner->context());
  if (!made.ok()) return WithContext(made.status(), spec.name);
  runner->SetOperator(options_.check_contracts ? WithContractChecks(std::move(*made), contract)
                                               : std::move(*made));
  return Status::OK();
}

// ---- Checkpoints ----

bool LocalJob::HasState(const std::string& semantic_id) const {
  return setup_.restored != nullptr && !semantic_id.empty() &&
         setup_.restored->Nodes().contains(semantic_id) &&
         !setup_.restored->IsFinished(semantic_id);
}

/// Before the first operator: names, what is restored into what, sinks and split queues.
Status LocalJob::PrepareCheckpoints() {
  CheckpointParts parts;
  std::set<std::string> ids;
  writers_.resize(graph_.nodes.size());
  for (size_t node = 0; node < graph_.nodes.size(); ++node) {
    const JobNode& spec = graph_.nodes[node];
    writers_[node].assign(static_cast<size_t>(spec.parallelism), -1);
    if (spec.semantic_id.empty()) continue;
    bool is_first = ids.insert(spec.semantic_id).second;
    if (!is_first && (setup_.storage != nullptr || setup_.restored != nullptr))
      return Internal("two nodes keep their state as '{}'", spec.semantic_id);
    parts.node_names[spec.semantic_id] = spec.name;
    for (int i = 0; i < spec.parallelism; ++i) {
      writers_[node][static_cast<size_t>(i)] = static_cast<int>(parts.writers.size());
      parts.writers.push_back({spec.semantic_id, i, spec.parallelism});
    }
  }
  if (setup_.restored != nullptr) WEIR_RETURN_NOT_OK(CheckClaims());
  FindSkipped();
  WEIR_RETURN_NOT_OK(StartSinks());
  WEIR_RETURN_NOT_OK(RestoreSplits());
  if (setup_.storage == nullptr) return Status::OK();
  parts.sources = graph_.sources;
  parts.sinks = graph_.sinks;
  for (SourceStage& source : graph_.sources) source.splits->KeepTaken();
  mail_ = std::make_unique<BarrierMail>([this] { WakeWorkers(); });
  coordinator_ = std::make_unique<CheckpointCoordinator>(
      setup_.storage, setup_.options, std::move(parts), environment_.clock, mail_.get());
  return Status::OK();
}

/// Whether every state of the epoch has a node here.
Status LocalJob::CheckClaims() const {
  if (setup_.options.ignore_unclaimed_state) return Status::OK();
  const RestoredState& restored = *setup_.restored;
  std::set<std::string> ids;
  for (const JobNode& node : graph_.nodes) ids.insert(node.semantic_id);
  for (const std::string& id : restored.Nodes()) {
    if (ids.contains(id)) continue;
    auto sink = restored.facts().sinks.find(id);
    bool is_unpublished =
        sink != restored.facts().sinks.end() && !sink->second.committables.empty();
    if (restored.IsFinished(id) && !is_unpublished) continue;
    auto name = restored.facts().node_names.find(id);
    return WithHint(
        InvalidQuery("epoch {} holds the state of {} ('{}'), which the query has not",
                     restored.epoch(),
                     name == restored.facts().node_names.end() ? "a node" : name->second, id),
        "SET 'execution.state-recovery.ignore-unclaimed-state' = 'true' drops such state");
  }
  return Status::OK();
}

/// A node that had ended is not run again, if all that feeds it had ended too.
void LocalJob::FindSkipped() {
  skipped_.assign(graph_.nodes.size(), false);
  if (setup_.restored == nullptr) return;
  std::vector<bool> feeds(graph_.nodes.size(), false);
  for (const JobNode& node : graph_.nodes) {
    for (const JobEdge& edge : node.inputs) feeds[static_cast<size_t>(edge.from)] = true;
  }
  for (size_t i = 0; i < graph_.nodes.size(); ++i) {
    const JobNode& node = graph_.nodes[i];
    bool inputs_skipped =
        std::all_of(node.inputs.begin(), node.inputs.end(),
                    [&](const JobEdge& edge) { return skipped_[static_cast<size_t>(edge.from)]; });
    // What is no sink and feeds nobody (a SELECT's end) tells its reader of the end.
    bool is_sink =
        std::any_of(graph_.sinks.begin(), graph_.sinks.end(),
                    [&](const SinkStage& sink) { return sink.semantic_id == node.semantic_id; });
    bool had_ended = node.semantic_id.empty() ? !node.inputs.empty()
                                              : setup_.restored->IsFinished(node.semantic_id);
    skipped_[i] = inputs_skipped && had_ended && (feeds[i] || is_sink);
  }
}

Status LocalJob::StartSinks() {
  for (SinkStage& sink : graph_.sinks) {
    std::optional<SinkCommits::Epoch> epoch;
    if (setup_.restored != nullptr) {
      auto found = setup_.restored->facts().sinks.find(sink.semantic_id);
      if (found != setup_.restored->facts().sinks.end())
        epoch = {found->second.committables, found->second.in_progress};
    }
    WEIR_RETURN_NOT_OK(sink.commits->Start(epoch ? &*epoch : nullptr, !graph_.job_id.empty()));
  }
  return Status::OK();
}

/// All splits go back into their queues, to be handed out anew.
Status LocalJob::RestoreSplits() {
  for (SourceStage& source : graph_.sources) {
    if (!HasState(source.semantic_id)) continue;
    const RestoredState& restored = *setup_.restored;
    auto queue = restored.facts().sources.find(source.semantic_id);
    if (queue == restored.facts().sources.end())
      return Corruption("epoch {} lacks the splits of '{}'", restored.epoch(), source.semantic_id);
    WEIR_ASSIGN_OR_RETURN(auto reader, restored.Read(source.semantic_id, 0, 1, pool_.get()));
    WEIR_ASSIGN_OR_RETURN(auto batches, reader->Read(kSplitTable, SplitTableSchema()));
    std::vector<SplitState> splits;
    for (const Batch& batch : batches) {
      for (SplitState& split : SplitsOfBatch(batch)) splits.push_back(std::move(split));
    }
    WEIR_RETURN_NOT_OK(source.splits->Restore(queue->second, std::move(splits)));
  }
  return Status::OK();
}

/// Every worker's subtasks by a thread of their own: fetching and decoding takes its time.
Status LocalJob::RestoreOperators() {
  int num_workers = static_cast<int>(workers_.size());
  std::vector<Status> statuses(workers_.size());
  std::vector<std::thread> threads;
  for (int w = 1; w < num_workers; ++w) {
    threads.emplace_back(
        [&, w] { statuses[static_cast<size_t>(w)] = RestoreSubtasks(w, num_workers); });
  }
  statuses[0] = RestoreSubtasks(0, num_workers);
  for (std::thread& thread : threads) thread.join();
  for (const Status& status : statuses) WEIR_RETURN_NOT_OK(status);
  for (const auto& subtasks : runners_) {
    for (NodeRunner* runner : subtasks) WEIR_RETURN_NOT_OK(runner->ResendWatermark());
  }
  return Status::OK();
}

Status LocalJob::RestoreSubtasks(int worker, int num_workers) {
  for (size_t node = 0; node < graph_.nodes.size(); ++node) {
    const JobNode& spec = graph_.nodes[node];
    if (skipped_[node] || !HasState(spec.semantic_id)) continue;
    for (int i = worker; i < spec.parallelism; i += num_workers) {
      NodeRunner* runner = RunnerOf(static_cast<int>(node), i);
      auto restore = [&]() -> Status {
        WEIR_ASSIGN_OR_RETURN(
            auto reader,
            setup_.restored->Read(spec.semantic_id, i, spec.parallelism, runner->context().pool));
        return runner->Restore(*reader);
      };
      try {
        WEIR_RETURN_NOT_OK(restore());
      } catch (const std::bad_alloc&) {
        return ResourceExhausted("{}: the process has no memory left", spec.name);
      } catch (const std::exception& exception) {
        return Internal("{}: {}", spec.name, exception.what());
      }
    }
  }
  return Status::OK();
}

}  // namespace weir

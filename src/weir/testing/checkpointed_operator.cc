// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/checkpointed_operator.h"

#include <gtest/gtest.h>

#include "weir/state/keyed_table.h"
#include "weir/testing/fake_clock.h"

namespace weir {
namespace {

constexpr const char* kNode = "operator";

void ExpectOk(const Status& status) { ASSERT_TRUE(status.ok()) << status.ToString(); }

class NoOutput : public Output {
 public:
  Status Emit(Batch) override { return Status::OK(); }
  Status Emit(Watermark) override { return Status::OK(); }
  bool HasRoom() const override { return true; }
};

}  // namespace

struct CheckpointedOperator::Task {
  OperatorContext context;
  OperatorCounters counters;
  std::unique_ptr<Operator> op;
};

CheckpointedOperator::CheckpointedOperator(OperatorFactory factory,
                                           std::vector<std::vector<int>> key_columns,
                                           int parallelism)
    : factory_(std::move(factory)),
      key_columns_(std::move(key_columns)),
      clock_(std::make_unique<FakeClock>()),
      environment_(RealEnvironment()) {
  environment_.clock = clock_.get();
  Make(parallelism);
}
CheckpointedOperator::~CheckpointedOperator() = default;

void CheckpointedOperator::SetMillis(int64_t now_millis) { clock_->SetMillis(now_millis); }

// A run: its operators are new, and go on from the newest checkpoint.
void CheckpointedOperator::Make(int parallelism) {
  CheckpointStorageConfig config;
  config.objects = &objects_;
  config.clock = environment_.clock;
  config.random = environment_.random;
  config.object_bytes_max = 4000;
  storage_ = CheckpointStorage::Open(config).ValueOrDie();
  std::shared_ptr<const RestoredState> state = storage_->Newest().ValueOrDie();
  ExpectOk(storage_->BeginGeneration(GenerationStart::kContinue));
  tasks_.clear();
  for (int i = 0; i < parallelism; ++i) {
    auto task = std::make_unique<Task>();
    task->context.pool = arrow::default_memory_pool();
    task->context.environment = &environment_;
    task->context.counters = &task->counters;
    task->context.subtask = i;
    task->context.parallelism = parallelism;
    task->context.batch_rows_max = 7;
    task->op = factory_(task->context).ValueOrDie();
    if (state != nullptr) {
      auto reader = state->Read(kNode, i, parallelism, task->context.pool).ValueOrDie();
      ExpectOk(task->op->Restore(*reader));
    }
    tasks_.push_back(std::move(task));
  }
}

void CheckpointedOperator::Checkpoint() {
  CompleteCheckpoint();
  auto parallelism = static_cast<int>(tasks_.size());
  epoch_ = storage_->BeginEpoch(EpochKind::kCheckpoint).ValueOrDie();
  since_.clear();
  has_checkpoint_ = true;
  for (int i = 0; i < parallelism; ++i) {
    StateWriter writer{kNode, i, parallelism};
    snapshots_.push_back(
        std::make_unique<SubtaskSnapshot>(epoch_->epoch(), storage_->MayBeIncremental(writer)));
    num_incremental_ += snapshots_.back()->is_incremental() ? 1 : 0;
    ExpectOk(tasks_[static_cast<size_t>(i)]->op->Save(*snapshots_.back()));
  }
}

void CheckpointedOperator::CopySomeRows() {
  for (auto& snapshot : snapshots_) ExpectOk(snapshot->Continue(1));
}

void CheckpointedOperator::CompleteCheckpoint() {
  if (epoch_ == nullptr) return;
  for (size_t i = 0; i < snapshots_.size(); ++i) {
    while (!snapshots_[i]->is_complete()) ExpectOk(snapshots_[i]->Continue(100));
    StateWriter writer{kNode, static_cast<int>(i), static_cast<int>(tasks_.size())};
    ExpectOk(epoch_->Add(writer, *snapshots_[i]));
  }
  ExpectOk(epoch_->Commit({}));
  ExpectOk(storage_->DropOld());
  snapshots_.clear();
  epoch_.reset();
}

void CheckpointedOperator::Restart(int parallelism) {
  Checkpoint();
  CompleteCheckpoint();
  Make(parallelism);
}

void CheckpointedOperator::Crash(int parallelism) {
  if (!has_checkpoint_) return;
  CompleteCheckpoint();
  Make(parallelism);
  NoOutput nothing;
  for (const auto& call : std::exchange(since_, {})) call(nothing);
}

void CheckpointedOperator::Finish(int subtask, Result<Progress> progress, Output& out) {
  CopySomeRows();
  while (true) {
    ASSERT_TRUE(progress.ok()) << progress.status().ToString();
    if (*progress != Progress::kMoreOutput) return;
    progress = tasks_[static_cast<size_t>(subtask)]->op->Continue(out);
  }
}

void CheckpointedOperator::Send(int input, const Batch& batch, Output& out) {
  since_.push_back([=, this](Output& again) { Send(input, batch, again); });
  std::vector<uint64_t> hashes;
  ColumnVector keys;
  for (int column : key_columns_[static_cast<size_t>(input)])
    keys.push_back(batch.columns[static_cast<size_t>(column)]);
  ExpectOk(HashKeys(keys, batch.num_rows, &hashes));
  auto parallelism = static_cast<int>(tasks_.size());
  for (int subtask = 0; subtask < parallelism; ++subtask) {
    std::vector<int32_t> rows;
    for (size_t i = 0; i < hashes.size(); ++i) {
      if (SubtaskOfHash(hashes[i], parallelism) == subtask) rows.push_back(static_cast<int32_t>(i));
    }
    Operator& op = *tasks_[static_cast<size_t>(subtask)]->op;
    Batch part = GatherBatch(batch, rows, arrow::default_memory_pool()).ValueOrDie();
    if (part.num_rows > 0) Finish(subtask, op.OnBatch(input, part, out), out);
  }
}

void CheckpointedOperator::SendWatermark(int64_t millis, Output& out) {
  since_.push_back([=, this](Output& again) { SendWatermark(millis, again); });
  for (size_t i = 0; i < tasks_.size(); ++i)
    Finish(static_cast<int>(i), tasks_[i]->op->OnWatermark({millis}, out), out);
}

void CheckpointedOperator::SendTime(int64_t now_millis, Output& out) {
  since_.push_back([=, this](Output& again) { SendTime(now_millis, again); });
  SetMillis(now_millis);
  for (size_t i = 0; i < tasks_.size(); ++i) {
    if (tasks_[i]->op->NextTimerMillis() <= now_millis)
      Finish(static_cast<int>(i), tasks_[i]->op->OnTimer(now_millis, out), out);
  }
}

void CheckpointedOperator::End(Output& out) {
  SendWatermark(Watermark::kMax, out);
  for (size_t input = 0; input < key_columns_.size(); ++input) {
    for (size_t i = 0; i < tasks_.size(); ++i)
      Finish(static_cast<int>(i), tasks_[i]->op->OnEnd(static_cast<int>(input), out), out);
  }
}

}  // namespace weir

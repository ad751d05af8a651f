// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Small whole jobs for tests of checkpoints: what they leave in the world outside, a storage that
// fails or dies at a chosen call, and what an uninterrupted run publishes.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "weir/operator/scan.h"
#include "weir/operator/sink.h"
#include "weir/operator/union.h"
#include "weir/runtime/executor.h"
#include "weir/store/memory_object_store.h"

namespace weir {

inline Schema RowSchema() {
  return {{{"k", DataType::BigInt().NotNull()}, {"n", DataType::BigInt().NotNull()}}};
}
using Row = std::pair<int64_t, int64_t>;
inline constexpr int64_t kKeys = 7;

inline Result<Batch> MakeBatch(const std::vector<Row>& rows, arrow::MemoryPool* pool) {
  BatchBuilder builder(RowSchema(), pool);
  for (auto [k, n] : rows) {
    WEIR_RETURN_NOT_OK(builder.column(0)->AppendInt(k));
    WEIR_RETURN_NOT_OK(builder.column(1)->AppendInt(n));
    builder.EndRow();
  }
  return builder.Finish();
}
inline std::vector<Row> RowsOf(const Batch& batch) {
  std::vector<Row> rows;
  for (int64_t i = 0; i < batch.num_rows; ++i)
    rows.emplace_back(batch.columns[0]->At<int64_t>(i), batch.columns[1]->At<int64_t>(i));
  return rows;
}

// ---- What outlives a run ----

struct World {
  MemoryObjectStore objects;
  std::mutex mutex;
  std::map<std::string, std::vector<Row>> files;
  std::set<std::string> published;
  int runs = 0;
  std::atomic<int> splits_opened{0};
  std::atomic<bool> is_dead{false};  // The process has been killed: nobody tidies up.

  std::multiset<Row> Output() {
    std::lock_guard<std::mutex> lock(mutex);
    std::multiset<Row> rows;
    for (const std::string& name : published) rows.insert(files[name].begin(), files[name].end());
    return rows;
  }
  size_t leftovers() {
    std::lock_guard<std::mutex> lock(mutex);
    return files.size() - published.size();
  }
};

/// Files that are published whole; a writer begins another at every third checkpoint only.
class WorldSink : public Sink {
 public:
  explicit WorldSink(World* world) : world_(world) {
    std::lock_guard<std::mutex> lock(world->mutex);
    run_ = ++world->runs;
  }
  ChangelogMode accepted_changes(const ChangelogMode& query) const override { return query; }
  Result<std::unique_ptr<SinkWriter>> OpenWriter(int subtask, int) override {
    return std::make_unique<Writer>(world_, fmt::format("{}-{}", run_, subtask));
  }
  Status Commit(const std::vector<std::string>& committables) override {
    std::lock_guard<std::mutex> lock(world_->mutex);
    for (const std::string& name : committables) {
      EXPECT_TRUE(world_->files.contains(name)) << name;
      world_->published.insert(name);
    }
    return Status::OK();
  }
  Status Recover(const std::vector<std::string>& committables,
                 const std::vector<std::string>& in_progress) override {
    WEIR_RETURN_NOT_OK(Commit(committables));
    std::lock_guard<std::mutex> lock(world_->mutex);
    for (const std::string& text : in_progress) {
      std::string name = text.substr(0, text.find(':'));
      size_t valid = std::stoull(text.substr(text.find(':') + 1));
      EXPECT_GE(world_->files[name].size(), valid);
      // A file of an earlier run may have been published already, as long as it is valid.
      world_->files[name].resize(valid);
      world_->published.insert(name);
    }
    std::erase_if(world_->files,
                  [&](const auto& f) { return !world_->published.contains(f.first); });
    return Status::OK();
  }

 private:
  class Writer : public SinkWriter {
   public:
    Writer(World* world, std::string prefix) : world_(world), prefix_(std::move(prefix)) {}
    Status Write(const Batch& batch) override {
      std::vector<Row> rows = RowsOf(batch);
      std::lock_guard<std::mutex> lock(world_->mutex);
      if (name_.empty()) name_ = fmt::format("{}-{}", prefix_, next_++);
      auto& file = world_->files[name_];
      file.insert(file.end(), rows.begin(), rows.end());
      return Status::OK();
    }
    Result<std::vector<std::string>> PrepareCommit(PreparePoint point) override {
      bool rolls = point == PreparePoint::kEnd || ++prepares_ % 3 == 0;
      std::vector<std::string> prepared;
      if (rolls && !name_.empty()) prepared.push_back(std::exchange(name_, ""));
      is_reported_ = false;
      return prepared;
    }
    std::vector<std::string> InProgress() override {
      if (name_.empty()) return {};
      std::lock_guard<std::mutex> lock(world_->mutex);
      is_reported_ = true;
      return {fmt::format("{}:{}", name_, world_->files[name_].size())};
    }
    Status Abort() override {
      std::lock_guard<std::mutex> lock(world_->mutex);
      if (!world_->is_dead && !name_.empty() && !is_reported_) world_->files.erase(name_);
      return Status::OK();
    }

   private:
    World* world_;
    std::string prefix_, name_;
    int next_ = 0, prepares_ = 0;
    bool is_reported_ = false;
  };
  World* world_;
  int run_;
};

// ---- What runs ----

/// Split s gives the numbers s, s + splits, ... below `count`, or those of `numbers`; its watermark
/// is the greatest so far.
class NumberSource : public Source {
 public:
  struct Spec {
    int64_t splits = 3;
    int64_t count = 60;
    bool bounded = true;
    std::vector<int64_t> numbers;
    int64_t pause_micros = 0;
  };
  NumberSource(World* world, Spec spec) : world_(world), spec_(std::move(spec)) {}
  bool is_bounded() const override { return spec_.bounded; }
  bool has_own_watermarks() const override { return true; }
  Result<std::vector<SourceSplit>> Discover(int) override {
    std::vector<SourceSplit> splits;
    for (; discovered_ < spec_.splits; ++discovered_)
      splits.push_back({std::to_string(discovered_), "0"});
    return splits;
  }
  Result<std::unique_ptr<SplitReader>> OpenSplit(const SourceSplit& split) override {
    ++world_->splits_opened;
    return std::make_unique<Reader>(spec_, split);
  }

 private:
  class Reader : public SplitReader {
   public:
    Reader(const Spec& spec, SourceSplit split)
        : spec_(spec),
          split_(std::move(split)),
          number_(std::stoll(split_.id)),
          next_(std::stoll(split_.position)) {}
    Result<ReadState> Read(int64_t rows_max, arrow::MemoryPool* pool, Batch* out) override {
      if (spec_.pause_micros > 0)
        std::this_thread::sleep_for(std::chrono::microseconds(spec_.pause_micros));
      std::vector<Row> rows;
      for (; static_cast<int64_t>(rows.size()) < rows_max && HasNext(); ++next_) {
        int64_t n = spec_.numbers.empty() ? number_ + next_ * spec_.splits
                                          : spec_.numbers[static_cast<size_t>(next_)];
        rows.emplace_back(n % kKeys, n);
        watermark_ = std::max(watermark_, n);
      }
      if (!rows.empty()) {
        WEIR_ASSIGN_OR_RETURN(*out, MakeBatch(rows, pool));
      }
      if (!spec_.bounded && !HasNext()) return ReadState::kNothing;
      return HasNext() ? ReadState::kMore : ReadState::kEnd;
    }
    Result<SourceSplit> Position() override {
      return SourceSplit{split_.id, std::to_string(next_)};
    }
    std::optional<int64_t> TakeWatermark() override {
      return watermark_ == Watermark::kMin ? std::nullopt : std::optional(watermark_);
    }

   private:
    bool HasNext() const {
      return spec_.numbers.empty() ? number_ + next_ * spec_.splits < spec_.count
                                   : next_ < static_cast<int64_t>(spec_.numbers.size());
    }
    Spec spec_;
    SourceSplit split_;
    int64_t number_, next_;
    int64_t watermark_ = Watermark::kMin;
  };
  World* world_;
  Spec spec_;
  int64_t discovered_ = 0;
};

/// (k, n) -> (k, how many of k so far); a row that is late gives (k, -1) and is not counted.
class CountOperator : public Operator {
 public:
  CountOperator(OperatorContext& context, bool drops_late)
      : context_(context), drops_late_(drops_late), watermark_(context.restored_watermark_millis) {}
  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    std::vector<Row> rows;
    for (auto [k, n] : RowsOf(batch)) {
      bool is_late = drops_late_ && n <= watermark_;
      rows.emplace_back(k, is_late ? -1 : ++counts_[k]);
    }
    WEIR_ASSIGN_OR_RETURN(Batch counted, MakeBatch(rows, context_.pool));
    WEIR_RETURN_NOT_OK(out.Emit(std::move(counted)));
    return Progress::kDone;
  }
  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    watermark_ = watermark.millis;
    WEIR_RETURN_NOT_OK(out.Emit(watermark));
    return Progress::kDone;
  }
  Status Save(SnapshotWriter& snapshot) override {
    std::vector<Row> rows(counts_.begin(), counts_.end());
    WEIR_ASSIGN_OR_RETURN(Batch batch, MakeBatch(rows, context_.pool));
    std::vector<uint64_t> hashes(rows.size());
    WEIR_RETURN_NOT_OK(HashColumns({batch.columns[0]}, batch.num_rows, hashes.data()));
    return snapshot.Write("counts", RowSchema(), batch, hashes);
  }
  Status Restore(SnapshotReader& snapshot) override {
    WEIR_ASSIGN_OR_RETURN(auto batches, snapshot.Read("counts", RowSchema()));
    for (const Batch& batch : batches) {
      for (auto [k, count] : RowsOf(batch)) {
        EXPECT_FALSE(counts_.contains(k));
        counts_[k] = count;
      }
    }
    return Status::OK();
  }

 private:
  OperatorContext& context_;
  bool drops_late_;
  int64_t watermark_;
  std::map<int64_t, int64_t> counts_;
};

/// Keeps up to 20 rows back, and gives them out at a barrier, a few at a time. No state.
class HoldOperator : public Operator {
 public:
  HoldOperator(OperatorContext& context, std::atomic<bool>* stuck)
      : context_(context), stuck_(stuck) {}
  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    for (const Row& row : RowsOf(batch)) rows_.push_back(row);
    return rows_.size() > 20 ? Continue(out) : Progress::kDone;
  }
  Result<Progress> OnBarrier(Output& out) override { return Continue(out); }
  Result<Progress> OnEnd(int, Output& out) override { return Continue(out); }
  Result<Progress> OnWatermark(Watermark, Output&) override { return Progress::kDone; }
  Result<Progress> Continue(Output& out) override {
    if (stuck_ != nullptr && stuck_->load()) return Progress::kMoreOutput;
    while (!rows_.empty()) {
      if (!out.HasRoom()) return Progress::kMoreOutput;
      size_t n = std::min<size_t>(rows_.size(), 3);
      WEIR_ASSIGN_OR_RETURN(Batch batch,
                            MakeBatch({rows_.begin(), rows_.begin() + n}, context_.pool));
      rows_.erase(rows_.begin(), rows_.begin() + static_cast<int64_t>(n));
      WEIR_RETURN_NOT_OK(out.Emit(std::move(batch)));
    }
    return Progress::kDone;
  }

 private:
  OperatorContext& context_;
  std::atomic<bool>* stuck_;
  std::vector<Row> rows_;
};

class PassOperator : public Operator {
 public:
  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    WEIR_RETURN_NOT_OK(out.Emit(batch));
    return Progress::kDone;
  }
};

enum class Shape : uint8_t {
  kChain,    // scan -> hold -hash-> count -> sink
  kDiamond,  // scan -> {pass (chained), hold (by exchange)} -> union -hash-> count -> sink
  kTwo,      // a long scan and a short one -> union -hash-> count -> sink
  kLate,     // scan in disorder -> count that drops what is late -> sink
};

struct JobSpec {
  Shape shape = Shape::kChain;
  int parallelism = 1;
  int64_t count = 60;
  bool bounded = true;
  int64_t pause_micros = 0;
  std::atomic<bool>* stuck = nullptr;
  std::string count_id = "count";
};

inline const std::vector<int64_t> kDisorder = {5,  1,  9, 8,  7,  20, 3,  21,
                                               19, 22, 2, 40, 39, 38, 41, 60};

class GraphMaker {
 public:
  GraphMaker(World& world, const JobSpec& spec) : world_(world), spec_(spec) {}

  JobGraph Make() {
    graph_.job_id = "job";
    int last = -1;
    switch (spec_.shape) {
      case Shape::kChain:
        last = Hold(Scan("scan", spec_.count), Exchange::kForward);
        break;
      case Shape::kDiamond: {
        int scan = Scan("scan", spec_.count);
        int pass = Pass(scan);
        int hold = Hold(scan, Exchange::kRebalance);
        last = Union(pass, hold);
        break;
      }
      case Shape::kTwo: {
        int scan = Scan("scan", spec_.count);
        last = Union(scan, Scan("short", 5));
        break;
      }
      case Shape::kLate:
        last = Scan("scan", 0, kDisorder);
        break;
    }
    Sink(Count(last));
    return std::move(graph_);
  }

 private:
  int Add(JobNode node) {
    node.parallelism = spec_.parallelism;
    graph_.nodes.push_back(std::move(node));
    return static_cast<int>(graph_.nodes.size()) - 1;
  }
  int Scan(std::string id, int64_t count, std::vector<int64_t> numbers = {}) {
    NumberSource::Spec spec{numbers.empty() ? 3 : 1, count, spec_.bounded, numbers,
                            spec_.pause_micros};
    auto source = std::make_shared<NumberSource>(&world_, spec);
    auto splits = std::make_shared<SplitQueue>(source, spec_.parallelism, RealEnvironment().clock);
    JobNode node;
    node.name = "Scan";
    node.semantic_id = id;
    node.make_source = [=](OperatorContext& context) {
      ScanSpec scan;
      scan.source = source;
      scan.splits = splits;
      scan.scanned = RowSchema();
      scan.watermark.emplace();
      return MakeScan(std::move(scan), context);
    };
    graph_.sources.push_back({id, splits});
    return Add(std::move(node));
  }
  int Pass(int from) {
    JobNode node;
    node.name = "Pass";
    node.inputs = {{from, Exchange::kForward, {}}};
    node.make_operator = [](OperatorContext&) -> Result<std::unique_ptr<Operator>> {
      return std::make_unique<PassOperator>();
    };
    return Add(std::move(node));
  }
  int Hold(int from, Exchange exchange) {
    JobNode node;
    node.name = "Hold";
    node.inputs = {{from, exchange, {}}};
    node.make_operator =
        [stuck = spec_.stuck](OperatorContext& context) -> Result<std::unique_ptr<Operator>> {
      return std::make_unique<HoldOperator>(context, stuck);
    };
    return Add(std::move(node));
  }
  int Union(int a, int b) {
    JobNode node;
    node.name = "Union";
    node.inputs = {{a, Exchange::kForward, {}}, {b, Exchange::kRebalance, {}}};
    node.make_operator = [](OperatorContext& context) { return MakeUnion({RowSchema()}, context); };
    return Add(std::move(node));
  }
  int Count(int from) {
    JobNode node;
    node.name = "Count";
    node.semantic_id = spec_.count_id;
    node.inputs = {{from, Exchange::kHash, {0}}};
    bool drops_late = spec_.shape == Shape::kLate;
    node.make_operator =
        [drops_late](OperatorContext& context) -> Result<std::unique_ptr<Operator>> {
      return std::make_unique<CountOperator>(context, drops_late);
    };
    return Add(std::move(node));
  }
  void Sink(int from) {
    auto commits = std::make_shared<SinkCommits>(std::make_shared<WorldSink>(&world_));
    JobNode node;
    node.name = "Sink";
    node.semantic_id = "sink";
    node.inputs = {{from, Exchange::kForward, {}}};
    node.make_operator = [commits](OperatorContext& context) {
      return MakeSink({commits, {RowSchema(), {}, {}, {}}, UpdateBefore::kKeep}, context);
    };
    graph_.sinks.push_back({"sink", commits});
    Add(std::move(node));
  }

  World& world_;
  JobSpec spec_;
  JobGraph graph_;
};

// ---- Storage that fails ----

enum class Fault : uint8_t { kNone, kDieBefore, kDieAfter, kFailAdd, kFailCommit, kLostAnswer };

/// At the `at`-th commit (from 1) the fault happens; kFail ones at every `at`-th call.
class FaultyStorage : public CheckpointStorage {
 public:
  FaultyStorage(std::unique_ptr<CheckpointStorage> inner, World* world, Fault fault, int at)
      : inner_(std::move(inner)), world_(world), fault_(fault), at_(at) {}
  Result<std::shared_ptr<const RestoredState>> Newest() override { return inner_->Newest(); }
  Status BeginGeneration(GenerationStart start) override { return inner_->BeginGeneration(start); }
  bool MayBeIncremental(const StateWriter& writer) const override {
    return inner_->MayBeIncremental(writer);
  }
  int64_t next_epoch() const override { return inner_->next_epoch(); }
  Result<std::unique_ptr<EpochWriter>> BeginEpoch(EpochKind kind) override {
    WEIR_ASSIGN_OR_RETURN(auto writer, inner_->BeginEpoch(kind));
    return std::make_unique<Writer>(std::move(writer), this);
  }
  Result<std::unique_ptr<EpochWriter>> BeginSavepoint(ObjectStore* objects) override {
    return inner_->BeginSavepoint(objects);
  }
  Status DropOld() override { return inner_->DropOld(); }

  int commits = 0, adds = 0;
  int incremental_after_failure = 0;

 private:
  class Writer : public EpochWriter {
   public:
    Writer(std::unique_ptr<EpochWriter> inner, FaultyStorage* storage)
        : inner_(std::move(inner)), storage_(storage) {}
    int64_t epoch() const override { return inner_->epoch(); }
    Status Add(const StateWriter& writer, const SubtaskSnapshot& snapshot) override {
      FaultyStorage& s = *storage_;
      if (s.failed_ && snapshot.is_incremental()) ++s.incremental_after_failure;
      if (s.fault_ == Fault::kFailAdd && ++s.adds % s.at_ == 0) {
        s.failed_ = true;
        return Unavailable("the store is away");
      }
      return inner_->Add(writer, snapshot);
    }
    Status AddFinished(const StateWriter& writer) override { return inner_->AddFinished(writer); }
    Status Commit(const EpochFacts& facts) override {
      FaultyStorage& s = *storage_;
      ++s.commits;
      if (s.fault_ == Fault::kFailCommit && s.commits % s.at_ == 0) {
        s.failed_ = true;
        return Unavailable("the store is away");
      }
      bool now = s.commits == s.at_;
      if (now && s.fault_ == Fault::kDieBefore) return s.Die();
      WEIR_RETURN_NOT_OK(inner_->Commit(facts));
      if (now && s.fault_ == Fault::kDieAfter) return s.Die();
      if (s.fault_ == Fault::kLostAnswer && s.commits % s.at_ == 0) {
        s.failed_ = true;
        return Unavailable("the answer is lost");
      }
      s.failed_ = false;
      return Status::OK();
    }
    int64_t bytes_written() const override { return inner_->bytes_written(); }

   private:
    std::unique_ptr<EpochWriter> inner_;
    FaultyStorage* storage_;
  };

  Status Die() {
    world_->is_dead = true;
    return Fenced("the process is dead");
  }

  std::unique_ptr<CheckpointStorage> inner_;
  World* world_;
  Fault fault_;
  int at_;
  bool failed_ = false;
};

struct RunSpec {
  JobSpec job;
  bool deterministic = true;
  Fault fault = Fault::kNone;
  int at = 1;
  CheckpointOptions options;
  std::shared_ptr<const RestoredState> from;  // Instead of the newest.
};

struct Running {
  std::shared_ptr<BudgetPool> pool;
  std::shared_ptr<FaultyStorage> storage;
  std::unique_ptr<Job> job;
};

inline Result<Running> Start(World& world, const RunSpec& run) {
  world.is_dead = false;
  Running running;
  CheckpointStorageConfig config;
  config.objects = &world.objects;
  config.clock = RealEnvironment().clock;
  config.random = RealEnvironment().random;
  WEIR_ASSIGN_OR_RETURN(auto inner, CheckpointStorage::Open(config));
  running.storage = std::make_shared<FaultyStorage>(std::move(inner), &world, run.fault, run.at);
  WEIR_ASSIGN_OR_RETURN(auto newest, running.storage->Newest());
  WEIR_RETURN_NOT_OK(running.storage->BeginGeneration(GenerationStart::kContinue));
  ExecutionOptions options;
  options.batch_rows_max = 4;
  options.queue_batches_max = 2;
  options.deterministic = run.deterministic;
  options.check_contracts = true;
  running.pool = std::make_shared<BudgetPool>("query", 0, nullptr, arrow::default_memory_pool());
  CheckpointSetup setup{running.storage, run.from != nullptr ? run.from : newest, run.options};
  WEIR_ASSIGN_OR_RETURN(running.job, StartJob(GraphMaker(world, run.job).Make(), options,
                                              RealEnvironment(), running.pool, std::move(setup)));
  return running;
}

inline Status RunOnce(World& world, const RunSpec& run) {
  WEIR_ASSIGN_OR_RETURN(Running running, Start(world, run));
  Status status = running.job->Wait();
  running.job.reset();
  EXPECT_EQ(running.pool->bytes_allocated(), 0) << "memory left over";
  return status;
}

/// Of Shape::kLate: batches of four rows, the watermark after each; from batch `frozen_after` on it
/// stands still.
inline std::multiset<Row> ExpectedLate(size_t frozen_after) {
  std::map<int64_t, int64_t> counts;
  std::multiset<Row> rows;
  int64_t watermark = -1;
  for (size_t i = 0; i < kDisorder.size(); ++i) {
    int64_t n = kDisorder[i], k = n % kKeys;
    rows.emplace(k, n <= watermark ? -1 : ++counts[k]);
    if (i % 4 == 3 && i / 4 < frozen_after)
      watermark =
          *std::max_element(kDisorder.begin(), kDisorder.begin() + static_cast<int64_t>(i) + 1);
  }
  return rows;
}

inline std::multiset<Row> Expected(const JobSpec& job) {
  std::map<int64_t, int64_t> counts;
  std::multiset<Row> rows;
  int64_t copies = job.shape == Shape::kDiamond ? 2 : 1;
  for (int64_t n = 0; n < job.count; ++n) counts[n % kKeys] += copies;
  if (job.shape == Shape::kTwo) {
    for (int64_t n = 0; n < 5; ++n) ++counts[n % kKeys];
  }
  for (auto [k, count] : counts) {
    for (int64_t c = 1; c <= count; ++c) rows.emplace(k, c);
  }
  return rows;
}

inline CheckpointOptions EveryPoll(int64_t polls = 1) {
  CheckpointOptions options;
  options.every_polls = polls;
  options.tolerable_failures = -1;
  return options;
}

}  // namespace weir

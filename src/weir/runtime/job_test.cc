// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Whole jobs: random graphs against a model of them, back-pressure, errors everywhere, cancelling,
// order of sources.
#include <gtest/gtest.h>

#include <atomic>
#include <limits>
#include <map>
#include <mutex>
#include <new>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

#include "weir/runtime/executor.h"
#include "weir/store/memory_object_store.h"
#include "weir/testing/text_batch.h"

namespace weir {
namespace {

using Counts = std::map<int64_t, int64_t>;  // Value -> how many rows of it.

Schema NumberSchema() { return {{{"n", DataType::BigInt()}}}; }

Result<Batch> NumberBatch(const std::vector<int64_t>& numbers, arrow::MemoryPool* pool) {
  BatchBuilder builder(NumberSchema(), pool);
  for (int64_t number : numbers) {
    WEIR_RETURN_NOT_OK(builder.column(0)->AppendInt(number));
    builder.EndRow();
  }
  return builder.Finish();
}

/// What subtasks had done at each barrier, and at their end (kAtEnd).
struct Cuts {
  static constexpr int64_t kAtEnd = std::numeric_limits<int64_t>::max();
  std::mutex mutex;
  // By node or subtask, then by barrier.
  std::map<std::pair<int, int>, std::map<int64_t, int64_t>> next;  // The next number of a source.
  std::map<int, std::map<int64_t, Counts>> sunk;
};

/// Gives begin, begin + step, ... below end; after each batch the watermark is the last number.
class NumberSource : public SourceOperator {
 public:
  NumberSource(OperatorContext& context, int64_t count, int64_t batch_rows, Cuts* cuts = nullptr,
               int node = 0)
      : context_(context),
        next_(context.subtask),
        count_(count),
        batch_rows_(batch_rows),
        cuts_(cuts),
        node_(node) {}
  Result<PollState> Poll(Output& out) override {
    if (next_ >= count_) return PollState::kEnd;
    std::vector<int64_t> numbers;
    for (int64_t i = 0; i < batch_rows_ && next_ < count_; ++i, next_ += context_.parallelism)
      numbers.push_back(next_);
    WEIR_ASSIGN_OR_RETURN(Batch batch, NumberBatch(numbers, context_.pool));
    WEIR_RETURN_NOT_OK(out.Emit(std::move(batch)));
    WEIR_RETURN_NOT_OK(out.Emit(Watermark{numbers.back()}));
    return PollState::kMore;
  }
  Status Save(SnapshotWriter& snapshot) override {
    if (cuts_ == nullptr) return Status::OK();
    std::lock_guard<std::mutex> lock(cuts_->mutex);
    cuts_->next[{node_, context_.subtask}][snapshot.epoch()] = next_;
    return Status::OK();
  }
  /// The same source, which notes its cuts.
  NumberSource WithCuts(Cuts* cuts, int node) const {
    {
      std::lock_guard<std::mutex> lock(cuts->mutex);
      cuts->next[{node, context_.subtask}][Cuts::kAtEnd] = count_;
    }
    return NumberSource(context_, count_, batch_rows_, cuts, node);
  }
  std::string PositionText() const override { return fmt::format("at {}", next_); }

 private:
  OperatorContext& context_;
  int64_t next_, count_, batch_rows_;
  Cuts* cuts_;
  int node_;
};

/// Repeats each row `copies` times, one batch a copy, and keeps those that `divisor` divides.
/// Resumable.
class RepeatOperator : public Operator {
 public:
  RepeatOperator(OperatorContext& context, int copies, int64_t divisor)
      : context_(context), copies_(copies), divisor_(divisor) {}
  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    std::vector<int32_t> rows;
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      if (batch.columns[0]->At<int64_t>(i) % divisor_ == 0) rows.push_back(static_cast<int32_t>(i));
    }
    WEIR_ASSIGN_OR_RETURN(batch_, GatherBatch(batch, rows, context_.pool));
    left_ = copies_;
    return Continue(out);
  }
  Result<Progress> Continue(Output& out) override {
    while (left_ > 0) {
      if (!out.HasRoom()) return Progress::kMoreOutput;
      WEIR_RETURN_NOT_OK(out.Emit(batch_));
      --left_;
    }
    return Progress::kDone;
  }

 private:
  OperatorContext& context_;
  int copies_;
  int64_t divisor_;
  Batch batch_;
  int left_ = 0;
};

struct SinkContent {
  std::mutex mutex;
  Counts counts;
  int64_t late = 0;
  int ends = 0;
};

class CountingSink : public Operator {
 public:
  CountingSink(SinkContent& content, std::atomic<bool>* hold, Cuts* cuts = nullptr, int subtask = 0)
      : content_(content), hold_(hold), cuts_(cuts), subtask_(subtask) {}
  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    std::lock_guard<std::mutex> lock(content_.mutex);
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      int64_t number = batch.columns[0]->At<int64_t>(i);
      ++content_.counts[number];
      if (cuts_ != nullptr) ++own_[number];
      content_.late += number <= watermark_;
    }
    return Continue(out);
  }
  Result<Progress> Continue(Output&) override {
    return hold_ != nullptr && hold_->load() ? Progress::kMoreOutput : Progress::kDone;
  }
  Result<Progress> OnWatermark(Watermark watermark, Output&) override {
    watermark_ = watermark.millis;
    return Progress::kDone;
  }
  Result<Progress> OnEnd(int, Output&) override {
    std::lock_guard<std::mutex> lock(content_.mutex);
    ++content_.ends;
    if (cuts_ != nullptr) Note(Cuts::kAtEnd);
    return Progress::kDone;
  }
  Status Save(SnapshotWriter& snapshot) override {
    if (cuts_ != nullptr) Note(snapshot.epoch());
    return Status::OK();
  }

 private:
  void Note(int64_t barrier) {
    std::lock_guard<std::mutex> lock(cuts_->mutex);
    cuts_->sunk[subtask_][barrier] = own_;
  }

  SinkContent& content_;
  std::atomic<bool>* hold_;
  Cuts* cuts_;
  int subtask_;
  Counts own_;
  int64_t watermark_ = Watermark::kMin;
};

JobNode SourceNode(int parallelism, int64_t count, int64_t batch_rows) {
  JobNode node;
  node.name = "Numbers";
  node.parallelism = parallelism;
  node.make_source = [=](OperatorContext& context) -> Result<std::unique_ptr<SourceOperator>> {
    return std::make_unique<NumberSource>(context, count, batch_rows);
  };
  return node;
}
JobNode RepeatNode(int parallelism, std::vector<JobEdge> inputs, int copies, int64_t divisor) {
  JobNode node;
  node.name = "Repeat";
  node.parallelism = parallelism;
  node.inputs = std::move(inputs);
  node.make_operator = [=](OperatorContext& context) -> Result<std::unique_ptr<Operator>> {
    return std::make_unique<RepeatOperator>(context, copies, divisor);
  };
  return node;
}
JobNode SinkNode(int parallelism, std::vector<JobEdge> inputs, SinkContent& content,
                 std::atomic<bool>* hold = nullptr) {
  JobNode node;
  node.name = "Sink";
  node.parallelism = parallelism;
  node.inputs = std::move(inputs);
  node.make_operator = [&content, hold](OperatorContext&) -> Result<std::unique_ptr<Operator>> {
    return std::make_unique<CountingSink>(content, hold);
  };
  return node;
}

std::shared_ptr<BudgetPool> QueryPool(int64_t limit = 0) {
  return std::make_shared<BudgetPool>("query", limit, nullptr, arrow::default_memory_pool());
}

Status RunJob(JobGraph graph, ExecutionOptions options) {
  options.check_contracts = true;
  auto pool = QueryPool();
  Status status;
  {
    auto job = StartJob(std::move(graph), options, RealEnvironment(), pool);
    if (!job.ok()) return job.status();
    status = (*job)->Wait();
  }
  EXPECT_EQ(pool->bytes_allocated(), 0) << "memory left over";
  return status;
}

// ---- Random graphs ----

struct RandomJob {
  JobGraph graph;
  Counts expected;
};

Counts Transform(const Counts& in, int64_t factor, int64_t divisor) {
  Counts out;
  for (auto [number, count] : in) {
    if (number % divisor == 0) out[number] += count * factor;
  }
  return out;
}

/// With `prefixes`, what is expected of these rows of each source instead of all.
RandomJob MakeRandomJob(uint32_t seed, SinkContent& content,
                        const std::vector<Counts>* prefixes = nullptr) {
  std::mt19937 random(seed);
  auto pick = [&](int n) { return static_cast<int>(random() % static_cast<uint32_t>(n)); };
  const int kParallelism[] = {1, 2, 3, 8};
  RandomJob job;
  std::vector<Counts> model;
  std::vector<bool> used;
  auto edge_to = [&](int from, int parallelism, int64_t* factor) {
    used[static_cast<size_t>(from)] = true;
    int from_parallelism = job.graph.nodes[static_cast<size_t>(from)].parallelism;
    *factor = 1;
    if (from_parallelism == parallelism && pick(2) == 0)
      return JobEdge{from, Exchange::kForward, {}};
    if (parallelism == 1) return JobEdge{from, Exchange::kSingleton, {}};
    if (pick(8) == 0) {
      *factor = parallelism;
      return JobEdge{from, Exchange::kBroadcast, {}};
    }
    return pick(2) == 0 ? JobEdge{from, Exchange::kHash, {0}}
                        : JobEdge{from, Exchange::kRebalance, {}};
  };
  int sources = 1 + pick(3);
  for (int i = 0; i < sources; ++i) {
    int64_t count = pick(500);
    job.graph.nodes.push_back(SourceNode(kParallelism[pick(4)], count, 1 + pick(40)));
    Counts counts;
    for (int64_t n = 0; n < count; ++n) ++counts[n];
    if (prefixes != nullptr) counts = (*prefixes)[static_cast<size_t>(i)];
    model.push_back(counts);
    used.push_back(false);
  }
  int middles = pick(6);
  for (int i = 0; i < middles; ++i) {
    int parallelism = kParallelism[pick(4)], copies = 1 + pick(3);
    int64_t divisor = 1 + pick(2);
    Counts sum;
    std::vector<JobEdge> inputs;
    for (int k = 0; k < 1 + pick(3); ++k) {
      int64_t factor = 1;
      int from = pick(static_cast<int>(model.size()));
      inputs.push_back(edge_to(from, parallelism, &factor));
      for (auto [number, count] :
           Transform(model[static_cast<size_t>(from)], factor * copies, divisor))
        sum[number] += count;
    }
    job.graph.nodes.push_back(RepeatNode(parallelism, inputs, copies, divisor));
    model.push_back(sum);
    used.push_back(false);
  }
  int parallelism = kParallelism[pick(4)];
  std::vector<JobEdge> inputs;
  for (int from = 0; from < static_cast<int>(model.size()); ++from) {
    if (used[static_cast<size_t>(from)]) continue;
    int64_t factor = 1;
    inputs.push_back(edge_to(from, parallelism, &factor));
    for (auto [number, count] : Transform(model[static_cast<size_t>(from)], factor, 1))
      job.expected[number] += count;
  }
  job.graph.nodes.push_back(SinkNode(parallelism, inputs, content));
  return job;
}

TEST(Job, RandomGraphsGiveWhatTheModelGives) {
  for (uint32_t seed = 0; seed < 150; ++seed) {
    SinkContent content;
    RandomJob job = MakeRandomJob(seed, content);
    int commits = 0;
    job.graph.on_success.push_back([&] {
      ++commits;
      return Status::OK();
    });
    ExecutionOptions options;
    options.queue_batches_max = 1 + seed % 4;
    options.deterministic = seed % 5 == 0;
    Status status = RunJob(std::move(job.graph), options);
    ASSERT_TRUE(status.ok()) << "seed " << seed << ": " << status.ToString();
    ASSERT_EQ(content.counts, job.expected) << "seed " << seed;
    ASSERT_EQ(content.late, 0) << "seed " << seed;
    ASSERT_EQ(commits, 1);
  }
}

/// Adds what notes the cuts to the sources and the sink of a random job.
void NoteCuts(JobGraph& graph, SinkContent& content, Cuts& cuts) {
  for (int i = 0; i < static_cast<int>(graph.nodes.size()); ++i) {
    JobNode& node = graph.nodes[static_cast<size_t>(i)];
    node.semantic_id = std::to_string(i);
    if (node.make_source) {
      node.make_source = [&cuts, i, make = node.make_source](
                             OperatorContext& context) -> Result<std::unique_ptr<SourceOperator>> {
        WEIR_ASSIGN_OR_RETURN(auto made, make(context));
        auto plain = static_cast<NumberSource&>(*made);
        return std::make_unique<NumberSource>(plain.WithCuts(&cuts, i));
      };
    } else if (node.name == "Sink") {
      node.make_operator = [&](OperatorContext& context) -> Result<std::unique_ptr<Operator>> {
        return std::make_unique<CountingSink>(content, nullptr, &cuts, context.subtask);
      };
    }
  }
}

/// What the sources had given at a barrier, by node; all, where they had ended before.
std::vector<Counts> PrefixesAt(int64_t barrier, const JobGraph& graph, const Cuts& cuts) {
  std::vector<Counts> prefixes;
  for (int i = 0; graph.nodes[static_cast<size_t>(i)].make_source; ++i) {
    Counts counts;
    int parallelism = graph.nodes[static_cast<size_t>(i)].parallelism;
    for (int subtask = 0; subtask < parallelism; ++subtask) {
      const auto& ends = cuts.next.at({i, subtask});
      auto end = ends.find(barrier);
      int64_t next = end == ends.end() ? ends.at(Cuts::kAtEnd) : end->second;
      for (int64_t n = subtask; n < next; n += parallelism) ++counts[n];
    }
    prefixes.push_back(std::move(counts));
  }
  return prefixes;
}

TEST(Job, BarriersCutRandomGraphsCleanly) {
  int64_t cuts_seen = 0;
  for (uint32_t seed = 0; seed < 150; ++seed) {
    SinkContent content;
    RandomJob job = MakeRandomJob(seed, content);
    Cuts cuts;
    NoteCuts(job.graph, content, cuts);
    JobGraph graph = job.graph;
    ExecutionOptions options;
    options.queue_batches_max = 1 + seed % 4;
    options.deterministic = seed % 5 == 0;
    CheckpointSetup setup;
    MemoryObjectStore objects;
    CheckpointStorageConfig config;
    config.objects = &objects;
    config.clock = RealEnvironment().clock;
    config.random = RealEnvironment().random;
    setup.storage = CheckpointStorage::Open(config).ValueOrDie();
    ASSERT_TRUE(setup.storage->BeginGeneration(GenerationStart::kContinue).ok());
    setup.options.interval_micros = 1;
    auto pool = QueryPool();
    auto started = StartJob(std::move(job.graph), options, RealEnvironment(), pool, setup);
    ASSERT_TRUE(started.ok()) << started.status().ToString();
    Status status = (*started)->Wait();
    ASSERT_TRUE(status.ok()) << "seed " << seed << ": " << status.ToString();
    ASSERT_EQ(content.counts, job.expected) << "seed " << seed;
    std::set<int64_t> barriers;
    for (const auto& [subtask, at] : cuts.sunk) {
      for (const auto& [barrier, counts] : at) barriers.insert(barrier);
    }
    for (int64_t barrier : barriers) {
      std::vector<Counts> prefixes = PrefixesAt(barrier, graph, cuts);
      SinkContent unused;
      Counts expected = MakeRandomJob(seed, unused, &prefixes).expected, sunk;
      for (const auto& [subtask, at] : cuts.sunk) {
        auto found = at.find(barrier);
        for (auto [n, count] : found == at.end() ? at.at(Cuts::kAtEnd) : found->second)
          sunk[n] += count;
      }
      ASSERT_EQ(sunk, expected) << "seed " << seed << ", barrier " << barrier;
      ++cuts_seen;
    }
  }
  EXPECT_GT(cuts_seen, 300);
}

// ---- Back-pressure ----

TEST(Job, AFullQueueHoldsTheSourceBack) {
  SinkContent content;
  std::atomic<bool> hold{true};
  JobGraph graph;
  graph.nodes.push_back(SourceNode(2, 1'000'000, 10));
  graph.nodes.push_back(SinkNode(1, {{0, Exchange::kSingleton, {}}}, content, &hold));
  ExecutionOptions options;
  options.queue_batches_max = 4;
  auto job = StartJob(std::move(graph), options, RealEnvironment(), QueryPool()).ValueOrDie();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  int64_t produced = job->Progress()[0].counters.rows_out;
  EXPECT_GT(produced, 0);
  EXPECT_LE(produced, 2 * 10 * 8);
  EXPECT_EQ(job->Progress()[0].positions.size(), 2u);
  hold = false;
  EXPECT_TRUE(job->Wait().ok());
  EXPECT_EQ(content.counts.size(), 1'000'000u);
}

// ---- Ending early ----

class FirstRows : public Operator {
 public:
  explicit FirstRows(int64_t rows) : left_(rows) {}
  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    int64_t rows = std::min(left_, batch.num_rows);
    left_ -= rows;
    if (rows > 0) {
      WEIR_ASSIGN_OR_RETURN(Batch first, SliceBatch(batch, 0, rows, arrow::default_memory_pool()));
      WEIR_RETURN_NOT_OK(out.Emit(std::move(first)));
    }
    return left_ == 0 ? Progress::kEnough : Progress::kDone;
  }

 private:
  int64_t left_;
};

TEST(Job, EnoughRowsEndEndlessSources) {
  for (int parallelism : {1, 2, 3}) {
    for (bool deterministic : {false, true}) {
      SinkContent content;
      JobGraph graph;
      graph.nodes.push_back(SourceNode(parallelism, int64_t{1} << 60, 10));
      graph.nodes.push_back(RepeatNode(parallelism, {{0, Exchange::kForward, {}}}, 1, 1));
      JobNode limit;
      limit.name = "Limit";
      limit.inputs = {{1, Exchange::kSingleton, {}}};
      limit.make_operator = [](OperatorContext&) -> Result<std::unique_ptr<Operator>> {
        return std::make_unique<FirstRows>(25);
      };
      graph.nodes.push_back(limit);
      graph.nodes.push_back(SinkNode(1, {{2, Exchange::kForward, {}}}, content));
      ExecutionOptions options;
      options.deterministic = deterministic;
      ASSERT_TRUE(RunJob(std::move(graph), options).ok());
      ASSERT_EQ(content.counts.size(), 25u);
      ASSERT_EQ(content.ends, 1);
    }
  }
}

TEST(Job, ASourceThatAlsoFeedsAnotherSinkIsReadToItsEnd) {
  SinkContent limited, all;
  JobGraph graph;
  graph.nodes.push_back(SourceNode(2, 10'000, 10));
  JobNode limit;
  limit.name = "Limit";
  limit.inputs = {{0, Exchange::kSingleton, {}}};
  limit.make_operator = [](OperatorContext&) -> Result<std::unique_ptr<Operator>> {
    return std::make_unique<FirstRows>(5);
  };
  graph.nodes.push_back(limit);
  graph.nodes.push_back(SinkNode(1, {{1, Exchange::kForward, {}}}, limited));
  graph.nodes.push_back(SinkNode(2, {{0, Exchange::kForward, {}}}, all));
  ASSERT_TRUE(RunJob(std::move(graph), {}).ok());
  EXPECT_EQ(limited.counts.size(), 5u);
  EXPECT_EQ(all.counts.size(), 10'000u);
}

// ---- Errors ----

enum class Where {
  kMakeSource,
  kMake,
  kPoll,
  kBatch,
  kWatermark,
  kEnd,
  kContinue,
  kThrow,
  kBadAlloc,
  kCommit,
  kNowhere
};

class FailingOperator : public Operator {
 public:
  explicit FailingOperator(Where where) : where_(where) {}
  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    if (where_ == Where::kBatch) return InvalidData("bad row");
    if (where_ == Where::kThrow) throw std::runtime_error("thrown");
    if (where_ == Where::kBadAlloc) throw std::bad_alloc();
    if (where_ == Where::kContinue) return Progress::kMoreOutput;
    WEIR_RETURN_NOT_OK(out.Emit(batch));
    return Progress::kDone;
  }
  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    if (where_ == Where::kWatermark) return InvalidData("bad watermark");
    WEIR_RETURN_NOT_OK(out.Emit(watermark));
    return Progress::kDone;
  }
  Result<Progress> OnEnd(int, Output&) override {
    if (where_ == Where::kEnd) return InvalidData("bad end");
    return Progress::kDone;
  }
  Result<Progress> Continue(Output&) override { return InvalidData("bad continue"); }

 private:
  Where where_;
};

class FailingSource : public SourceOperator {
 public:
  Result<PollState> Poll(Output&) override { return InvalidData("bad file"); }
};

Status RunFailing(Where where, int parallelism, bool deterministic, int* failures) {
  SinkContent content;
  JobGraph graph;
  graph.nodes.push_back(SourceNode(parallelism, 100'000, 10));
  if (where == Where::kPoll || where == Where::kMakeSource) {
    graph.nodes[0].make_source =
        [where](OperatorContext&) -> Result<std::unique_ptr<SourceOperator>> {
      if (where == Where::kMakeSource) return InvalidData("no such file");
      return std::make_unique<FailingSource>();
    };
  }
  JobNode failing;
  failing.name = "Failing";
  failing.parallelism = parallelism;
  failing.inputs = {{0, parallelism == 2 ? Exchange::kHash : Exchange::kForward, {0}}};
  failing.make_operator = [where](OperatorContext& context) -> Result<std::unique_ptr<Operator>> {
    if (where == Where::kMake) return InvalidData("bad spec");
    return std::make_unique<FailingOperator>(
        context.subtask + 1 == context.parallelism ? where : Where::kNowhere);
  };
  graph.nodes.push_back(RepeatNode(parallelism, {{0, Exchange::kForward, {}}}, 1, 1));
  failing.inputs[0].from = 1;
  graph.nodes.push_back(failing);
  graph.nodes.push_back(SinkNode(1, {{2, Exchange::kSingleton, {}}}, content));
  graph.on_failure.push_back([failures] { ++*failures; });
  if (where == Where::kCommit) graph.on_success.push_back([] { return InvalidData("bad commit"); });
  ExecutionOptions options;
  options.deterministic = deterministic;
  return RunJob(std::move(graph), options);
}

TEST(Job, ErrorsNameTheirOperatorAndEndTheJob) {
  const std::pair<Where, std::string> kCases[] = {
      {Where::kMakeSource, "Numbers: no such file"},
      {Where::kMake, "Failing: bad spec"},
      {Where::kPoll, "Numbers: bad file"},
      {Where::kBatch, "Failing: bad row"},
      {Where::kWatermark, "Failing: bad watermark"},
      {Where::kEnd, "Failing: bad end"},
      {Where::kContinue, "Failing: bad continue"},
      {Where::kThrow, "Failing: thrown"},
      {Where::kBadAlloc, "Failing: the process has no memory left"},
      {Where::kCommit, "bad commit"}};
  for (int parallelism : {1, 2, 3}) {
    for (bool deterministic : {false, true}) {
      for (const auto& [where, message] : kCases) {
        int failures = 0;
        Status status = RunFailing(where, parallelism, deterministic, &failures);
        ASSERT_EQ(status.message(), message);
        ASSERT_EQ(failures, 1) << message;
      }
    }
  }
}

TEST(Job, CancelEndsAnEndlessJob) {
  for (int parallelism : {1, 3}) {
    SinkContent content;
    std::atomic<bool> hold{true};
    JobGraph graph;
    graph.nodes.push_back(SourceNode(parallelism, int64_t{1} << 60, 10));
    graph.nodes.push_back(SinkNode(1, {{0, Exchange::kSingleton, {}}}, content, &hold));
    int failures = 0;
    graph.on_failure.push_back([&] { ++failures; });
    auto job = StartJob(std::move(graph), {}, RealEnvironment(), QueryPool()).ValueOrDie();
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_FALSE(job->is_finished());
    job->Cancel();
    EXPECT_EQ(GetErrorInfo(job->Wait()).code, ErrorCode::kCancelled);
    EXPECT_TRUE(job->is_finished());
    EXPECT_EQ(failures, 1);
  }
}

TEST(Job, AnOperatorThatNeedsTooMuchMemoryIsNamed) {
  SinkContent content;
  JobGraph graph;
  graph.nodes.push_back(SourceNode(1, 100'000, 10'000));
  graph.nodes.push_back(SinkNode(1, {{0, Exchange::kForward, {}}}, content));
  auto pool = QueryPool(10'000);
  auto job = StartJob(std::move(graph), {}, RealEnvironment(), pool).ValueOrDie();
  Status status = job->Wait();
  EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kResourceExhausted) << status.ToString();
  EXPECT_NE(status.message().find("Numbers"), std::string::npos) << status.message();
}

// ---- Order ----

class LoggingOperator : public Operator {
 public:
  LoggingOperator(std::string name, std::string* log) : name_(std::move(name)), log_(log) {}
  Result<Progress> OnBatch(int input, const Batch& batch, Output&) override {
    for (int64_t i = 0; i < batch.num_rows; ++i)
      *log_ += fmt::format("{}:{} ", input, FormatValues(batch, i));
    return Progress::kDone;
  }
  Result<Progress> OnWatermark(Watermark watermark, Output&) override {
    *log_ += watermark.millis == Watermark::kMax ? std::string("wmax ")
                                                 : fmt::format("w{} ", watermark.millis);
    return Progress::kDone;
  }
  Result<Progress> OnEnd(int input, Output&) override {
    *log_ += fmt::format("end{} ", input);
    return Progress::kDone;
  }

 private:
  std::string name_;
  std::string* log_;
};

TEST(Job, DeterministicSourcesGiveOneBatchEachInTurn) {
  std::string log;
  JobGraph graph;
  graph.nodes.push_back(SourceNode(1, 2, 1));
  graph.nodes.push_back(SourceNode(1, 4, 1));
  JobNode node;
  node.name = "Log";
  node.inputs = {{0, Exchange::kForward, {}}, {1, Exchange::kHash, {0}}};
  node.make_operator = [&](OperatorContext&) -> Result<std::unique_ptr<Operator>> {
    return std::make_unique<LoggingOperator>("log", &log);
  };
  graph.nodes.push_back(node);
  ExecutionOptions options;
  options.deterministic = true;
  ASSERT_TRUE(RunJob(std::move(graph), options).ok());
  EXPECT_EQ(log, "0:0 1:0 w0 0:1 1:1 w1 1:2 1:3 w3 end0 wmax end1 ");
}

class TimerOperator : public LoggingOperator {
 public:
  using LoggingOperator::LoggingOperator;
  Result<Progress> OnTimer(int64_t, Output&) override {
    ++fired_;
    return Progress::kDone;
  }
  Result<Progress> OnEnd(int, Output&) override {
    EXPECT_GE(fired_, 1);
    return Progress::kDone;
  }
  int64_t NextTimerMillis() const override { return fired_ == 0 ? 0 : Watermark::kMax; }

 private:
  int fired_ = 0;
};

TEST(Job, TimersFireByTheClock) {
  std::string log;
  JobGraph graph;
  graph.nodes.push_back(SourceNode(1, 100, 1));
  JobNode node;
  node.name = "Timer";
  node.inputs = {{0, Exchange::kForward, {}}};
  node.make_operator = [&](OperatorContext&) -> Result<std::unique_ptr<Operator>> {
    return std::make_unique<TimerOperator>("timer", &log);
  };
  graph.nodes.push_back(node);
  ASSERT_TRUE(RunJob(std::move(graph), {}).ok());
}

}  // namespace
}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Real operators in real jobs: scan, calc, limit, sort, collect over threads, with slow readers and
// readers that leave.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "weir/operator/calc.h"
#include "weir/operator/collect.h"
#include "weir/operator/limit.h"
#include "weir/operator/scan.h"
#include "weir/operator/sort.h"
#include "weir/runtime/executor.h"

namespace weir {
namespace {

Schema Columns() { return {{{"n", DataType::BigInt()}}}; }

/// `splits` splits; split s gives s, s + splits, ... below `count`.
class NumberTable : public Source {
 public:
  NumberTable(int64_t splits, int64_t count, bool bounded)
      : splits_(splits), count_(count), bounded_(bounded) {}
  bool is_bounded() const override { return bounded_; }
  Result<std::vector<SourceSplit>> Discover(int) override {
    std::vector<SourceSplit> splits;
    for (; discovered_ < splits_; ++discovered_)
      splits.push_back({std::to_string(discovered_), ""});
    return splits;
  }
  Result<std::unique_ptr<SplitReader>> OpenSplit(const SourceSplit& split) override {
    return std::make_unique<Reader>(std::stoll(split.id), splits_, count_);
  }

 private:
  class Reader : public SplitReader {
   public:
    Reader(int64_t next, int64_t step, int64_t count) : next_(next), step_(step), count_(count) {}
    Result<ReadState> Read(int64_t rows_max, arrow::MemoryPool* pool, Batch* out) override {
      BatchBuilder builder(Columns(), pool);
      for (int64_t i = 0; i < rows_max && next_ < count_; ++i, next_ += step_) {
        WEIR_RETURN_NOT_OK(builder.column(0)->AppendInt(next_));
        builder.EndRow();
      }
      WEIR_ASSIGN_OR_RETURN(*out, builder.Finish());
      return next_ < count_ ? ReadState::kMore : ReadState::kEnd;
    }
    Result<SourceSplit> Position() override { return SourceSplit{}; }

   private:
    int64_t next_, step_, count_;
  };
  int64_t splits_, count_;
  bool bounded_;
  int64_t discovered_ = 0;
};

const FunctionRegistry& Functions() {
  static const FunctionRegistry* registry = [] {
    auto* made = new FunctionRegistry();
    RegisterBuiltinFunctions(made);
    return made;
  }();
  return *registry;
}

struct Query {
  int64_t splits = 5;
  int64_t count = 10'000;
  bool bounded = true;
  int parallelism = 3;
  bool sorted = false;
  std::optional<int64_t> limit = {};
};

/// SELECT n + 1 FROM numbers WHERE n + 1 > 10 [ORDER BY n DESC] [LIMIT limit]
JobGraph MakeQuery(const Query& query, std::shared_ptr<ResultQueue> results) {
  JobGraph graph;
  auto source = std::make_shared<NumberTable>(query.splits, query.count, query.bounded);
  auto splits = std::make_shared<SplitQueue>(source, query.parallelism, RealEnvironment().clock);
  JobNode scan;
  scan.name = "Scan";
  scan.parallelism = query.parallelism;
  scan.make_source = [=](OperatorContext& context) {
    ScanSpec spec;
    spec.source = source;
    spec.splits = splits;
    spec.scanned = Columns();
    return MakeScan(std::move(spec), context);
  };
  graph.nodes.push_back(scan);
  auto add = [&](std::string name, int parallelism, Exchange exchange, auto make) {
    JobNode node;
    node.name = std::move(name);
    node.parallelism = parallelism;
    node.inputs = {{static_cast<int>(graph.nodes.size()) - 1, exchange, {}}};
    node.make_operator = make;
    graph.nodes.push_back(node);
  };
  add("Calc", query.parallelism, Exchange::kForward, [](OperatorContext& context) {
    ExprPtr n = MakeInput(0, DataType::BigInt());
    auto literal = [](int64_t value) {
      return MakeLiteral(Value::Int(value), DataType::BigInt().NotNull());
    };
    ExprPtr sum = Functions().MakeCall("+", {n, literal(1)}, {}).ValueOrDie();
    ExprPtr condition = Functions().MakeCall(">", {sum, literal(10)}, {}).ValueOrDie();
    return MakeCalc({condition, {sum}, &Functions(), {}}, context);
  });
  if (query.sorted) {
    add("Sort", 1, Exchange::kSingleton, [query](OperatorContext& context) {
      return MakeSort({Columns(), {{0, true, false}}, 0, query.limit}, context);
    });
  } else if (query.limit) {
    add("Limit", 1, Exchange::kSingleton,
        [query](OperatorContext& context) { return MakeLimit({0, query.limit}, context); });
  }
  add("Collect", 1, Exchange::kSingleton,
      [results](OperatorContext& context) { return MakeCollect({results}, context); });
  graph.on_failure.push_back([results] { results->Finish(); });
  return graph;
}

struct Answer {
  int64_t rows = 0;
  int64_t sum = 0;
  std::vector<int64_t> first;
};

Answer ReadAll(ResultQueue& results, int64_t pause_micros = 0) {
  Answer answer;
  while (auto batch = results.Pop()) {
    answer.rows += batch->num_rows;
    for (int64_t i = 0; i < batch->num_rows; ++i) {
      answer.sum += batch->columns[0]->At<int64_t>(i);
      if (answer.first.size() < 5) answer.first.push_back(batch->columns[0]->At<int64_t>(i));
    }
    if (pause_micros > 0) std::this_thread::sleep_for(std::chrono::microseconds(pause_micros));
  }
  return answer;
}

std::unique_ptr<Job> Start(const Query& query, const std::shared_ptr<ResultQueue>& results,
                           int64_t batch_rows, bool in_turn) {
  ExecutionOptions options;
  options.batch_rows_max = batch_rows;
  options.queue_batches_max = 2;
  options.check_contracts = true;
  options.deterministic = in_turn;
  auto pool = std::make_shared<BudgetPool>("query", 0, nullptr, arrow::default_memory_pool());
  return StartJob(MakeQuery(query, results), options, RealEnvironment(), pool).ValueOrDie();
}

TEST(Query, GivesTheSameRowsHoweverItRuns) {
  for (int parallelism : {1, 2, 3, 8}) {
    for (int64_t batch_rows : {1, 100, 4096}) {
      for (bool in_turn : {false, true}) {
        auto results = std::make_shared<ResultQueue>(3);
        auto job = Start({.count = 2000, .parallelism = parallelism}, results, batch_rows, in_turn);
        Answer answer = ReadAll(*results);
        ASSERT_TRUE(job->Wait().ok());
        ASSERT_EQ(answer.rows, 2000 - 10);
        ASSERT_EQ(answer.sum, 2000 * 2001 / 2 - 55);
      }
    }
  }
}

TEST(Query, ASlowReaderHoldsTheJobBack) {
  auto results = std::make_shared<ResultQueue>(2);
  auto job = Start({.count = 20'000, .parallelism = 2}, results, 100, false);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_LT(job->Progress()[0].counters.rows_out, 5'000);
  Answer answer = ReadAll(*results, 200);
  ASSERT_TRUE(job->Wait().ok());
  EXPECT_EQ(answer.rows, 20'000 - 10);
}

TEST(Query, LimitEndsAnEndlessTable) {
  for (int parallelism : {1, 3}) {
    auto results = std::make_shared<ResultQueue>();
    auto job = Start(
        {.count = int64_t{1} << 60, .bounded = false, .parallelism = parallelism, .limit = 1234},
        results, 100, false);
    EXPECT_EQ(ReadAll(*results).rows, 1234);
    EXPECT_TRUE(job->Wait().ok());
  }
}

TEST(Query, AReaderThatLeavesEndsTheJob) {
  auto results = std::make_shared<ResultQueue>();
  auto job =
      Start({.count = int64_t{1} << 60, .bounded = false, .parallelism = 2}, results, 100, false);
  EXPECT_TRUE(results->Pop().has_value());
  results->Close();
  EXPECT_TRUE(job->Wait().ok());
}

TEST(Query, SortsOverThreads) {
  auto results = std::make_shared<ResultQueue>(2);
  auto job =
      Start({.count = 300'000, .parallelism = 3, .sorted = true, .limit = 5}, results, 4096, false);
  Answer answer = ReadAll(*results);
  ASSERT_TRUE(job->Wait().ok());
  EXPECT_EQ(answer.first, (std::vector<int64_t>{300'000, 299'999, 299'998, 299'997, 299'996}));
  EXPECT_EQ(answer.rows, 5);
}

}  // namespace
}  // namespace weir

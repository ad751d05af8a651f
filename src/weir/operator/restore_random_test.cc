// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Every stateful operator, run twice on the same random input: once without interruption, once with
// checkpoints by changes and restarts on other numbers of subtasks. What comes out must add up to
// the same.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "weir/operator/changelog_normalize.h"
#include "weir/operator/hash_join.h"
#include "weir/operator/set_operation.h"
#include "weir/operator/sort.h"
#include "weir/operator/sort_limit.h"
#include "weir/operator/temporal_sort.h"
#include "weir/operator/window_aggregate.h"
#include "weir/operator/window_join.h"
#include "weir/operator/window_table_function.h"
#include "weir/testing/aggregate_specs.h"
#include "weir/testing/checkpointed_operator.h"

namespace weir {
namespace {

arrow::MemoryPool* pool() { return arrow::default_memory_pool(); }
using Bag = std::map<std::string, int64_t>;

class FoldingOutput : public Output {
 public:
  Status Emit(Batch batch) override {
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      std::string row = FormatValues(batch, i);
      in_order += row + "\n";
      int64_t& count = bag[row];
      count += IsAccumulate(batch.kind(i)) ? 1 : -1;
      if (count == 0) bag.erase(row);
    }
    return Status::OK();
  }
  Status Emit(Watermark) override { return Status::OK(); }
  bool HasRoom() const override { return true; }
  Bag bag;
  std::string in_order;
};

enum class Rows : uint8_t { kAppendOnly, kRetract, kUpsert };

struct Case {
  std::string name;
  OperatorFactory factory;
  std::vector<std::vector<int>> key_columns;
  Rows rows = Rows::kAppendOnly;
  bool ordered = false;         // The output's order matters too.
  int parallelism_max = 8;      // 1: an operator that needs all rows in one place.
  int64_t ticks_per_round = 0;  // Of the clock, in milliseconds.
};

const Schema& InputSchema() {
  static const Schema schema =
      TestSchema("k INT, v INT, s STRING, ts TIMESTAMP(3), window_end TIMESTAMP(3), a ARRAY<INT>");
  return schema;
}

// Rows of one input; those taken away were there.
class RandomInput {
 public:
  RandomInput(uint32_t seed, Rows rows) : random_(seed), kind_(rows) {}
  Batch Next(int64_t now) {
    BatchBuilder builder(InputSchema(), pool());
    for (int n = 1 + static_cast<int>(random_() % 25); n > 0; --n) {
      ValueList row;
      RowKind kind = RowKind::kInsert;
      if (kind_ != Rows::kAppendOnly && !rows_.empty() && random_() % 5 < 2) {
        size_t at = random_() % rows_.size();
        row = rows_[at];
        rows_.erase(rows_.begin() + static_cast<int64_t>(at));
        kind = RowKind::kDelete;
      } else {
        row = Row(now);
        rows_.push_back(row);
        if (kind_ == Rows::kUpsert) kind = RowKind::kUpdateAfter;
      }
      EXPECT_TRUE(builder.AppendRow(row, kind).ok());
    }
    return builder.Finish().ValueOrDie();
  }

 private:
  ValueList Row(int64_t now) {
    auto maybe = [&](Value value) { return random_() % 8 == 0 ? Value::Null() : value; };
    int64_t t = now + 2 * static_cast<int64_t>(random_() % 20);
    ValueList list;
    for (uint64_t n = random_() % 3; n > 0; --n)
      list.push_back(Value::Int(static_cast<int64_t>(n)));
    return {maybe(Value::Int(static_cast<int64_t>(random_() % 40))),
            maybe(Value::Int(static_cast<int64_t>(random_() % 7))),
            maybe(Value::String(random_() % 2 == 0 ? "x" : "a text of more than twelve bytes")),
            Value::Int(t * 1000),
            Value::Int((t / 10 + 1) * 10 * 1000),
            maybe(Value::List(std::move(list)))};
  }
  std::mt19937 random_;
  Rows kind_;
  std::vector<ValueList> rows_;
};

std::string Difference(const Bag& bag, const Bag& expected) {
  std::string text;
  for (const auto& [row, count] : bag) {
    auto at = expected.find(row);
    if (at == expected.end() || at->second != count) text += fmt::format("{}x {}\n", count, row);
  }
  for (const auto& [row, count] : expected) {
    auto at = bag.find(row);
    if (at == bag.end() || at->second != count) text += fmt::format("not {}x {}\n", count, row);
  }
  return text;
}

struct Outcome {
  FoldingOutput out;
  int num_incremental = 0;
};

void Run(const Case& test, uint32_t seed, bool disturbed, Outcome* outcome) {
  CheckpointedOperator op(test.factory, test.key_columns, 1);
  std::vector<RandomInput> inputs;
  for (size_t i = 0; i < test.key_columns.size(); ++i)
    inputs.emplace_back(seed + static_cast<uint32_t>(i) * 1000, test.rows);
  std::mt19937 random(seed), chance(seed + 7);
  int64_t now = 100, clock = 1'000'000;
  for (int round = 0; round < 40; ++round) {
    clock += test.ticks_per_round;
    op.SendTime(clock, outcome->out);
    auto input = static_cast<int>(random() % inputs.size());
    op.Send(input, inputs[static_cast<size_t>(input)].Next(now), outcome->out);
    now += static_cast<int64_t>(random() % 12);
    op.SendWatermark(now - 1, outcome->out);
    if (!disturbed) continue;
    constexpr int kParallelism[] = {1, 2, 3, 8};
    int parallelism = std::min(kParallelism[chance() % 4], test.parallelism_max);
    if (chance() % 8 == 0) {
      op.Restart(parallelism);
    } else if (chance() % 6 == 0) {
      op.Crash(parallelism);
    } else if (chance() % 2 == 0) {
      op.Checkpoint();
    }
  }
  op.SendTime(clock + 100'000, outcome->out);
  op.End(outcome->out);
  outcome->num_incremental = op.num_incremental();
}

void Check(const Case& test) {
  int num_incremental = 0;
  uint32_t num_seeds = test.key_columns.size() > 1 ? 4 : 12;  // Joins put out many rows.
  for (uint32_t seed = 0; seed < num_seeds; ++seed) {
    Outcome plain, disturbed;
    Run(test, seed, false, &plain);
    Run(test, seed, true, &disturbed);
    ASSERT_EQ(Difference(disturbed.out.bag, plain.out.bag), "") << test.name << ", seed " << seed;
    if (test.ordered) {
      ASSERT_EQ(disturbed.out.in_order, plain.out.in_order) << test.name;
    }
    ASSERT_FALSE(plain.out.in_order.empty()) << test.name;
    num_incremental += disturbed.num_incremental;
  }
  EXPECT_GT(num_incremental, 0) << test.name;
}

template <typename Make, typename Spec>
OperatorFactory Factory(Make make, Spec spec) {
  return [make, spec](OperatorContext& context) { return make(spec, context); };
}

const FunctionRegistry* AllAggregates() {
  static const FunctionRegistry* const registry = [] {
    auto* functions = new FunctionRegistry();
    RegisterAggregate(functions);
    RegisterAggregateOrdered(functions);
    return functions;
  }();
  return registry;
}

GroupAggregateSpec Grouped(bool may_retract) {
  GroupAggregateSpec spec;
  spec.input = InputSchema();
  spec.key_columns = {0};
  // Results that do not depend on the order of arrival: a restart may change that between keys.
  spec.calls = {CountAll(),
                Sum(1),
                Max(1),
                Distinct(Count(1)),
                Distinct(Sum(1)),
                Distinct(Count(5)),
                TestCall("AVG", {1}, DataType::Int()),
                TestCall("COLLECT", {2}, DataType::Multiset(DataType::String()).NotNull()),
                TestCall("FIRST_VALUE", {1}, DataType::Int()),
                TestCall("LISTAGG", {2}, DataType::String())};
  spec.input_may_retract = may_retract;
  spec.functions = AllAggregates();
  return spec;
}

TEST(RestoreRandom, GroupAggregate) {
  for (bool may_retract : {false, true}) {
    Rows rows = may_retract ? Rows::kRetract : Rows::kAppendOnly;
    GroupAggregateSpec spec = Grouped(may_retract);
    Check({"changes", Factory(MakeGroupAggregate, spec), {{0}}, rows});
    spec.key_columns = {0, 2};
    Check({"two keys", Factory(MakeGroupAggregate, spec), {{0, 2}}, rows});
    spec.key_columns = {};
    Check({"no key", Factory(MakeGroupAggregate, spec), {{}}, rows});
    spec.key_columns = {0};
    spec.emit = EmitMode::kAtEnd;
    Check({"at the end", Factory(MakeGroupAggregate, spec), {{0}}, rows});
    spec.key_columns = {};
    Check({"no key, at the end", Factory(MakeGroupAggregate, spec), {{}}, rows, false, 1});
  }
}

TEST(RestoreRandom, GroupAggregateWithTtl) {
  GroupAggregateSpec spec = Grouped(true);
  spec.state_ttl_millis = 300;
  Check({"ttl", Factory(MakeGroupAggregate, spec), {{0}}, Rows::kRetract, false, 8, 50});
}

TEST(RestoreRandom, LocalAggregate) {
  GroupAggregateSpec spec = Grouped(false);
  spec.stage = AggregateStage::kLocal;
  spec.calls = {CountAll()};
  spec.key_columns = {0};
  spec.emit = EmitMode::kChanges;
  spec.local_hold_millis = 200;
  // Partial counts come in other pieces: only their keys are compared, through a global stage.
  GroupAggregateSpec global = spec;
  global.stage = AggregateStage::kGlobal;
  class Both : public Operator {
   public:
    Both(std::unique_ptr<Operator> local, std::unique_ptr<Operator> global)
        : local_(std::move(local)), global_(std::move(global)) {}
    Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
      Between between{this, &out};
      return local_->OnBatch(0, batch, between);
    }
    Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
      Between between{this, &out};
      return local_->OnWatermark(watermark, between);
    }
    Result<Progress> OnEnd(int input, Output& out) override {
      Between between{this, &out};
      return local_->OnEnd(input, between);
    }
    Result<Progress> OnTimer(int64_t now, Output& out) override {
      Between between{this, &out};
      return local_->OnTimer(now, between);
    }
    int64_t NextTimerMillis() const override { return local_->NextTimerMillis(); }
    Status Save(SnapshotWriter& snapshot) override {
      WEIR_RETURN_NOT_OK(local_->Save(snapshot));
      Prefixed prefixed(&snapshot);
      return global_->Save(prefixed);
    }
    Status Restore(SnapshotReader& snapshot) override {
      WEIR_RETURN_NOT_OK(local_->Restore(snapshot));
      PrefixedReader prefixed(&snapshot);
      return global_->Restore(prefixed);
    }

   private:
    struct Between : Output {
      Between(Both* both, Output* out) : both(both), out(out) {}
      Status Emit(Batch batch) override { return both->global_->OnBatch(0, batch, *out).status(); }
      Status Emit(Watermark watermark) override {
        return both->global_->OnWatermark(watermark, *out).status();
      }
      bool HasRoom() const override { return true; }
      Both* both;
      Output* out;
    };
    // Two operators in one snapshot.
    struct Prefixed : SnapshotWriter {
      explicit Prefixed(SnapshotWriter* to) : to(to) {}
      Status Write(std::string_view name, const Schema& schema, const Batch& rows,
                   std::span<const uint64_t> hashes) override {
        return to->Write("global " + std::string(name), schema, rows, hashes);
      }
      bool is_incremental() const override { return to->is_incremental(); }
      Status WriteSlots(std::string_view name, const Schema& schema, const Batch& rows,
                        std::span<const uint64_t> hashes,
                        std::span<const uint32_t> slots) override {
        return to->WriteSlots("global " + std::string(name), schema, rows, hashes, slots);
      }
      Status EraseSlots(std::string_view name, std::span<const uint32_t> slots) override {
        return to->EraseSlots("global " + std::string(name), slots);
      }
      SnapshotWriter* to;
    };
    struct PrefixedReader : SnapshotReader {
      explicit PrefixedReader(SnapshotReader* from) : from(from) {}
      Result<std::vector<Batch>> Read(std::string_view name, const Schema& schema) override {
        return from->Read("global " + std::string(name), schema);
      }
      SnapshotReader* from;
    };
    std::unique_ptr<Operator> local_, global_;
  };
  Check({"local and global",
         [spec, global](OperatorContext& context) -> Result<std::unique_ptr<Operator>> {
           WEIR_ASSIGN_OR_RETURN(auto first, MakeGroupAggregate(spec, context));
           WEIR_ASSIGN_OR_RETURN(auto second, MakeGroupAggregate(global, context));
           return std::make_unique<Both>(std::move(first), std::move(second));
         },
         {{0}},
         Rows::kAppendOnly,
         false,
         8,
         30});
}

TEST(RestoreRandom, Windows) {
  struct Shape {
    WindowShape shape;
    int64_t size, step;
  };
  for (bool distinct : {false, true}) {
    for (const Shape& shape : std::vector<Shape>{{WindowShape::kTumble, 10, 0},
                                                 {WindowShape::kHop, 12, 4},
                                                 {WindowShape::kHop, 12, 5},
                                                 {WindowShape::kCumulate, 15, 5},
                                                 {WindowShape::kSession, 5, 0}}) {
      WindowAggregateSpec spec;
      spec.input = InputSchema();
      spec.window.shape = shape.shape;
      spec.window.time_column = 3;
      spec.window.size_millis = shape.size;
      spec.window.step_millis = shape.step;
      spec.key_columns = {0};
      spec.calls = {CountAll(), Sum(1)};
      if (distinct) spec.calls.push_back(Distinct(Count(1)));
      spec.functions = AllAggregates();
      Check({fmt::format("window {}", static_cast<int>(shape.shape)),
             Factory(MakeWindowAggregate, spec),
             {{0}}});
    }
  }
}

TEST(RestoreRandom, SessionWindowFunction) {
  WindowTableFunctionSpec spec;
  spec.input = InputSchema();
  spec.window.shape = WindowShape::kSession;
  spec.window.time_column = 3;
  spec.window.size_millis = 5;
  spec.window.partition_keys = {0};
  Check({"sessions", Factory(MakeWindowTableFunction, spec), {{0}}});
  spec.window.partition_keys = {0, 2};
  Check({"sessions of two keys", Factory(MakeWindowTableFunction, spec), {{0, 2}}});
}

TEST(RestoreRandom, Joins) {
  for (HashJoinKind kind : {HashJoinKind::kInner, HashJoinKind::kLeft, HashJoinKind::kRight,
                            HashJoinKind::kFull, HashJoinKind::kSemi, HashJoinKind::kAnti}) {
    for (bool may_retract : {false, true}) {
      for (int64_t ttl : {0, 400}) {
        for (bool at_end : {false, true}) {
          if (at_end && (may_retract || ttl > 0)) continue;
          HashJoinSpec spec;
          spec.kind = kind;
          spec.left = {InputSchema(), {0}, may_retract, ttl};
          spec.right = spec.left;
          spec.emit = at_end ? EmitMode::kAtEnd : EmitMode::kChanges;
          Check({fmt::format("join {} retract {} ttl {}", static_cast<int>(kind), may_retract, ttl),
                 Factory(MakeHashJoin, spec),
                 {{0}, {0}},
                 may_retract ? Rows::kRetract : Rows::kAppendOnly,
                 false,
                 8,
                 50});
        }
      }
    }
  }
}

TEST(RestoreRandom, WindowJoins) {
  for (HashJoinKind kind : {HashJoinKind::kInner, HashJoinKind::kFull, HashJoinKind::kAnti}) {
    WindowJoinSpec spec;
    spec.join.kind = kind;
    spec.join.left = {InputSchema(), {0, 4}, false};
    spec.join.right = spec.join.left;
    spec.left_window_end = spec.right_window_end = 4;
    Check({"window join", Factory(MakeWindowJoin, spec), {{0, 4}, {0, 4}}});
  }
}

TEST(RestoreRandom, SetOperations) {
  for (bool intersect : {false, true}) {
    for (bool all : {false, true}) {
      for (EmitMode emit : {EmitMode::kChanges, EmitMode::kAtEnd}) {
        for (int64_t ttl : {0, 400}) {
          SetOperationSpec spec{InputSchema(), intersect, all, emit, ttl};
          if (emit == EmitMode::kAtEnd && ttl > 0) continue;
          spec.input.fields.resize(2);
          auto narrow = [spec](OperatorContext& context) -> Result<std::unique_ptr<Operator>> {
            class Narrow : public Operator {
             public:
              explicit Narrow(std::unique_ptr<Operator> op) : op_(std::move(op)) {}
              Result<Progress> OnBatch(int input, const Batch& batch, Output& out) override {
                Batch some = batch;
                some.columns.resize(2);
                return op_->OnBatch(input, some, out);
              }
              Result<Progress> OnWatermark(Watermark w, Output& out) override {
                return op_->OnWatermark(w, out);
              }
              Result<Progress> OnEnd(int input, Output& out) override {
                return op_->OnEnd(input, out);
              }
              Result<Progress> OnTimer(int64_t now, Output& out) override {
                return op_->OnTimer(now, out);
              }
              int64_t NextTimerMillis() const override { return op_->NextTimerMillis(); }
              Status Save(SnapshotWriter& snapshot) override { return op_->Save(snapshot); }
              Status Restore(SnapshotReader& snapshot) override { return op_->Restore(snapshot); }

             private:
              std::unique_ptr<Operator> op_;
            };
            WEIR_ASSIGN_OR_RETURN(auto op, MakeSetOperation(spec, context));
            return std::make_unique<Narrow>(std::move(op));
          };
          Check({"set operation",
                 narrow,
                 {{0, 1}, {0, 1}},
                 emit == EmitMode::kAtEnd ? Rows::kAppendOnly : Rows::kRetract,
                 false,
                 8,
                 50});
        }
      }
    }
  }
}

TEST(RestoreRandom, Sorts) {
  SortSpec sort{InputSchema(), {{1, false, true}}, 0, std::nullopt};
  Check({"sort", Factory(MakeSort, sort), {{}}, Rows::kAppendOnly, true, 1});
  Check({"sort with changes", Factory(MakeSort, sort), {{}}, Rows::kRetract, true, 1});
  sort.offset = 3;
  sort.fetch = 10;
  Check({"sort and limit", Factory(MakeSort, sort), {{}}, Rows::kAppendOnly, true, 1});
  SortLimitSpec limit{InputSchema(), {{1, false, true}}, 2, 9, InputChanges::kRetract};
  Check({"top of changes", Factory(MakeSortLimit, limit), {{}}, Rows::kRetract, true, 1});
  limit.changes = InputChanges::kAppendOnly;
  Check({"top of rows", Factory(MakeSortLimit, limit), {{}}, Rows::kAppendOnly, true, 1});
  TemporalSortSpec temporal{InputSchema(), SortTime::kRowtime, 3, {{1, true, false}}};
  Check({"rowtime", Factory(MakeTemporalSort, temporal), {{}}, Rows::kAppendOnly, true, 1});
}

TEST(RestoreRandom, ChangelogNormalize) {
  for (int64_t ttl : {0, 400}) {
    ChangelogNormalizeSpec spec;
    spec.input = InputSchema();
    spec.key_columns = {0};
    spec.state_ttl_millis = ttl;
    Check({"normalize", Factory(MakeChangelogNormalize, spec), {{0}}, Rows::kUpsert, false, 8, 50});
  }
}

}  // namespace
}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Random changelogs through the stateful operators, against plain maps: whatever the batches are,
// and whether state is saved by its changes and restored on other numbers of subtasks in between,
// the changes put out must add up to what a map says.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "weir/operator/group_aggregate.h"
#include "weir/operator/hash_join.h"
#include "weir/operator/set_operation.h"
#include "weir/operator/window_aggregate.h"
#include "weir/testing/aggregate_specs.h"
#include "weir/testing/checkpointed_operator.h"

namespace weir {
namespace {

arrow::MemoryPool* pool() { return arrow::default_memory_pool(); }
using Bag = std::map<std::string, int64_t>;

// Adds up changes.
class FoldingOutput : public Output {
 public:
  explicit FoldingOutput(Bag* bag) : bag_(bag) {}
  Status Emit(Batch batch) override {
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      int64_t& count = (*bag_)[FormatValues(batch, i)];
      count += IsAccumulate(batch.kind(i)) ? 1 : -1;
      if (count == 0) bag_->erase(FormatValues(batch, i));
    }
    return Status::OK();
  }
  Status Emit(Watermark) override { return Status::OK(); }
  bool HasRoom() const override { return random_() % 3 != 0; }

 private:
  Bag* bag_;
  mutable std::minstd_rand random_{5};
};

// Restarts on 1, 2, 3 and 8 subtasks in turn, with checkpoints in between.
void Disturb(CheckpointedOperator& op, int round, int every) {
  constexpr int kParallelism[] = {3, 8, 1, 2};
  if (round % every == every / 2) {
    op.Restart(kParallelism[round / every % 4]);
  } else if (round % every == every - 1) {
    op.Crash(kParallelism[round / every % 4]);
  } else if (round % 2 == 0) {
    op.Checkpoint();
  }
}

// Random rows (k INT, v INT, s STRING); takes away only what is there.
class RandomRows {
 public:
  RandomRows(uint32_t seed, bool retracts) : random_(seed), retracts_(retracts) {}
  struct Row {
    int k, v;  // Negative: NULL.
    std::string s;
  };
  Batch Next(int num_rows) {
    BatchBuilder builder(TestSchema("k INT, v INT, s STRING"), pool());
    for (int i = 0; i < num_rows; ++i) {
      bool removes = retracts_ && !rows_.empty() && random_() % 5 < 2;
      Row row{static_cast<int>(random_() % 9) - 1, static_cast<int>(random_() % 5) - 1,
              random_() % 2 == 0 ? "x" : "a text of more than twelve bytes"};
      if (removes) {
        size_t at = random_() % rows_.size();
        row = rows_[at];
        rows_.erase(rows_.begin() + static_cast<int64_t>(at));
      } else {
        rows_.push_back(row);
      }
      auto value = [](int number) { return number < 0 ? Value::Null() : Value::Int(number); };
      EXPECT_TRUE(builder
                      .AppendRow({value(row.k), value(row.v), Value::String(row.s)},
                                 removes ? RowKind::kDelete : RowKind::kInsert)
                      .ok());
    }
    return builder.Finish().ValueOrDie();
  }
  const std::vector<Row>& rows() const { return rows_; }
  std::mt19937& random() { return random_; }

 private:
  std::mt19937 random_;
  bool retracts_;
  std::vector<Row> rows_;
};

// As FormatRow writes values.
std::string Text(int number) { return number < 0 ? "null" : std::to_string(number); }
std::string Text(const std::string& text) {
  return text.find(' ') == std::string::npos ? text : "'" + text + "'";
}
std::string Text(const RandomRows::Row& row) {
  return Text(row.k) + " " + Text(row.v) + " " + Text(row.s);
}

TEST(StatefulRandom, GroupAggregateWithDistinct) {
  for (uint32_t seed = 0; seed < 20; ++seed) {
    GroupAggregateSpec spec;
    spec.input = TestSchema("k INT, v INT, s STRING");
    spec.key_columns = {0};
    spec.calls = {CountAll(),         Count(1),           Max(1),
                  Distinct(Count(1)), Distinct(Count(2)), Distinct(Sum(1))};
    spec.input_may_retract = seed % 2 == 0;
    spec.functions = TestAggregates();
    RandomRows rows(seed, spec.input_may_retract);
    CheckpointedOperator op(
        [spec](OperatorContext& context) { return MakeGroupAggregate(spec, context); }, {{0}}, 2);
    Bag result;
    FoldingOutput out(&result);
    for (int round = 0; round < 30; ++round) {
      op.Send(0, rows.Next(1 + static_cast<int>(rows.random()() % 40)), out);
      Disturb(op, round, 7);
      struct Group {
        int count = 0, values = 0, max = -1, sum = 0;
        std::set<int> distinct_values;
        std::set<std::string> texts;
      };
      std::map<int, Group> groups;
      for (const RandomRows::Row& row : rows.rows()) {
        Group& group = groups[row.k];
        ++group.count;
        group.texts.insert(row.s);
        if (row.v < 0) continue;
        ++group.values;
        group.max = std::max(group.max, row.v);
        if (group.distinct_values.insert(row.v).second) group.sum += row.v;
      }
      Bag expected;
      for (const auto& [key, group] : groups) {
        ++expected[fmt::format("{} {} {} {} {} {} {}", Text(key), group.count, group.values,
                               Text(group.max), group.distinct_values.size(), group.texts.size(),
                               group.distinct_values.empty() ? "null" : std::to_string(group.sum))];
      }
      ASSERT_EQ(result, expected) << "seed " << seed << " round " << round;
    }
  }
}

void CheckJoin(HashJoinKind kind, bool retracts, uint32_t seed) {
  HashJoinSpec spec;
  spec.kind = kind;
  spec.left = {TestSchema("k INT, v INT, s STRING"), {0}, retracts};
  spec.right = spec.left;
  RandomRows left(seed, retracts), right(seed + 1000, retracts);
  CheckpointedOperator op([spec](OperatorContext& context) { return MakeHashJoin(spec, context); },
                          {{0}, {0}}, 2);
  Bag result;
  FoldingOutput out(&result);
  for (int round = 0; round < 16; ++round) {
    bool is_left = left.random()() % 2 == 0;
    op.Send(is_left ? 0 : 1,
            (is_left ? left : right).Next(1 + static_cast<int>(left.random()() % 9)), out);
    Disturb(op, round, 5);
    Bag expected;
    bool is_semi = kind == HashJoinKind::kSemi, is_anti = kind == HashJoinKind::kAnti;
    std::vector<bool> right_matched(right.rows().size(), false);
    for (const RandomRows::Row& l : left.rows()) {
      bool matched = false;
      for (size_t j = 0; j < right.rows().size(); ++j) {
        const RandomRows::Row& r = right.rows()[j];
        if (l.k < 0 || l.k != r.k) continue;
        matched = right_matched[j] = true;
        if (!is_semi && !is_anti) ++expected[Text(l) + " " + Text(r)];
      }
      if ((is_semi && matched) || (is_anti && !matched)) ++expected[Text(l)];
      if (!matched && (kind == HashJoinKind::kLeft || kind == HashJoinKind::kFull))
        ++expected[Text(l) + " null null null"];
    }
    for (size_t j = 0; j < right.rows().size(); ++j) {
      if (!right_matched[j] && (kind == HashJoinKind::kRight || kind == HashJoinKind::kFull)) {
        ++expected["null null null " + Text(right.rows()[j])];
      }
    }
    ASSERT_EQ(result, expected) << "kind " << static_cast<int>(kind) << " seed " << seed
                                << " round " << round;
  }
}

TEST(StatefulRandom, JoinsOfAllKinds) {
  for (HashJoinKind kind : {HashJoinKind::kInner, HashJoinKind::kLeft, HashJoinKind::kRight,
                            HashJoinKind::kFull, HashJoinKind::kSemi, HashJoinKind::kAnti}) {
    for (uint32_t seed = 0; seed < 8; ++seed) CheckJoin(kind, seed % 2 == 0, seed);
  }
}

TEST(StatefulRandom, SetOperations) {
  for (uint32_t seed = 0; seed < 16; ++seed) {
    SetOperationSpec spec;
    spec.input = TestSchema("k INT, v INT, s STRING");
    spec.intersect = seed % 2 == 0;
    spec.all = seed % 4 < 2;
    RandomRows left(seed, true), right(seed + 1000, true);
    CheckpointedOperator op(
        [spec](OperatorContext& context) { return MakeSetOperation(spec, context); },
        {{0, 1, 2}, {0, 1, 2}}, 2);
    Bag result;
    FoldingOutput out(&result);
    for (int round = 0; round < 20; ++round) {
      bool is_left = left.random()() % 2 == 0;
      op.Send(is_left ? 0 : 1,
              (is_left ? left : right).Next(1 + static_cast<int>(left.random()() % 30)), out);
      Disturb(op, round, 5);
      Bag left_counts, right_counts, expected;
      for (const RandomRows::Row& row : left.rows()) ++left_counts[Text(row)];
      for (const RandomRows::Row& row : right.rows()) ++right_counts[Text(row)];
      for (const auto& [row, count] : left_counts) {
        int64_t other = right_counts.contains(row) ? right_counts[row] : 0;
        int64_t times = spec.all                        ? (spec.intersect ? std::min(count, other)
                                                                          : std::max<int64_t>(count - other, 0))
                        : (other > 0) == spec.intersect ? 1
                                                        : 0;
        if (times > 0) expected[row] = times;
      }
      ASSERT_EQ(result, expected) << "seed " << seed << " round " << round;
    }
  }
}

struct WindowCase {
  WindowShape shape;
  int64_t size, step;
  bool distinct;
};

// Rows in random order but never late; the result when the input has ended.
void CheckWindows(const WindowCase& window, uint32_t seed) {
  WindowAggregateSpec spec;
  spec.input = TestSchema("k INT, v INT, ts TIMESTAMP(3)");
  spec.window.shape = window.shape;
  spec.window.time_column = 2;
  spec.window.size_millis = window.size;
  spec.window.step_millis = window.step;
  spec.window.offset_millis = seed % 3;
  spec.key_columns = {0};
  spec.calls = {CountAll(), Sum(1)};
  if (window.distinct) spec.calls.push_back(Distinct(Count(1)));
  spec.emit_time = false;
  spec.functions = TestAggregates();
  CheckpointedOperator op(
      [spec](OperatorContext& context) { return MakeWindowAggregate(spec, context); }, {{0}}, 2);
  std::mt19937 random(seed);
  struct Row {
    int k, v;
    int64_t t;
  };
  std::vector<Row> rows;
  Bag result, expected;
  FoldingOutput out(&result);
  int64_t now = -50;
  for (int round = 0; round < 30; ++round) {
    BatchBuilder builder(spec.input, pool());
    for (int i = 0; i < 10; ++i) {
      rows.push_back({static_cast<int>(random() % 3), static_cast<int>(random() % 4),
                      now + static_cast<int64_t>(random() % 40)});
      // A row that only touches a session joins it or not, depending on whether it is complete by
      // then: even times and odd gaps leave that out.
      if (window.shape == WindowShape::kSession) rows.back().t += rows.back().t & 1;
      const Row& row = rows.back();
      ASSERT_TRUE(
          builder.AppendRow({Value::Int(row.k), Value::Int(row.v), Value::Int(row.t * 1000)}).ok());
    }
    op.Send(0, builder.Finish().ValueOrDie(), out);
    now += static_cast<int64_t>(random() % 12);
    op.SendWatermark(now - 1, out);
    Disturb(op, round, 6);
  }
  op.SendWatermark(Watermark::kMax, out);

  std::map<std::tuple<int, int64_t, int64_t>, std::vector<int>> windows;
  auto floor_to = [&](int64_t time, int64_t size) {
    int64_t rest = (time - spec.window.offset_millis) % size;
    return time - rest - (rest < 0 ? size : 0);
  };
  if (window.shape == WindowShape::kSession) {
    std::map<int, std::map<int64_t, std::vector<int>>> by_key;
    for (const Row& row : rows) by_key[row.k][row.t].push_back(row.v);
    for (const auto& [key, times] : by_key) {
      int64_t start = 0, end = 0;
      std::vector<int> values;
      for (const auto& [time, some] : times) {
        if (!values.empty() && time > end) {
          windows[{key, start, end}] = values;
          values.clear();
        }
        if (values.empty()) start = time;
        end = time + window.size;
        values.insert(values.end(), some.begin(), some.end());
      }
      windows[{key, start, end}] = values;
    }
  }
  for (const Row& row : rows) {
    if (window.shape == WindowShape::kCumulate) {
      int64_t start = floor_to(row.t, window.size);
      for (int64_t end = start + window.step; end <= start + window.size; end += window.step) {
        if (row.t < end) windows[{row.k, start, end}].push_back(row.v);
      }
    } else if (window.shape != WindowShape::kSession) {
      int64_t step = window.shape == WindowShape::kHop ? window.step : window.size;
      for (int64_t start = floor_to(row.t, step); start > row.t - window.size; start -= step) {
        windows[{row.k, start, start + window.size}].push_back(row.v);
      }
    }
  }
  for (const auto& [name, values] : windows) {
    const auto& [key, start, end] = name;
    int sum = 0;
    for (int value : values) sum += value;
    std::string distinct =
        window.distinct ? fmt::format(" {}", std::set<int>(values.begin(), values.end()).size())
                        : "";
    ++expected[fmt::format("{} {} {}{} {} {}", key, values.size(), sum, distinct, start, end)];
  }
  ASSERT_EQ(result, expected) << "shape " << static_cast<int>(window.shape) << " size "
                              << window.size << " step " << window.step << " distinct "
                              << window.distinct << " seed " << seed;
}

TEST(StatefulRandom, Windows) {
  for (const WindowCase& window : std::vector<WindowCase>{{WindowShape::kTumble, 10, 0, false},
                                                          {WindowShape::kTumble, 7, 0, true},
                                                          {WindowShape::kHop, 12, 4, false},
                                                          {WindowShape::kHop, 12, 5, false},
                                                          {WindowShape::kHop, 12, 4, true},
                                                          {WindowShape::kHop, 4, 4, false},
                                                          {WindowShape::kHop, 3, 5, false},
                                                          {WindowShape::kCumulate, 15, 5, false},
                                                          {WindowShape::kCumulate, 15, 5, true},
                                                          {WindowShape::kSession, 3, 0, false},
                                                          {WindowShape::kSession, 5, 0, true}}) {
    for (uint32_t seed = 0; seed < 6; ++seed) CheckWindows(window, seed);
  }
}

}  // namespace
}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The parts of the runtime alone: ring, wake, valve, aligner, chaining, contract
// checks.
#include <gtest/gtest.h>

#include <sstream>
#include <thread>

#include "weir/runtime/barrier_aligner.h"
#include "weir/runtime/contract_check.h"
#include "weir/runtime/job_plan.h"
#include "weir/runtime/ring.h"
#include "weir/runtime/wake.h"
#include "weir/runtime/watermark_valve.h"
#include "weir/testing/text_batch.h"

namespace weir {
namespace {

TEST(SpscRing, HoldsItsCapacityAndNoMore) {
  SpscRing<int> ring(4);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(ring.TryPush(int{i}));
  EXPECT_TRUE(ring.IsFull());
  EXPECT_FALSE(ring.TryPush(9));
  int value = -1;
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(ring.TryPop(&value));
    EXPECT_EQ(value, i);
  }
  EXPECT_FALSE(ring.TryPop(&value));
}

TEST(SpscRing, KeepsOrderBetweenTwoSleepingThreads) {
  constexpr int kCount = 100'000;
  SpscRing<int> ring(8);
  Wake producer_wake, consumer_wake;
  std::thread producer([&] {
    for (int i = 0; i < kCount;) {
      uint64_t ticket = producer_wake.Ticket();
      if (ring.TryPush(int{i})) {
        ++i;
        consumer_wake.Notify();
      } else {
        producer_wake.Wait(ticket, 10'000'000);
      }
    }
  });
  int64_t wrong = 0;
  for (int i = 0; i < kCount;) {
    uint64_t ticket = consumer_wake.Ticket();
    int value = -1;
    if (ring.TryPop(&value)) {
      wrong += value != i++;
      if (ring.size_seen_by_consumer() == 4 || ring.size_seen_by_consumer() == 0)
        producer_wake.Notify();
    } else {
      consumer_wake.Wait(ticket, 10'000'000);
    }
  }
  producer.join();
  EXPECT_EQ(wrong, 0);
}

/// "0:5 1:7 0:idle 1:active 0:end" -> "0:5->. 1:7->5 ..."
std::string RunValve(int channels, const std::string& script) {
  WatermarkValve valve(channels);
  std::string out;
  std::istringstream words(script);
  for (std::string word; words >> word;) {
    int channel = word[0] - '0';
    std::string what = word.substr(2);
    WatermarkValve::Change change =
        what == "idle"     ? valve.OnActivity(channel, Activity::kIdle)
        : what == "active" ? valve.OnActivity(channel, Activity::kActive)
        : what == "end"    ? valve.OnEnd(channel)
                           : valve.OnWatermark(channel, {std::stoll(what)});
    if (!out.empty()) out += ' ';
    std::string result;
    if (change.activity == Activity::kActive) result += "active";
    if (change.watermark)
      result += change.watermark->millis == Watermark::kMax
                    ? "max"
                    : std::to_string(change.watermark->millis);
    if (change.activity == Activity::kIdle) result += "idle";
    out += result.empty() ? "." : result;
  }
  return out;
}

TEST(WatermarkValve, GivesTheMinimum) {
  EXPECT_EQ(RunValve(1, "0:5 0:5 0:3 0:8"), "5 . . 8");
  EXPECT_EQ(RunValve(2, "0:5 1:3 1:9 0:7"), ". 3 5 7");
}
TEST(WatermarkValve, IgnoresEndedChannels) {
  EXPECT_EQ(RunValve(2, "0:5 1:end 0:6 0:end"), ". 5 6 max");
  EXPECT_EQ(RunValve(3, "0:end 1:end 2:end"), ". . max");
}
TEST(WatermarkValve, IdleChannelsHoldNothingBack) {
  EXPECT_EQ(RunValve(2, "0:5 1:idle 0:8 1:active 0:9 1:7 0:10 1:12"), ". 5 8 . 9 . 10 .");
  EXPECT_EQ(RunValve(2, "0:5 1:3 1:idle 0:idle"), ". 3 5 idle");
  EXPECT_EQ(RunValve(2, "0:5 1:3 0:idle 1:idle 0:active 1:active"), ". 3 . 5idle active .");
}

JobNode Node(std::string name, int parallelism, std::vector<JobEdge> inputs) {
  JobNode node;
  node.name = std::move(name);
  node.parallelism = parallelism;
  node.inputs = std::move(inputs);
  if (node.inputs.empty()) {
    node.make_source = [](OperatorContext&) -> Result<std::unique_ptr<SourceOperator>> {
      return nullptr;
    };
  } else {
    node.make_operator = [](OperatorContext&) -> Result<std::unique_ptr<Operator>> {
      return nullptr;
    };
  }
  return node;
}

std::string PlanText(std::vector<JobNode> nodes) {
  JobGraph graph;
  graph.nodes = std::move(nodes);
  auto plan = PlanJob(graph);
  if (!plan.ok()) return plan.status().message();
  std::string text;
  for (const auto& task : plan->tasks) {
    text += text.empty() ? "{" : " {";
    for (int node : task.nodes)
      text += (text.back() == '{' ? "" : " ") + graph.nodes[static_cast<size_t>(node)].name;
    text += fmt::format("}}x{}", task.parallelism);
  }
  return text;
}

TEST(PlanJob, ChainsForwardEdges) {
  EXPECT_EQ(PlanText({Node("scan", 2, {}), Node("calc", 2, {{0, Exchange::kForward, {}}}),
                      Node("agg", 2, {{1, Exchange::kHash, {0}}}),
                      Node("sink", 2, {{2, Exchange::kForward, {}}})}),
            "{scan calc}x2 {agg sink}x2");
}
TEST(PlanJob, ChainsEverythingThatIsSingle) {
  EXPECT_EQ(PlanText({Node("a", 1, {}), Node("b", 1, {}),
                      Node("join", 1, {{0, Exchange::kHash, {0}}, {1, Exchange::kHash, {0}}}),
                      Node("sink", 3, {{2, Exchange::kRebalance, {}}})}),
            "{a b join}x1 {sink}x3");
}
TEST(PlanJob, RefusesWhatIsNoGraph) {
  EXPECT_EQ(PlanText({Node("a", 2, {}), Node("b", 1, {{0, Exchange::kForward, {}}})}),
            "a forward edge joins a (2 subtasks) and b (1)");
  EXPECT_EQ(PlanText({Node("a", 1, {}), Node("b", 1, {{2, Exchange::kForward, {}}})}),
            "b has an input that does not come before it");
}

class NoOutput : public Output {
 public:
  Status Emit(Batch) override { return Status::OK(); }
  Status Emit(Watermark) override { return Status::OK(); }
  bool HasRoom() const override { return true; }
};

class BrokenOperator : public Operator {
 public:
  Result<Progress> OnBatch(int, const Batch& batch, Output& out) override {
    Batch wrong = batch;
    wrong.num_rows += 1;
    WEIR_RETURN_NOT_OK(out.Emit(wrong));
    return Progress::kDone;
  }
  Result<Progress> OnWatermark(Watermark watermark, Output& out) override {
    WEIR_RETURN_NOT_OK(out.Emit(watermark));
    WEIR_RETURN_NOT_OK(out.Emit(Watermark{watermark.millis - 1}));
    return Progress::kDone;
  }
};

TEST(ContractCheck, NamesWhatIsBroken) {
  auto schema = ParseSchemaText("a INT").ValueOrDie();
  Batch batch = ParseRows("+I 1", schema, arrow::default_memory_pool()).ValueOrDie();
  auto checked =
      WithContractChecks(std::make_unique<BrokenOperator>(), {"op", {}, std::nullopt, 0});
  NoOutput out;
  EXPECT_EQ(checked->OnBatch(0, batch, out).status().message(),
            "op, output: column 0 has 1 rows in a batch of 2");
  EXPECT_EQ(checked->OnWatermark({5}, out).status().message(),
            "op, output: the watermark goes back from 5 to 4");
  EXPECT_EQ(checked->Continue(out).status().message(), "op: Continue without an unfinished event");
  ASSERT_TRUE(checked->OnEnd(0, out).ok());
  EXPECT_EQ(checked->OnBatch(0, batch, out).status().message(),
            "op, input 0: a batch after the end");
}

TEST(BarrierAligner, HoldsAChannelUntilAllHaveTheBarrier) {
  BarrierAligner aligner(3);
  EXPECT_EQ(aligner.next_barrier(), 1);
  EXPECT_FALSE(aligner.OnBarrier(0));
  EXPECT_TRUE(aligner.IsHeld(0));
  EXPECT_FALSE(aligner.IsHeld(1));
  aligner.Park(0, Event::Of(Watermark{5}));
  EXPECT_FALSE(aligner.OnEnd());  // Channel 1 ends: it holds up nobody.
  aligner.Park(0, Event::End());
  EXPECT_TRUE(aligner.OnBarrier(2));
  auto parked = aligner.Release();
  ASSERT_EQ(parked.size(), 2u);
  EXPECT_EQ(parked[0].channel, 0);
  EXPECT_EQ(parked[0].event.watermark.millis, 5);
  EXPECT_EQ(parked[1].event.kind, Event::Kind::kEnd);
  EXPECT_EQ(aligner.next_barrier(), 2);
  EXPECT_FALSE(aligner.IsHeld(0));
}
TEST(BarrierAligner, TheLastEndCompletesIt) {
  BarrierAligner aligner(2);
  EXPECT_FALSE(aligner.OnBarrier(1));
  EXPECT_TRUE(aligner.OnEnd());
  EXPECT_TRUE(aligner.Release().empty());
  EXPECT_FALSE(aligner.OnEnd());  // All have ended: there is no barrier to wait for.
}

}  // namespace
}  // namespace weir

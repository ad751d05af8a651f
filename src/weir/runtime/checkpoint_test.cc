// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Checkpoints of whole jobs: stopped at every barrier and continued at another parallelism, with
// chained and exchanged inputs, sources that end early, stores that fail, late rows, savepoints.
// What has been published in the end is what an uninterrupted run publishes.
#include <random>

#include "weir/runtime/test_job.h"

namespace weir {
namespace {

// ---- Crashes ----

TEST(Checkpoint, GoesOnFromEveryBarrierAtAnyParallelism) {
  const int kParallelism[] = {1, 2, 3, 8};
  int runs = 0;
  for (Shape shape : {Shape::kChain, Shape::kDiamond, Shape::kTwo}) {
    for (int from : kParallelism) {
      for (int to : kParallelism) {
        for (Fault fault : {Fault::kDieBefore, Fault::kDieAfter}) {
          for (int at = 1 + to % 3;; at += from + to > 4 ? 5 : 1) {
            World world;
            RunSpec run;
            run.options = EveryPoll();
            run.job = {.shape = shape, .parallelism = from, .count = 40};
            run.fault = fault;
            run.at = at;
            Status first = RunOnce(world, run);
            ++runs;
            bool has_ended = first.ok();
            if (!has_ended) {
              ASSERT_EQ(GetErrorInfo(first).code, ErrorCode::kFenced) << first.ToString();
              run.fault = Fault::kNone;
              run.job.parallelism = to;
              Status second = RunOnce(world, run);
              ASSERT_TRUE(second.ok()) << second.ToString();
            }
            ASSERT_EQ(world.Output(), Expected(run.job))
                << "shape " << static_cast<int>(shape) << ", " << from << " to " << to << ", fault "
                << static_cast<int>(fault) << " at " << at;
            ASSERT_EQ(world.leftovers(), 0u);
            if (has_ended) break;
          }
        }
      }
    }
  }
  EXPECT_GT(runs, 150);
}

TEST(Checkpoint, DiesAgainAndAgain) {
  for (Shape shape : {Shape::kChain, Shape::kDiamond, Shape::kTwo}) {
    World world;
    std::mt19937 random(7);
    const int kParallelism[] = {1, 2, 3, 8};
    RunSpec run;
    run.job = {.shape = shape, .count = 200};
    run.options = EveryPoll();
    Status status;
    int runs = 0;
    do {
      run.job.parallelism = kParallelism[random() % 4];
      run.fault = random() % 2 == 0 ? Fault::kDieBefore : Fault::kDieAfter;
      run.at = 3 + static_cast<int>(random() % 3);
      status = RunOnce(world, run);
      ASSERT_LT(++runs, 1000);
    } while (!status.ok());
    EXPECT_GT(runs, 5);
    EXPECT_EQ(world.Output(), Expected(run.job));
    EXPECT_EQ(world.leftovers(), 0u);
  }
}

TEST(Checkpoint, ThreadsDieAtAnyTime) {
  const int kParallelism[] = {1, 2, 3, 8};
  for (uint32_t seed = 0; seed < 24; ++seed) {
    std::mt19937 random(seed);
    World world;
    RunSpec run;
    run.job.shape = std::vector{Shape::kChain, Shape::kDiamond, Shape::kTwo}[seed % 3];
    run.job.count = 1500;
    run.job.pause_micros = 20;
    run.deterministic = false;
    run.options.interval_micros = 300;
    run.options.tolerable_failures = -1;
    Status status;
    int runs = 0;
    do {
      run.job.parallelism = kParallelism[random() % 4];
      run.fault = random() % 2 == 0 ? Fault::kDieBefore : Fault::kDieAfter;
      run.at = 2 + static_cast<int>(random() % 6);
      status = RunOnce(world, run);
      if (!status.ok()) {
        ASSERT_EQ(GetErrorInfo(status).code, ErrorCode::kFenced) << status.ToString();
      }
      ASSERT_LT(++runs, 1000);
    } while (!status.ok());
    ASSERT_EQ(world.Output(), Expected(run.job)) << "seed " << seed;
    ASSERT_EQ(world.leftovers(), 0u);
  }
}

TEST(Checkpoint, WhatWasLateStaysLate) {
  for (int at = 1; at <= 6; ++at) {
    for (int to : {1, 2}) {
      World world;
      RunSpec run;
      run.job = {.shape = Shape::kLate};
      run.options = EveryPoll();
      run.fault = Fault::kDieAfter;
      run.at = at;
      Status first = RunOnce(world, run);
      run.fault = Fault::kNone;
      run.job.parallelism = to;
      if (!first.ok()) {
        ASSERT_TRUE(RunOnce(world, run).ok());
      }
      // The second subtask has no split, and in a deterministic job it ends with the others: it
      // holds event time where the first run left it.
      ASSERT_EQ(world.Output(), ExpectedLate(to == 2 ? static_cast<size_t>(at) : 4))
          << "at " << at << " to " << to;
    }
  }
}

// ---- Failures that are survived ----

TEST(Checkpoint, FailedEpochsLoseNothing) {
  for (Fault fault : {Fault::kFailAdd, Fault::kFailCommit, Fault::kLostAnswer}) {
    for (bool deterministic : {true, false}) {
      for (int at : {2, 3, 5}) {
        World world;
        RunSpec run;
        run.job = {.shape = Shape::kDiamond, .parallelism = 2, .count = 300};
        run.job.pause_micros = deterministic ? 0 : 20;
        run.deterministic = deterministic;
        run.options = EveryPoll();
        run.options.interval_micros = 200;
        run.fault = fault;
        run.at = at;
        auto running = Start(world, run);
        ASSERT_TRUE(running.ok()) << running.status().ToString();
        Status status = running->job->Wait();
        ASSERT_TRUE(status.ok()) << status.ToString();
        EXPECT_EQ(running->storage->incremental_after_failure, 0);
        ASSERT_EQ(world.Output(), Expected(run.job));
        ASSERT_EQ(world.leftovers(), 0u);
        auto figures = running->job->Checkpoints();
        ASSERT_FALSE(figures.empty());
        EXPECT_EQ(figures.back().kind, EpochKind::kFinal);
        EXPECT_TRUE(figures.back().status.ok());
        EXPECT_GT(figures.back().bytes_written, 0);
      }
    }
  }
}

TEST(Checkpoint, TooManyFailuresFailTheJob) {
  World world;
  RunSpec run;
  run.job = {.shape = Shape::kChain, .count = 300};
  run.options = EveryPoll();
  run.options.tolerable_failures = 2;
  run.fault = Fault::kFailCommit;
  run.at = 1;
  Status status = RunOnce(world, run);
  EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kUnavailable);
  EXPECT_EQ(status.message(), "3 checkpoints in a row failed, at last: the store is away");
  EXPECT_TRUE(world.Output().empty());
}

TEST(Checkpoint, OneThatTakesTooLongIsGivenUp) {
  for (int tolerable : {0, -1}) {
    World world;
    std::atomic<bool> stuck{true};
    RunSpec run;
    run.job = {.shape = Shape::kDiamond, .parallelism = 2, .count = 3000};
    run.job.pause_micros = 10;
    run.job.stuck = &stuck;
    run.deterministic = false;
    run.options.interval_micros = 1'000;
    run.options.timeout_micros = 10'000;
    run.options.tolerable_failures = tolerable;
    auto running = Start(world, run);
    ASSERT_TRUE(running.ok()) << running.status().ToString();
    while (running->job->Checkpoints().size() < (tolerable == 0 ? 1u : 4u))
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    auto figures = running->job->Checkpoints();
    EXPECT_NE(figures[0].status.message().find("have not answered in time"), std::string::npos)
        << figures[0].status.ToString();
    stuck = false;
    Status status = running->job->Wait();
    if (tolerable == 0) {
      EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kUnavailable) << status.ToString();
      continue;
    }
    ASSERT_TRUE(status.ok()) << status.ToString();
    EXPECT_EQ(world.Output(), Expected(run.job));
  }
}

// ---- Ended parts, changed graphs ----

TEST(Checkpoint, WhatHasEndedIsNotRunAgain) {
  World world;
  RunSpec run;
  run.job = {.shape = Shape::kTwo, .parallelism = 2, .count = 2000};
  run.job.pause_micros = 100;
  run.deterministic = false;
  run.options.interval_micros = 2'000;
  run.fault = Fault::kDieAfter;
  run.at = 10;
  ASSERT_FALSE(RunOnce(world, run).ok());
  CheckpointStorageConfig config;
  config.objects = &world.objects;
  config.clock = RealEnvironment().clock;
  config.random = RealEnvironment().random;
  auto newest = CheckpointStorage::Open(config).ValueOrDie()->Newest().ValueOrDie();
  EXPECT_TRUE(newest->IsFinished("short"));
  EXPECT_FALSE(newest->IsFinished("scan"));
  world.splits_opened = 0;
  run.fault = Fault::kNone;
  run.job.pause_micros = 0;
  Status status = RunOnce(world, run);
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_LE(world.splits_opened, 3);
  EXPECT_EQ(world.Output(), Expected(run.job));
  // A job that has ended well only ends again.
  world.splits_opened = 0;
  status = RunOnce(world, run);
  ASSERT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(world.splits_opened, 0);
  EXPECT_EQ(world.Output(), Expected(run.job));
}

TEST(Checkpoint, StateThatNobodyClaims) {
  World world;
  RunSpec run;
  run.job = {.shape = Shape::kChain};
  run.options = EveryPoll();
  run.fault = Fault::kDieAfter;
  run.at = 4;
  ASSERT_FALSE(RunOnce(world, run).ok());
  run.fault = Fault::kNone;
  run.job.count_id = "another";
  Status status = RunOnce(world, run);
  EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kInvalidQuery);
  EXPECT_NE(status.message().find("holds the state of Count ('count')"), std::string::npos)
      << status.message();
  run.options.ignore_unclaimed_state = true;
  status = RunOnce(world, run);
  ASSERT_TRUE(status.ok()) << status.ToString();
  // The new count begins at nothing; sources and sink go on.
  EXPECT_EQ(world.Output().size(), Expected(run.job).size());
  EXPECT_NE(world.Output(), Expected(run.job));
}

// ---- Savepoints ----

TEST(Savepoint, GoesOnStopsAndIsRestored) {
  for (bool deterministic : {true, false}) {
    for (int to : {1, 3}) {
      World world;
      MemoryObjectStore place;
      RunSpec run;
      run.job = {.shape = Shape::kDiamond, .parallelism = 2, .count = 4000};
      run.job.pause_micros = 50;
      run.deterministic = deterministic;
      run.options.interval_micros = 3'000;
      {
        Running running = Start(world, run).ValueOrDie();
        MemoryObjectStore other;
        Status status = running.job->Savepoint(&other, SavepointEnd::kGoOn);
        ASSERT_TRUE(status.ok()) << status.ToString();
        EXPECT_FALSE(running.job->is_finished());
        EXPECT_TRUE(OpenSavepoint(&other).ok());
        // A place that is taken: the job goes on.
        EXPECT_FALSE(running.job->Savepoint(&other, SavepointEnd::kStop).ok());
        EXPECT_FALSE(running.job->is_finished());
        status = running.job->Savepoint(&place, SavepointEnd::kStop);
        ASSERT_TRUE(status.ok()) << status.ToString();
        status = running.job->Wait();
        EXPECT_TRUE(status.ok()) << status.ToString();
        EXPECT_FALSE(running.job->Savepoint(&other, SavepointEnd::kGoOn).ok());
      }
      EXPECT_LT(world.Output().size(), Expected(run.job).size());
      run.from = OpenSavepoint(&place).ValueOrDie();
      run.job.parallelism = to;
      run.job.pause_micros = 0;
      Status status = RunOnce(world, run);
      ASSERT_TRUE(status.ok()) << status.ToString();
      EXPECT_EQ(world.Output(), Expected(run.job));
      EXPECT_EQ(world.leftovers(), 0u);
    }
  }
}

TEST(Savepoint, DrainEndsTheSources) {
  for (bool deterministic : {true, false}) {
    World world;
    MemoryObjectStore place;
    RunSpec run;
    run.job = {.shape = Shape::kChain, .parallelism = 2, .count = 300, .bounded = false};
    run.deterministic = deterministic;
    Running running = Start(world, run).ValueOrDie();
    // An unbounded job that waits for more.
    while (running.job->Progress()[0].counters.rows_out < 300)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    Status status = running.job->Savepoint(&place, SavepointEnd::kDrain);
    ASSERT_TRUE(status.ok()) << status.ToString();
    ASSERT_TRUE(running.job->Wait().ok());
    EXPECT_EQ(world.Output(), Expected(run.job));
    EXPECT_EQ(world.leftovers(), 0u);
    auto savepoint = OpenSavepoint(&place).ValueOrDie();
    for (const char* node : {"scan", "count", "sink"}) EXPECT_TRUE(savepoint->IsFinished(node));
  }
}

TEST(Savepoint, OfAJobWithoutCheckpoints) {
  World world;
  MemoryObjectStore place;
  auto pool = std::make_shared<BudgetPool>("query", 0, nullptr, arrow::default_memory_pool());
  auto job = StartJob(GraphMaker(world, {}).Make(), {}, RealEnvironment(), pool).ValueOrDie();
  EXPECT_EQ(GetErrorInfo(job->Savepoint(&place, SavepointEnd::kStop)).code,
            ErrorCode::kInvalidQuery);
  ASSERT_TRUE(job->Wait().ok());
  EXPECT_EQ(world.Output(), Expected({}));
  EXPECT_EQ(world.leftovers(), 0u);
}

}  // namespace
}  // namespace weir

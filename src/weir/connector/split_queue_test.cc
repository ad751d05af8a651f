// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Splits and what sinks have prepared, by checkpoint.
#include "weir/connector/split_queue.h"

#include <gtest/gtest.h>

#include "weir/connector/sink_commits.h"

namespace weir {
namespace {

class LetterSource : public Source {
 public:
  LetterSource(std::string letters, bool bounded, bool remembers)
      : letters_(std::move(letters)), bounded_(bounded), remembers_(remembers) {}
  bool is_bounded() const override { return bounded_; }
  Result<std::vector<SourceSplit>> Discover(int) override {
    std::vector<SourceSplit> splits;
    for (; next_ < letters_.size(); ++next_) splits.push_back({letters_.substr(next_, 1), "0"});
    return splits;
  }
  Result<std::string> SaveDiscovery() override {
    return remembers_ ? std::to_string(next_) : std::string();
  }
  Status RestoreDiscovery(const std::string& state) override {
    if (remembers_) next_ = std::stoull(state);
    return Status::OK();
  }
  Result<std::unique_ptr<SplitReader>> OpenSplit(const SourceSplit&) override {
    return Unsupported("reading letters");
  }

 private:
  std::string letters_;
  bool bounded_, remembers_;
  size_t next_ = 0;
};

struct Queue {
  Queue(std::string letters, bool bounded, int parallelism, bool remembers = false)
      : queue(std::make_shared<LetterSource>(std::move(letters), bounded, remembers), parallelism,
              RealEnvironment().clock) {
    queue.KeepTaken();
  }
  std::string Take(int subtask, int64_t barrier) {
    auto taken = queue.Take(subtask, barrier).ValueOrDie();
    return taken ? taken->split.id : std::string("-");
  }
  std::string TakeAll(int subtask) {
    std::string all;
    while (auto taken = queue.Take(subtask, 0).ValueOrDie())
      all += taken->split.id + taken->split.position + " ";
    return all;
  }
  SplitQueue queue;
};

TEST(SplitQueue, WhatIsTakenAfterABarrierBelongsToTheQueue) {
  Queue queue("abcdef", true, 2);
  EXPECT_TRUE(queue.queue.has_unassigned());
  EXPECT_EQ(queue.Take(0, 0), "a");
  EXPECT_EQ(queue.Take(1, 0), "b");
  EXPECT_EQ(queue.Take(0, 1), "c");  // Reader 0 has passed barrier 1 with `a`; reader 1 has not.
  EXPECT_EQ(queue.Take(1, 0), "d");
  std::string first = queue.queue.Save(1).ValueOrDie();
  EXPECT_EQ(queue.Take(1, 1), "e");
  std::string second = queue.queue.Save(2).ValueOrDie();
  {
    Queue restored("abcdef", true, 3);
    // Readers bring back what they had, in any order.
    ASSERT_TRUE(restored.queue.Restore(first, {{{"d", "7"}, 3, 0}, {{"a", "5"}, 0, 0}}).ok());
    EXPECT_TRUE(restored.queue.has_unassigned());
    EXPECT_EQ(restored.TakeAll(2), "a5 c0 d7 e0 f0 ");
    EXPECT_FALSE(restored.queue.has_unassigned());
  }
  {
    Queue restored("abcdef", true, 1);
    ASSERT_TRUE(restored.queue.Restore(second, {}).ok());
    EXPECT_EQ(restored.TakeAll(0), "f0 ");
  }
}

TEST(SplitQueue, UnboundedSplitsKeepTheirReaders) {
  Queue queue("abcde", false, 2);
  EXPECT_EQ(queue.Take(0, 0), "a");
  EXPECT_EQ(queue.Take(1, 0), "b");
  std::string state = queue.queue.Save(1).ValueOrDie();
  // A source that remembers nothing is not asked again; one that does gives what is new.
  for (bool remembers : {false, true}) {
    Queue restored(remembers ? "abcdefg" : "abcde", false, 3, remembers);
    std::string saved = state;
    if (remembers) {
      Queue old("abcde", false, 2, true);
      EXPECT_EQ(old.Take(0, 0), "a");
      EXPECT_EQ(old.Take(1, 0), "b");
      saved = old.queue.Save(1).ValueOrDie();
    }
    ASSERT_TRUE(restored.queue.Restore(saved, {{{"b", "9"}, 1, 0}, {{"a", "8"}, 0, 0}}).ok());
    EXPECT_EQ(restored.TakeAll(0), remembers ? "a8 d0 g0 " : "a8 d0 ");
    EXPECT_EQ(restored.TakeAll(1), "b9 e0 ");
    EXPECT_EQ(restored.TakeAll(2), remembers ? "c0 f0 " : "c0 ");
  }
}

TEST(SplitQueue, BeforeTheFirstTakeNothingIsKnown) {
  Queue queue("ab", true, 1);
  std::string state = queue.queue.Save(1).ValueOrDie();
  Queue restored("ab", true, 1);
  ASSERT_TRUE(restored.queue.Restore(state, {}).ok());
  EXPECT_EQ(restored.TakeAll(0), "a0 b0 ");
}

TEST(SplitQueue, RefusesWhatIsNoState) {
  Queue queue("ab", true, 1);
  std::string state = queue.queue.Save(1).ValueOrDie();
  for (size_t length = 0; length < state.size(); ++length) {
    Queue restored("ab", true, 1);
    Status status = restored.queue.Restore(state.substr(0, length), {});
    EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kCorruption) << length;
  }
  Queue restored("ab", true, 1);
  EXPECT_FALSE(restored.queue.Restore("99999999999999999999:1", {}).ok());
}

TEST(SplitQueue, SplitsTravelInBatches) {
  std::vector<SplitState> splits = {
      {{"a name longer than twelve bytes", std::string("\0\xff", 2)}, 3, -5}};
  Batch batch = SplitsToBatch(splits, arrow::default_memory_pool()).ValueOrDie();
  std::vector<SplitState> back = SplitsOfBatch(batch);
  ASSERT_EQ(back.size(), 1u);
  EXPECT_EQ(back[0].split.id, splits[0].split.id);
  EXPECT_EQ(back[0].split.position, splits[0].split.position);
  EXPECT_EQ(back[0].number, 3);
  EXPECT_EQ(back[0].watermark_millis, -5);
}

// ---- Sinks ----

using Names = std::vector<std::string>;

class LogSink : public Sink {
 public:
  ChangelogMode accepted_changes(const ChangelogMode& query) const override { return query; }
  Result<std::unique_ptr<SinkWriter>> OpenWriter(int, int) override {
    return Unsupported("writing");
  }
  Result<Names> PreCommit(Names committables) override {
    if (fails) return Unavailable("no");
    held.clear();
    Names given;
    for (std::string& name : committables) (name[0] == 'h' ? held : given).push_back(name);
    return given;
  }
  Names HeldBack() override { return held; }
  Status Commit(const Names& names) override { return Note("commit", names); }
  Status PostCommit(const Names& names) override { return Note("post", names); }
  Status Recover(const Names& committables, const Names& in_progress) override {
    WEIR_RETURN_NOT_OK(Note("recover", committables));
    return Note("and", in_progress);
  }
  Status Truncate() override { return Note("truncate", {}); }
  Status Note(const std::string& what, const Names& names) {
    log += what;
    for (const std::string& name : names) log += " " + name;
    log += "; ";
    return Status::OK();
  }
  bool fails = false;
  Names held;
  std::string log;
};

TEST(SinkCommits, ByEpoch) {
  auto sink = std::make_shared<LogSink>();
  SinkCommits commits(sink);
  commits.Add({0, 1, {"a"}, {"x:1"}});
  commits.Add({1, 1, {"b"}, {"y:1"}});
  commits.Add({0, 2, {"c"}, {"x:2"}});  // Ahead of the others.
  auto first = commits.TakeUpTo(1).ValueOrDie();
  EXPECT_EQ(first.committables, (Names{"a", "b"}));
  EXPECT_EQ(first.in_progress, (Names{"x:1", "y:1"}));
  // Epoch 1 is given up; writer 1 ends.
  commits.Add({1, 2, {"d"}, {}});
  sink->fails = true;
  EXPECT_FALSE(commits.TakeUpTo(2).ok());
  sink->fails = false;
  auto second = commits.TakeUpTo(2).ValueOrDie();
  EXPECT_EQ(second.committables, (Names{"a", "b", "c", "d"}));
  EXPECT_EQ(second.in_progress, (Names{"x:2"}));
  ASSERT_TRUE(commits.Publish().ok());
  EXPECT_EQ(sink->log, "commit a b c d; post a b c d; ");
  auto last = commits.TakeUpTo(SinkCommits::kEnd).ValueOrDie();
  EXPECT_TRUE(last.committables.empty());
}

TEST(SinkCommits, WhatIsHeldBackIsRecorded) {
  auto sink = std::make_shared<LogSink>();
  SinkCommits commits(sink);
  commits.Add({0, 1, {"a", "h"}, {"x:1"}});
  auto epoch = commits.TakeUpTo(1).ValueOrDie();
  EXPECT_EQ(epoch.committables, (Names{"a"}));
  EXPECT_EQ(epoch.in_progress, (Names{"x:1", "h"}));
}

TEST(SinkCommits, Start) {
  auto log = [](SinkMode mode, const SinkCommits::Epoch* epoch, bool has_job_id) {
    auto sink = std::make_shared<LogSink>();
    EXPECT_TRUE(SinkCommits(sink, mode).Start(epoch, has_job_id).ok());
    return sink->log;
  };
  SinkCommits::Epoch epoch{{"a"}, {"x:1"}};
  EXPECT_EQ(log(SinkMode::kAppend, nullptr, false), "");
  EXPECT_EQ(log(SinkMode::kAppend, nullptr, true), "recover; and; ");
  EXPECT_EQ(log(SinkMode::kOverwrite, nullptr, true), "truncate; recover; and; ");
  EXPECT_EQ(log(SinkMode::kOverwrite, &epoch, true), "recover a; and x:1; ");
}

}  // namespace
}  // namespace weir

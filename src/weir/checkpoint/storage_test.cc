// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The protocol of checkpoints against a model: every writer is a map from slot to row, saved in
// full or by its changes, and read back at any parallelism.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "weir/checkpoint/checkpoint_storage.h"
#include "weir/data/random_column.h"
#include "weir/store/local_object_store.h"
#include "weir/store/memory_object_store.h"

namespace weir {
namespace {

class TestClock : public Clock {
 public:
  int64_t WallMicros() override { return 0; }
  int64_t MonotonicMicros() override { return 0; }
  void SleepMicros(int64_t) override {}
};
class TestRandom : public Random {
 public:
  explicit TestRandom(uint64_t seed) : random_(seed) {}
  uint64_t Next() override { return random_(); }

 private:
  std::mt19937_64 random_;
};

uint64_t HashOf(int64_t key) { return static_cast<uint64_t>(key + 1) * 0x9e3779b97f4a7c15ULL; }
const Schema& RowSchema() {
  static const Schema schema = {{{"k0", DataType::BigInt().NotNull()}, {"v0", DataType::String()}}};
  return schema;
}

using Bag = std::multiset<std::pair<int64_t, std::string>>;

Batch RowsBatch(const std::vector<std::pair<int64_t, std::string>>& rows) {
  BatchBuilder builder(RowSchema(), TestPool());
  for (const auto& [key, value] : rows)
    EXPECT_TRUE(builder.AppendRow({Value::Int(key), Value::String(value)}).ok());
  return Get(builder.Finish());
}

// One operator subtask: a slot table "t", a table without slots "m", and a row without key.
class ModelWriter {
 public:
  ModelWriter(int subtask, int parallelism) : subtask_(subtask), parallelism_(parallelism) {}

  void Change(std::mt19937_64& random, int num_changes) {
    for (int i = 0; i < num_changes; ++i) {
      int64_t key = static_cast<int64_t>(random() % 500);
      if (SubtaskOfHash(HashOf(key), parallelism_) != subtask_) continue;
      auto slot = static_cast<uint32_t>(random() % 200);
      changed_.insert(slot);
      if (random() % 3 == 0) {
        rows_.erase(slot);
      } else {
        rows_[slot] = {key, std::string(random() % 30, static_cast<char>('a' + random() % 26))};
      }
    }
  }
  std::shared_ptr<SubtaskSnapshot> Save(bool incremental) {
    auto snapshot = std::make_shared<SubtaskSnapshot>(1, incremental);
    snapshot->watermark_millis = 100 + subtask_;
    std::vector<uint32_t> slots, erased;
    std::vector<std::pair<int64_t, std::string>> rows;
    std::vector<uint64_t> hashes;
    auto write = [&] {
      EXPECT_TRUE(snapshot->WriteSlots("t", RowSchema(), RowsBatch(rows), hashes, slots).ok());
      slots.clear();
      rows.clear();
      hashes.clear();
    };
    for (const auto& [slot, row] : rows_) {
      if (incremental && !changed_.contains(slot)) continue;
      slots.push_back(slot);
      rows.push_back(row);
      hashes.push_back(HashOf(row.first));
      if (slots.size() == 37) write();
    }
    write();
    for (uint32_t slot : changed_) {
      if (!rows_.contains(slot)) erased.push_back(slot);
    }
    if (incremental) {
      EXPECT_TRUE(snapshot->EraseSlots("t", erased).ok());
    }
    std::vector<std::pair<int64_t, std::string>> some;
    for (const auto& [slot, row] : rows_) {
      if (slot % 7 == 0) some.push_back(row);
    }
    for (const auto& row : some) hashes.push_back(HashOf(row.first));
    EXPECT_TRUE(snapshot->Write("m", RowSchema(), RowsBatch(some), hashes).ok());
    EXPECT_TRUE(snapshot->Write("all", RowSchema(), RowsBatch({{subtask_, "x"}}), {}).ok());
    changed_.clear();
    return snapshot;
  }
  const std::map<uint32_t, std::pair<int64_t, std::string>>& rows() const { return rows_; }

 private:
  int subtask_, parallelism_;
  std::map<uint32_t, std::pair<int64_t, std::string>> rows_;
  std::set<uint32_t> changed_;
};

Bag BagOf(const std::vector<Batch>& batches) {
  Bag bag;
  for (const Batch& batch : batches) {
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      bag.insert({batch.columns[0]->At<int64_t>(i),
                  std::string(batch.columns[1]->At<StringView>(i).view())});
    }
  }
  return bag;
}

struct Fixture {
  MemoryObjectStore memory;
  ObjectStore* objects = &memory;
  TestClock clock;
  TestRandom random{1};
  CheckpointStorageConfig Config() {
    CheckpointStorageConfig config;
    config.objects = objects;
    config.clock = &clock;
    config.random = &random;
    config.object_bytes_max = 3000;
    return config;
  }
  std::unique_ptr<CheckpointStorage> Open() { return Get(CheckpointStorage::Open(Config())); }
};

Status SaveEpoch(CheckpointStorage& storage, std::vector<ModelWriter>& writers,
                 const EpochFacts& facts = {}, EpochKind kind = EpochKind::kCheckpoint) {
  std::vector<std::shared_ptr<SubtaskSnapshot>> snapshots;
  int n = static_cast<int>(writers.size());
  for (int i = 0; i < n; ++i)
    snapshots.push_back(
        writers[static_cast<size_t>(i)].Save(storage.MayBeIncremental({"node", i, n})));
  WEIR_ASSIGN_OR_RETURN(auto epoch, storage.BeginEpoch(kind));
  for (int i = 0; i < n; ++i)
    WEIR_RETURN_NOT_OK(epoch->Add({"node", i, n}, *snapshots[static_cast<size_t>(i)]));
  return epoch->Commit(facts);
}

void ExpectState(const RestoredState& state, const std::vector<ModelWriter>& writers) {
  Bag all, some, everywhere;
  for (size_t i = 0; i < writers.size(); ++i) {
    everywhere.insert({static_cast<int64_t>(i), "x"});
    for (const auto& [slot, row] : writers[i].rows()) {
      all.insert(row);
      if (slot % 7 == 0) some.insert(row);
    }
  }
  for (int parallelism : {1, 2, 3, 8}) {
    Bag read, read_some;
    for (int subtask = 0; subtask < parallelism; ++subtask) {
      auto reader = Get(state.Read("node", subtask, parallelism, TestPool()));
      Bag mine = BagOf(Get(reader->Read("t", RowSchema())));
      for (const auto& row : mine)
        EXPECT_EQ(SubtaskOfHash(HashOf(row.first), parallelism), subtask);
      read.insert(mine.begin(), mine.end());
      mine = BagOf(Get(reader->Read("m", RowSchema())));
      read_some.insert(mine.begin(), mine.end());
      EXPECT_EQ(BagOf(Get(reader->Read("all", RowSchema()))), everywhere);
      EXPECT_TRUE(Get(reader->Read("none", RowSchema())).empty());
    }
    EXPECT_EQ(read, all);
    EXPECT_EQ(read_some, some);
  }
}

// No object that a record reaches is missing, and there is none besides.
void Audit(ObjectStore& objects) {
  size_t records = Get(objects.List("epochs/")).size();
  size_t manifests = Get(objects.List("manifests/")).size();
  EXPECT_LE(manifests, records);
  EXPECT_GE(manifests, 1u);
}

TEST(CheckpointStorage, ChainsAndRescaling) {
  for (int parallelism : {1, 2, 3, 8}) {
    Fixture fixture;
    auto storage = fixture.Open();
    EXPECT_EQ(Get(storage->Newest()), nullptr);
    ASSERT_TRUE(storage->BeginGeneration(GenerationStart::kContinue).ok());
    std::mt19937_64 random(static_cast<uint64_t>(parallelism));
    std::vector<ModelWriter> writers;
    for (int i = 0; i < parallelism; ++i) writers.emplace_back(i, parallelism);
    int incremental = 0;
    for (int round = 0; round < 25; ++round) {
      for (ModelWriter& writer : writers) writer.Change(random, round == 0 ? 600 : 20);
      incremental += storage->MayBeIncremental({"node", 0, parallelism}) ? 1 : 0;
      ASSERT_TRUE(SaveEpoch(*storage, writers).ok());
      ASSERT_TRUE(storage->DropOld().ok());
      auto other = fixture.Open();
      auto state = Get(other->Newest());
      EXPECT_EQ(state->epoch(), storage->next_epoch() - 1);
      EXPECT_EQ(state->Watermark("node"), 100);
      ExpectState(*state, writers);
      Audit(fixture.memory);
    }
    EXPECT_GT(incremental, 10);
    EXPECT_LT(incremental, 25);
    EXPECT_EQ(Get(fixture.memory.List("manifests/")).size(), 1u);
    EXPECT_EQ(Get(fixture.memory.List("epochs/")).size(), 1u);
  }
}

TEST(CheckpointStorage, AnEpochGivenUpBreaksChains) {
  Fixture fixture;
  auto storage = fixture.Open();
  ASSERT_TRUE(storage->BeginGeneration(GenerationStart::kContinue).ok());
  std::mt19937_64 random(5);
  std::vector<ModelWriter> writers = {{0, 2}, {1, 2}};
  for (int round = 0; round < 12; ++round) {
    for (ModelWriter& writer : writers) writer.Change(random, 100);
    if (round % 3 == 1) {
      auto epoch = Get(storage->BeginEpoch(EpochKind::kCheckpoint));
      EXPECT_FALSE(storage->BeginEpoch(EpochKind::kCheckpoint).ok());
      ASSERT_TRUE(
          epoch->Add({"node", 0, 2}, *writers[0].Save(storage->MayBeIncremental({"node", 0, 2})))
              .ok());
      epoch.reset();
      EXPECT_FALSE(storage->MayBeIncremental({"node", 0, 2}));
      EXPECT_FALSE(storage->MayBeIncremental({"node", 1, 2}));
    }
    ASSERT_TRUE(SaveEpoch(*storage, writers).ok());
    ExpectState(*Get(fixture.Open()->Newest()), writers);
  }
  ASSERT_TRUE(storage->DropOld().ok());
  ExpectState(*Get(fixture.Open()->Newest()), writers);
  Audit(fixture.memory);
}

TEST(CheckpointStorage, FactsKindsAndFinishedNodes) {
  Fixture fixture;
  auto storage = fixture.Open();
  ASSERT_TRUE(storage->BeginGeneration(GenerationStart::kContinue).ok());
  EpochFacts facts;
  facts.sources["s"] = std::string("\xff\x00 any bytes", 12);
  facts.sinks["k"] = {{"a", "b\xfe"}, {"part-1:100"}};
  facts.node_names["node"] = "GroupAggregate(k)";
  facts.node_names["stateless"] = "Calc";
  auto epoch = Get(storage->BeginEpoch(EpochKind::kFinal));
  ASSERT_TRUE(epoch->AddFinished({"node", 0, 1}).ok());
  EXPECT_FALSE(epoch->AddFinished({"node", 0, 1}).ok());
  ASSERT_TRUE(epoch->Commit(facts).ok());
  EXPECT_GT(epoch->bytes_written(), 0);
  auto state = Get(fixture.Open()->Newest());
  EXPECT_EQ(state->kind(), EpochKind::kFinal);
  EXPECT_TRUE(state->IsFinished("node"));
  EXPECT_FALSE(state->IsFinished("other"));
  EXPECT_EQ(state->Nodes(), std::set<std::string>{"node"});
  EXPECT_EQ(state->facts().sources, facts.sources);
  EXPECT_EQ(state->facts().sinks.at("k").committables, facts.sinks["k"].committables);
  EXPECT_EQ(state->facts().sinks.at("k").in_progress, facts.sinks["k"].in_progress);
  EXPECT_EQ(state->facts().node_names, facts.node_names);
  EXPECT_EQ(state->Watermark("other"), std::nullopt);
}

TEST(CheckpointStorage, AnOlderProcessIsFenced) {
  for (bool fence_is_dropped : {false, true}) {
    Fixture fixture;
    auto old = fixture.Open();
    ASSERT_TRUE(old->BeginGeneration(GenerationStart::kContinue).ok());
    std::mt19937_64 random(7);
    std::vector<ModelWriter> writers = {{0, 1}};
    writers[0].Change(random, 300);
    ASSERT_TRUE(SaveEpoch(*old, writers).ok());
    std::vector<ModelWriter> zombies = writers;

    auto next = fixture.Open();
    ExpectState(*Get(next->Newest()), writers);
    ASSERT_TRUE(next->BeginGeneration(GenerationStart::kContinue).ok());
    // The old process's epoch serves until there is a newer one.
    ASSERT_TRUE(next->DropOld().ok());
    ExpectState(*Get(fixture.Open()->Newest()), writers);
    EXPECT_FALSE(next->MayBeIncremental({"node", 0, 1}));
    for (int i = 0; i < (fence_is_dropped ? 3 : 0); ++i) {
      writers[0].Change(random, 50);
      ASSERT_TRUE(SaveEpoch(*next, writers).ok());
      ASSERT_TRUE(next->DropOld().ok());
    }
    zombies[0].Change(random, 100);
    Status status = SaveEpoch(*old, zombies);
    EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kFenced) << status.ToString();
    EXPECT_EQ(GetErrorInfo(old->DropOld()).code, ErrorCode::kFenced);
    EXPECT_EQ(GetErrorInfo(old->BeginEpoch(EpochKind::kCheckpoint).status()).code,
              ErrorCode::kFenced);
    ExpectState(*Get(fixture.Open()->Newest()), writers);
    writers[0].Change(random, 50);
    ASSERT_TRUE(SaveEpoch(*next, writers).ok());
    ASSERT_TRUE(next->DropOld().ok());
    ExpectState(*Get(fixture.Open()->Newest()), writers);
    EXPECT_EQ(Get(fixture.memory.List("epochs/")).size(), 1u);
    EXPECT_EQ(Get(fixture.memory.List("manifests/")).size(), 1u);
  }
}

TEST(CheckpointStorage, AStartThatWasOvertakenReadsAgain) {
  Fixture fixture;
  auto old = fixture.Open();
  ASSERT_TRUE(old->BeginGeneration(GenerationStart::kContinue).ok());
  auto next = fixture.Open();
  EXPECT_EQ(Get(next->Newest()), nullptr);
  std::vector<ModelWriter> writers = {{0, 1}};
  ASSERT_TRUE(SaveEpoch(*old, writers).ok());
  EXPECT_EQ(GetErrorInfo(next->BeginGeneration(GenerationStart::kContinue)).code,
            ErrorCode::kUnavailable);
  EXPECT_EQ(Get(next->Newest())->epoch(), 2);
  ASSERT_TRUE(next->BeginGeneration(GenerationStart::kContinue).ok());
  ASSERT_TRUE(SaveEpoch(*next, writers).ok());
}

TEST(CheckpointStorage, StartingAfresh) {
  Fixture fixture;
  std::vector<ModelWriter> writers = {{0, 1}};
  std::mt19937_64 random(8);
  writers[0].Change(random, 50);
  {
    auto old = fixture.Open();
    ASSERT_TRUE(old->BeginGeneration(GenerationStart::kContinue).ok());
    ASSERT_TRUE(SaveEpoch(*old, writers).ok());
  }
  auto fresh = fixture.Open();
  ASSERT_TRUE(fresh->BeginGeneration(GenerationStart::kAfresh).ok());
  EXPECT_EQ(Get(fixture.Open()->Newest()), nullptr);
  ASSERT_TRUE(fresh->DropOld().ok());
  EXPECT_EQ(Get(fixture.memory.List("manifests/")).size(), 1u);
  writers[0].Change(random, 50);
  ASSERT_TRUE(SaveEpoch(*fresh, writers).ok());
  ExpectState(*Get(fixture.Open()->Newest()), writers);
  ASSERT_TRUE(fresh->DropOld().ok());
  EXPECT_EQ(Get(fixture.memory.List("manifests/")).size(), 1u);
  ExpectState(*Get(fixture.Open()->Newest()), writers);
}

TEST(CheckpointStorage, RetainsAsManyAsAsked) {
  Fixture fixture;
  CheckpointStorageConfig config = fixture.Config();
  config.retained_epochs = 3;
  std::mt19937_64 random(9);
  std::vector<ModelWriter> writers = {{0, 1}};
  for (int start = 0; start < 3; ++start) {
    auto storage = Get(CheckpointStorage::Open(config));
    ASSERT_TRUE(storage->BeginGeneration(GenerationStart::kContinue).ok());
    for (int i = 0; i < 2; ++i) {
      writers[0].Change(random, 50);
      ASSERT_TRUE(SaveEpoch(*storage, writers).ok());
      ASSERT_TRUE(storage->DropOld().ok());
    }
  }
  EXPECT_EQ(Get(fixture.memory.List("manifests/")).size(), 3u);
  ExpectState(*Get(fixture.Open()->Newest()), writers);
}

// Every object is damaged in turn at every byte: an error, or the rows as they were.
TEST(CheckpointStorage, DamageIsNeverBelieved) {
  Fixture fixture;
  auto storage = fixture.Open();
  ASSERT_TRUE(storage->BeginGeneration(GenerationStart::kContinue).ok());
  std::mt19937_64 random(10);
  std::vector<ModelWriter> writers = {{0, 1}};
  for (int i = 0; i < 3; ++i) {
    writers[0].Change(random, i == 0 ? 30 : 3);
    ASSERT_TRUE(SaveEpoch(*storage, writers).ok());
  }
  ASSERT_TRUE(storage->DropOld().ok());
  auto read = [&]() -> Result<Bag> {
    WEIR_ASSIGN_OR_RETURN(auto reopened, CheckpointStorage::Open(fixture.Config()));
    WEIR_ASSIGN_OR_RETURN(auto state, reopened->Newest());
    if (state == nullptr) return Internal("nothing there");
    Bag bag;
    for (const char* table : {"t", "m", "all"}) {
      WEIR_ASSIGN_OR_RETURN(auto reader, state->Read("node", 0, 1, TestPool()));
      WEIR_ASSIGN_OR_RETURN(auto batches, reader->Read(table, RowSchema()));
      bag.merge(BagOf(batches));
    }
    return bag;
  };
  Bag good = Get(read());
  int errors = 0;
  for (const std::string& key : Get(fixture.memory.List(""))) {
    std::string bytes = Get(fixture.memory.Get(key));
    auto check = [&](std::string_view bad) {
      ASSERT_TRUE(fixture.memory.Put(key, bad).ok());
      Result<Bag> bag = read();
      if (bag.ok()) {
        EXPECT_EQ(*bag, good) << key;
      } else {
        ++errors;
        EXPECT_NE(GetErrorInfo(bag.status()).code, ErrorCode::kInternal) << bag.status().ToString();
      }
    };
    for (size_t i = 0; i < bytes.size(); ++i) {
      std::string bad = bytes;
      bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
      check(bad);
      check(std::string_view(bytes).substr(0, i));
    }
    ASSERT_TRUE(fixture.memory.Delete(key).ok());
    // Without its only record the log is empty; everything else is missed.
    EXPECT_FALSE(read().ok()) << key;
    ASSERT_TRUE(fixture.memory.Put(key, bytes).ok());
  }
  EXPECT_GT(errors, 1000);
}

// Answers of the k-th call are lost: either before the store has acted or after.
class UnreliableStore : public ObjectStore {
 public:
  explicit UnreliableStore(ObjectStore* store) : store_(store) {}
  Result<std::string> Get(const std::string& key) override { return store_->Get(key); }
  Status Put(const std::string& key, std::string_view bytes) override {
    if (Fails()) return after_ ? Lose(store_->Put(key, bytes)) : Lost();
    return store_->Put(key, bytes);
  }
  Result<bool> PutIfAbsent(const std::string& key, std::string_view bytes) override {
    if (Fails()) {
      if (after_) (void)store_->PutIfAbsent(key, bytes);
      return Lost();
    }
    return store_->PutIfAbsent(key, bytes);
  }
  Result<std::vector<std::string>> List(const std::string& prefix) override {
    if (Fails()) return Lost();
    return store_->List(prefix);
  }
  Status Delete(const std::string& key) override {
    if (Fails()) return after_ ? Lose(store_->Delete(key)) : Lost();
    return store_->Delete(key);
  }
  void FailAt(int call, int times, bool after) {
    call_ = 0;
    first_ = call;
    times_ = times;
    after_ = after;
  }
  int calls() const { return call_; }

 private:
  bool Fails() {
    ++call_;
    return call_ > first_ && call_ <= first_ + times_;
  }
  static Status Lost() { return Unavailable("the connection was reset"); }
  static Status Lose(const Status&) { return Lost(); }
  ObjectStore* store_;
  int call_ = 0, first_ = 0, times_ = 0;
  bool after_ = false;
};

TEST(CheckpointStorage, LostAnswers) {
  for (bool after : {false, true}) {
    for (int times : {1, 7}) {
      for (int call = 0; call < 24; ++call) {
        Fixture fixture;
        UnreliableStore store(&fixture.memory);
        fixture.objects = &store;
        store.FailAt(call, times, after);
        std::mt19937_64 random(static_cast<uint64_t>(call));
        std::vector<ModelWriter> writers = {{0, 1}};
        auto storage = CheckpointStorage::Open(fixture.Config());
        for (int i = 0; i < 10 && !storage.ok(); ++i)
          storage = CheckpointStorage::Open(fixture.Config());
        for (int i = 0; !(*storage)->BeginGeneration(GenerationStart::kContinue).ok(); ++i)
          ASSERT_LT(i, 10);
        for (int round = 0; round < 4; ++round) {
          writers[0].Change(random, 40);
          for (int i = 0; !SaveEpoch(**storage, writers).ok(); ++i) ASSERT_LT(i, 10);
          (void)(*storage)->DropOld();
        }
        for (int i = 0; !(*storage)->DropOld().ok(); ++i) ASSERT_LT(i, 10);
        fixture.objects = &fixture.memory;
        ExpectState(*Get(fixture.Open()->Newest()), writers);
        EXPECT_EQ(Get(fixture.memory.List("epochs/")).size(), 1u);
        EXPECT_EQ(Get(fixture.memory.List("manifests/")).size(), 1u);
      }
    }
  }
}

TEST(CheckpointStorage, SavepointsStandAlone) {
  Fixture fixture;
  MemoryObjectStore elsewhere;
  auto storage = fixture.Open();
  ASSERT_TRUE(storage->BeginGeneration(GenerationStart::kContinue).ok());
  std::mt19937_64 random(11);
  std::vector<ModelWriter> writers = {{0, 2}, {1, 2}};
  for (ModelWriter& writer : writers) writer.Change(random, 200);
  ASSERT_TRUE(SaveEpoch(*storage, writers).ok());
  EXPECT_TRUE(storage->MayBeIncremental({"node", 0, 2}));
  auto savepoint = Get(storage->BeginSavepoint(&elsewhere));
  EXPECT_FALSE(savepoint->Add({"node", 0, 2}, SubtaskSnapshot(1, true)).ok());
  for (int i = 0; i < 2; ++i)
    ASSERT_TRUE(savepoint->Add({"node", i, 2}, *writers[static_cast<size_t>(i)].Save(false)).ok());
  EXPECT_FALSE(OpenSavepoint(&elsewhere).ok());
  ASSERT_TRUE(savepoint->Commit({}).ok());
  EXPECT_FALSE(storage->MayBeIncremental({"node", 0, 2}));
  EXPECT_FALSE(storage->BeginSavepoint(&elsewhere).ok());
  ExpectState(*Get(OpenSavepoint(&elsewhere)), writers);
  EXPECT_EQ(Get(OpenSavepoint(&elsewhere))->kind(), EpochKind::kSavepoint);
  ExpectState(*Get(OpenSavepoint(&fixture.memory)), writers);
  ASSERT_TRUE(elsewhere.Put("epochs/0000000001", "x").ok());
  ExpectState(*Get(OpenSavepoint(&elsewhere)), writers);
  MemoryObjectStore nothing;
  EXPECT_EQ(GetErrorInfo(OpenSavepoint(&nothing).status()).code, ErrorCode::kInvalidData);
}

TEST(CheckpointStorage, ASchemaThatDoesNotFitIsNamed) {
  Fixture fixture;
  auto storage = fixture.Open();
  ASSERT_TRUE(storage->BeginGeneration(GenerationStart::kContinue).ok());
  std::vector<ModelWriter> writers = {{0, 1}};
  std::mt19937_64 random(12);
  writers[0].Change(random, 50);
  EpochFacts facts;
  facts.node_names["node"] = "GroupAggregate(k)";
  ASSERT_TRUE(SaveEpoch(*storage, writers, facts).ok());
  auto state = Get(fixture.Open()->Newest());
  auto reader = Get(state->Read("node", 0, 1, TestPool()));
  Schema other = RowSchema();
  other.fields[0].type = DataType::String();
  Status status = reader->Read("t", other).status();
  EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kInvalidQuery);
  EXPECT_EQ(status.message(),
            "column 'k0' of state 't' of GroupAggregate(k) was saved as BIGINT NOT NULL, and the "
            "query now needs 'k0' of type STRING");
  other = RowSchema();
  other.fields[0].type = DataType::BigInt();
  EXPECT_TRUE(reader->Read("t", other).ok());
  other.fields.pop_back();
  EXPECT_FALSE(reader->Read("t", other).ok());
}

TEST(CheckpointStorage, ANewerFormatIsRefusedByName) {
  MemoryObjectStore objects;
  ASSERT_TRUE(objects.Put("manifest.json", R"({"checksum":"?","content":{"version":2}})").ok());
  Status status = OpenSavepoint(&objects).status();
  EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kUnsupported) << status.ToString();
  EXPECT_NE(status.message().find("format version 2"), std::string::npos);
}

// A savepoint of each format version stays in the tree and can be read for ever. (With
// WEIR_UPDATE_EXPECTED=1 that of the present version is written anew.)
TEST(CheckpointStorage, GoldenSavepoints) {
  FileSystem* files = RealEnvironment().files;
  std::string folder = std::string(__FILE__);
  folder = folder.substr(0, folder.find_last_of('/')) + "/golden_savepoints/v1";
  Fixture fixture;
  LocalObjectStore objects(files, &fixture.random, folder);
  Schema schema;
  for (const std::string& type : TestTypes()) schema.fields.push_back({type, TypeOf(type)});
  if (std::getenv("WEIR_UPDATE_EXPECTED") != nullptr) {
    ASSERT_TRUE(files->DeleteTree(folder).ok());
    std::mt19937_64 random(20);
    SubtaskSnapshot snapshot(1, false);
    Batch rows;
    rows.num_rows = 5;
    std::vector<uint64_t> hashes;
    for (int i = 0; i < 5; ++i) hashes.push_back(HashOf(i));
    for (const Field& field : schema.fields)
      rows.columns.push_back(RandomFlat(field.type, rows.num_rows, random));
    ASSERT_TRUE(snapshot.WriteSlots("all types", schema, rows, hashes, {{0, 1, 2, 5, 9}}).ok());
    auto storage = fixture.Open();
    ASSERT_TRUE(storage->BeginGeneration(GenerationStart::kContinue).ok());
    auto savepoint = Get(storage->BeginSavepoint(&objects));
    ASSERT_TRUE(savepoint->Add({"node", 0, 1}, snapshot).ok());
    EpochFacts facts;
    facts.node_names["node"] = "Golden";
    facts.sources["source"] = "splits";
    facts.sinks["sink"] = {{"committed"}, {"begun:5"}};
    ASSERT_TRUE(savepoint->Commit(facts).ok());
    std::string text;
    for (const ColumnPtr& column : rows.columns) text += RowsText(*column) + "\n";
    ASSERT_TRUE(objects.Put("rows.txt", text).ok());
  }
  auto state = Get(OpenSavepoint(&objects));
  EXPECT_EQ(state->facts().sources.at("source"), "splits");
  EXPECT_EQ(state->facts().sinks.at("sink").in_progress, std::vector<std::string>{"begun:5"});
  std::string text;
  auto reader = Get(state->Read("node", 0, 1, TestPool()));
  std::vector<Batch> batches = Get(reader->Read("all types", schema));
  ASSERT_EQ(batches.size(), 1u);
  for (const ColumnPtr& column : batches[0].columns) text += RowsText(*column) + "\n";
  EXPECT_EQ(text, Get(objects.Get("rows.txt")));
}

TEST(LocalObjectStore, KeepsObjectsInFiles) {
  TestRandom random(3);
  FileSystem* files = RealEnvironment().files;
  std::string root = testing::TempDir() + "/weir_local_object_store";
  ASSERT_TRUE(files->DeleteTree(root).ok());
  LocalObjectStore store(files, &random, root);
  EXPECT_TRUE(Get(store.List("")).empty());
  EXPECT_TRUE(Get(store.PutIfAbsent("a/b/c", "1")));
  EXPECT_FALSE(Get(store.PutIfAbsent("a/b/c", "2")));
  EXPECT_EQ(Get(store.Get("a/b/c")), "1");
  ASSERT_TRUE(store.Put("a/b/c", "345").ok());
  ASSERT_TRUE(store.Put("a/d", "").ok());
  ASSERT_TRUE(store.Put("b", "x").ok());
  EXPECT_EQ(Get(store.Get("a/b/c")), "345");
  EXPECT_EQ(Get(store.GetRange("a/b/c", 1, 2)), "45");
  EXPECT_EQ(GetErrorInfo(store.GetRange("a/b/c", 2, 2).status()).code, ErrorCode::kCorruption);
  EXPECT_EQ(Get(store.List("")), (std::vector<std::string>{"a/b/c", "a/d", "b"}));
  EXPECT_EQ(Get(store.List("a/")), (std::vector<std::string>{"a/b/c", "a/d"}));
  EXPECT_EQ(Get(store.List("a/b/c")), (std::vector<std::string>{"a/b/c"}));
  auto left = Get(files->OpenForWrite(root + "/a/.weir-dead-1"));
  ASSERT_TRUE(left->Close().ok());
  EXPECT_EQ(Get(store.List("a/")), (std::vector<std::string>{"a/b/c", "a/d"}));
  ASSERT_TRUE(store.RemoveTemporaries().ok());
  EXPECT_FALSE(files->Exists(root + "/a/.weir-dead-1"));
  ASSERT_TRUE(store.Delete("a/d").ok());
  ASSERT_TRUE(store.Delete("a/d").ok());
  EXPECT_EQ(GetErrorInfo(store.Get("a/d").status()).code, ErrorCode::kInvalidData);
  for (const char* key : {"", "/a", "a/", "a//b", "..", "a/../b", ".", ".weir-x", "a/.weir-x"})
    EXPECT_FALSE(store.Put(key, "x").ok()) << key;
  ASSERT_TRUE(files->DeleteTree(root).ok());
}

}  // namespace
}  // namespace weir

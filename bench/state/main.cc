// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Keyed read-modify-write in memory, Weir's keyed table beside RocksDB, and what a checkpoint costs
// as the share of changed keys falls. One JSON object a line; bench/state/run.py prints the table.
//
//   weir-state-bench rmw integers|strings    seconds a million updates: ours, RocksDB's
//   weir-state-bench checkpoint DIR          bytes and seconds of epochs with 100, 10, 1 % dirty
//
// RocksDB is tuned as an embedded state backend is: no WAL, big memtables, bloom filters, 16 KiB
// blocks in a cache that holds everything, MultiGet and WriteBatch of 1,024 keys.
#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "weir/checkpoint/checkpoint_storage.h"
#include "weir/runtime/checkpoint_options.h"
#include "weir/state/keyed_table.h"
#include "weir/store/local_object_store.h"

namespace weir {
namespace {

constexpr int64_t kIntegerKeys = 4'000'000;
constexpr int64_t kStringKeys = 1'000'000;
constexpr int64_t kBatchRows = 4096;
constexpr int64_t kRocksBatchRows = 1024;

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string KeyText(int64_t number) { return fmt::format("customer-{:010}", number * 7919); }

void Die(const Status& status) {
  if (status.ok()) return;
  (void)std::fprintf(stderr, "weir-state-bench: %s\n", status.ToString().c_str());
  std::exit(1);
}

/// A batch of keys: row i is the key with number numbers[i].
Result<ColumnPtr> KeyColumn(bool strings, const std::vector<int64_t>& numbers,
                            arrow::MemoryPool* pool) {
  Schema schema;
  schema.fields.push_back({"k", strings ? DataType::String() : DataType::BigInt()});
  BatchBuilder builder(schema, pool);
  for (int64_t number : numbers) {
    Value value = strings ? Value::String(KeyText(number)) : Value::Int(number);
    WEIR_RETURN_NOT_OK(builder.AppendRow({value}));
  }
  WEIR_ASSIGN_OR_RETURN(Batch batch, builder.Finish());
  return batch.columns[0];
}

/// Count and sum by key: what an aggregate keeps.
class CountedTable {
 public:
  CountedTable(bool strings, arrow::MemoryPool* pool)
      : table_({strings ? DataType::String() : DataType::BigInt()}, pool),
        counts_(pool),
        sums_(pool),
        pool_(pool) {}
  Status Update(const ColumnPtr& keys) {
    ColumnVector columns = {keys};
    slots_.resize(static_cast<size_t>(keys->length));
    WEIR_RETURN_NOT_OK(HashKeys(columns, keys->length, &hashes_));
    WEIR_RETURN_NOT_OK(table_.FindOrInsert(columns, hashes_, slots_.data(), nullptr));
    WEIR_RETURN_NOT_OK(counts_.Resize(table_.num_slots()));
    WEIR_RETURN_NOT_OK(sums_.Resize(table_.num_slots()));
    for (uint32_t slot : slots_) {
      counts_[slot] += 1;
      sums_[slot] += 3;
    }
    return Status::OK();
  }
  int64_t Total() const {
    int64_t total = 0;
    for (int64_t i = 0; i < counts_.size(); ++i) total += counts_[i];
    return total;
  }
  Status Save(SnapshotWriter& snapshot) {
    Schema schema;
    schema.fields.push_back({"k", DataType::BigInt()});
    schema.fields.push_back({"count", DataType::BigInt()});
    schema.fields.push_back({"sum", DataType::BigInt()});
    auto columns_of = [this](std::span<const uint32_t> slots) -> Result<ColumnVector> {
      WEIR_ASSIGN_OR_RETURN(ColumnVector columns, table_.Keys(slots));
      WEIR_ASSIGN_OR_RETURN(ColumnPtr counts, NumbersOf(counts_, slots, pool_));
      WEIR_ASSIGN_OR_RETURN(ColumnPtr sums, NumbersOf(sums_, slots, pool_));
      columns.push_back(std::move(counts));
      columns.push_back(std::move(sums));
      return columns;
    };
    return table_.Save(snapshot, {"table", schema, columns_of, {0}});
  }

 private:
  KeyedTable table_;
  PoolVector<int64_t> counts_, sums_;
  arrow::MemoryPool* pool_;
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> slots_;
};

std::vector<int64_t> RandomNumbers(std::mt19937_64& random, int64_t count, int64_t keys) {
  std::vector<int64_t> numbers(static_cast<size_t>(count));
  for (int64_t& number : numbers)
    number = static_cast<int64_t>(random() % static_cast<uint64_t>(keys));
  return numbers;
}

/// Nanoseconds of CPU an update, over a table that holds all keys.
double MeasureWeir(bool strings) {
  arrow::MemoryPool* pool = arrow::default_memory_pool();
  const int64_t keys = strings ? kStringKeys : kIntegerKeys;
  CountedTable table(strings, pool);
  std::vector<int64_t> numbers(kBatchRows);
  for (int64_t first = 0; first < keys; first += kBatchRows) {
    numbers.resize(static_cast<size_t>(std::min(kBatchRows, keys - first)));
    for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = first + static_cast<int64_t>(i);
    Die(table.Update(KeyColumn(strings, numbers, pool).ValueOrDie()));
  }
  std::mt19937_64 random(1);
  std::vector<ColumnPtr> batches;  // Made before: what is measured is the table.
  for (int i = 0; i < 1000; ++i)
    batches.push_back(
        KeyColumn(strings, RandomNumbers(random, kBatchRows, keys), pool).ValueOrDie());
  double start = CpuSeconds();
  int64_t updates = 0;
  while (updates < 8'000'000) {
    for (const ColumnPtr& batch : batches) Die(table.Update(batch));
    updates += static_cast<int64_t>(batches.size()) * kBatchRows;
  }
  double seconds = CpuSeconds() - start;
  if (table.Total() != keys + updates) Die(Internal("updates were lost"));
  return seconds / static_cast<double>(updates) * 1e9;
}

double MeasureRocks(bool strings, const std::string& directory) {
  std::filesystem::remove_all(directory);
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = 256 << 20;
  options.max_write_buffer_number = 4;
  options.max_background_jobs = 2;
  options.level_compaction_dynamic_level_bytes = true;
  rocksdb::BlockBasedTableOptions blocks;
  blocks.block_cache = rocksdb::NewLRUCache(size_t{4} << 30);
  blocks.block_size = 16 << 10;
  blocks.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  blocks.cache_index_and_filter_blocks = false;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(blocks));
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(options, directory, &opened);
  if (!status.ok()) Die(Internal("RocksDB: {}", status.ToString()));
  std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::WriteOptions write;
  write.disableWAL = true;
  const int64_t keys = strings ? kStringKeys : kIntegerKeys;
  auto key_of = [&](int64_t number) {
    if (strings) return KeyText(number);
    std::string key(8, '\0');
    for (int i = 0; i < 8; ++i)
      key[static_cast<size_t>(i)] = static_cast<char>(number >> (56 - 8 * i));
    return key;
  };
  auto run = [&](const std::vector<std::string>& names) {
    std::vector<rocksdb::Slice> slices(names.begin(), names.end());
    std::vector<rocksdb::PinnableSlice> values(names.size());
    std::vector<rocksdb::Status> found(names.size());
    db->MultiGet({}, db->DefaultColumnFamily(), slices.size(), slices.data(), values.data(),
                 found.data());
    rocksdb::WriteBatch batch;
    for (size_t i = 0; i < names.size(); ++i) {
      int64_t state[2] = {0, 0};
      if (found[i].ok()) std::memcpy(state, values[i].data(), sizeof(state));
      state[0] += 1;
      state[1] += 3;
      batch.Put(slices[i], rocksdb::Slice(reinterpret_cast<char*>(state), sizeof(state)));
    }
    if (!db->Write(write, &batch).ok()) Die(Internal("RocksDB cannot write"));
  };
  std::vector<std::string> names;
  for (int64_t number = 0; number < keys; ++number) {
    names.push_back(key_of(number));
    if (static_cast<int64_t>(names.size()) < kRocksBatchRows && number + 1 < keys) continue;
    run(names);
    names.clear();
  }
  std::mt19937_64 random(1);
  std::vector<std::vector<std::string>> batches;
  for (int i = 0; i < 500; ++i) {
    for (int64_t number : RandomNumbers(random, kRocksBatchRows, keys))
      names.push_back(key_of(number));
    batches.push_back(std::exchange(names, {}));
  }
  double start = CpuSeconds();
  for (const auto& batch : batches) run(batch);
  double seconds = CpuSeconds() - start;
  db.reset();
  std::filesystem::remove_all(directory);
  return seconds / static_cast<double>(500 * kRocksBatchRows) * 1e9;
}

/// Epochs of one table of four million keys with falling shares of changed keys.
void MeasureCheckpoints(const std::string& directory) {
  arrow::MemoryPool* pool = arrow::default_memory_pool();
  const Environment& environment = RealEnvironment();
  std::filesystem::remove_all(directory);
  LocalObjectStore objects(environment.files, environment.random, directory);
  CheckpointStorageConfig config;
  config.objects = &objects;
  config.clock = environment.clock;
  config.random = environment.random;
  auto storage = CheckpointStorage::Open(config).ValueOrDie();
  Die(storage->BeginGeneration(GenerationStart::kAfresh));
  CountedTable table(false, pool);
  auto touch = [&](int64_t count) {
    std::vector<int64_t> numbers;
    for (int64_t first = 0; first < count; first += kBatchRows) {
      numbers.clear();
      for (int64_t i = first; i < std::min(count, first + kBatchRows); ++i)
        numbers.push_back(i * (kIntegerKeys / count) % kIntegerKeys);
      Die(table.Update(KeyColumn(false, numbers, pool).ValueOrDie()));
    }
  };
  const StateWriter writer{"bench", 0, 1};
  auto epoch = [&](std::string_view name) {
    int64_t begin = environment.clock->MonotonicMicros();
    auto writing = storage->BeginEpoch(EpochKind::kCheckpoint).ValueOrDie();
    SubtaskSnapshot snapshot(writing->epoch(), storage->MayBeIncremental(writer));
    Die(table.Save(snapshot));
    int64_t saved = environment.clock->MonotonicMicros();
    int64_t step_max = 0;
    for (int64_t before = saved; !snapshot.is_complete();) {
      Die(snapshot.Continue(CheckpointOptions().rows_per_step));
      int64_t after = environment.clock->MonotonicMicros();
      step_max = std::max(step_max, after - before);
      before = after;
    }
    Die(writing->Add(writer, snapshot));
    Die(writing->Commit({}));
    int64_t end = environment.clock->MonotonicMicros();
    (void)std::printf(
        "{\"bench\":\"checkpoint\",\"dirty\":\"%s\",\"stop_millis\":%.2f,\"step_millis\":%.2f,"
        "\"millis\":%.2f,"
        "\"bytes\":%lld}\n",
        std::string(name).c_str(), static_cast<double>(saved - begin) / 1e3,
        static_cast<double>(step_max) / 1e3, static_cast<double>(end - begin) / 1e3,
        static_cast<long long>(writing->bytes_written()));
    Die(storage->DropOld());
  };
  touch(kIntegerKeys);
  epoch("100 % (first)");
  touch(kIntegerKeys / 10);
  epoch("10 %");
  touch(kIntegerKeys / 100);
  epoch("1 %");
  touch(kIntegerKeys / 1000);
  epoch("0.1 %");
  std::filesystem::remove_all(directory);
}

int Main(int argc, char** argv) {
  std::string_view what = argc > 1 ? argv[1] : "";
  std::string second = argc > 2 ? argv[2] : "";
  if (what == "rmw" && (second == "integers" || second == "strings") && argc == 4) {
    bool strings = second == "strings";
    double ours = MeasureWeir(strings);
    double rocks = MeasureRocks(strings, argv[3]);
    (void)std::printf(
        "{\"bench\":\"rmw\",\"keys\":\"%s\",\"weir_ns\":%.1f,\"rocksdb_ns\":%.1f,\"ratio\":%.1f}\n",
        second.c_str(), ours, rocks, rocks / ours);
    return 0;
  }
  if (what == "checkpoint" && argc == 3) {
    MeasureCheckpoints(second);
    return 0;
  }
  (void)std::fputs("usage: weir-state-bench rmw integers|strings DIR | checkpoint DIR\n", stderr);
  return 2;
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::Main(argc, argv); }

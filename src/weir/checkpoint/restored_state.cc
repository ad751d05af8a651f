// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/checkpoint/restored_state.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <utility>

#include "weir/checkpoint/section.h"
#include "weir/state/batchwise_reader.h"

namespace weir {
namespace {

constexpr int64_t kCacheBytesMax = 256 << 20;

using Rows = std::shared_ptr<const std::vector<SectionRows>>;

Status MissingToCorruption(const Status& status, const std::string& key,
                           std::string_view named_by) {
  if (GetErrorInfo(status).code != ErrorCode::kInvalidData) return status;
  return Corruption("object '{}', which {} names, cannot be read: {}", key, named_by,
                    status.message());
}

Result<Rows> LoadSection(ObjectStore& objects, const SectionPlace& place, const Schema& schema,
                         arrow::MemoryPool* pool) {
  Result<std::string> bytes = objects.GetRange(place.object, place.offset, place.length);
  if (!bytes.ok()) return MissingToCorruption(bytes.status(), place.object, "a manifest");
  uint64_t checksum = 0;
  if (bytes->size() >= sizeof(checksum))
    std::memcpy(&checksum, bytes->data() + bytes->size() - sizeof(checksum), sizeof(checksum));
  if (static_cast<int64_t>(bytes->size()) != place.length || checksum != place.checksum) {
    return Corruption("object '{}' is damaged at {}: it is not the section that its manifest names",
                      place.object, place.offset);
  }
  WEIR_ASSIGN_OR_RETURN(std::vector<SectionRows> rows,
                        DecodeSection(*bytes, schema, place.object, place.offset, pool));
  int64_t num_rows = 0;
  for (const SectionRows& part : rows) num_rows += part.rows.num_rows;
  if (num_rows != place.rows) {
    return Corruption("object '{}' is damaged at {}: it has {} rows instead of {}", place.object,
                      place.offset, num_rows, place.rows);
  }
  return std::make_shared<const std::vector<SectionRows>>(std::move(rows));
}

int64_t RowsBytes(const std::vector<SectionRows>& parts) {
  int64_t bytes = 0;
  for (const SectionRows& part : parts) {
    bytes += BatchBytes(part.rows);
    bytes += static_cast<int64_t>(
        4 * (part.hash_prefixes.size() + part.slots.size() + part.erased.size()));
  }
  return bytes;
}

// Decoded sections, the least recently used of which go first. Threads: any.
class SectionCache {
 public:
  Result<Rows> Get(ObjectStore& objects, const SectionPlace& place, const Schema& schema) {
    std::shared_ptr<Entry> entry = EntryOf(place);
    // Others that want this section wait here while it is loaded.
    std::lock_guard<std::mutex> loading(entry->mutex);
    if (entry->rows != nullptr) return entry->rows;
    // Entries are shared by subtasks, whose pools may go before: they belong to nobody's.
    WEIR_ASSIGN_OR_RETURN(Rows rows,
                          LoadSection(objects, place, schema, arrow::default_memory_pool()));
    entry->rows = rows;
    Account(place, entry, RowsBytes(*rows));
    return rows;
  }

 private:
  using Key = std::pair<std::string, int64_t>;
  struct Entry {
    std::mutex mutex;
    Rows rows;  // Guarded by `mutex`.
    int64_t bytes = 0;
    std::list<Key>::iterator place;
  };

  std::shared_ptr<Entry> EntryOf(const SectionPlace& place) {
    std::lock_guard<std::mutex> lock(mutex_);
    Key key{place.object, place.offset};
    std::shared_ptr<Entry>& entry = entries_[key];
    if (entry == nullptr) {
      entry = std::make_shared<Entry>();
      entry->place = used_.insert(used_.end(), key);
    } else {
      used_.splice(used_.end(), used_, entry->place);
    }
    return entry;
  }
  void Account(const SectionPlace& place, const std::shared_ptr<Entry>& entry, int64_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto at = entries_.find(Key{place.object, place.offset});
    if (at == entries_.end() || at->second != entry) return;  // It has gone already.
    entry->bytes = bytes;
    bytes_ += bytes;
    while (bytes_ > kCacheBytesMax && used_.size() > 1) {
      auto oldest = entries_.find(used_.front());
      bytes_ -= oldest->second->bytes;
      entries_.erase(oldest);
      used_.pop_front();
    }
  }

  std::mutex mutex_;
  std::map<Key, std::shared_ptr<Entry>> entries_;
  std::list<Key> used_;  // The least recently used first.
  int64_t bytes_ = 0;
};

// Slots of which a newer layer has spoken.
class SlotSet {
 public:
  bool Has(uint32_t slot) const {
    return slot / 64 < words_.size() && ((words_[slot / 64] >> (slot % 64)) & 1) != 0;
  }
  bool empty() const { return words_.empty(); }
  void Add(std::span<const uint32_t> slots) {
    for (uint32_t slot : slots) {
      if (slot / 64 >= words_.size())
        words_.resize(std::max<size_t>(slot / 64 + 1, words_.size() * 2));
      words_[slot / 64] |= uint64_t{1} << (slot % 64);
    }
  }

 private:
  std::vector<uint64_t> words_;
};

class StateOfManifest : public RestoredState {
 public:
  StateOfManifest(ObjectStore* objects, Manifest manifest)
      : objects_(objects), manifest_(std::move(manifest)) {}

  int64_t epoch() const override { return manifest_.epoch; }
  EpochKind kind() const override { return manifest_.kind; }
  const EpochFacts& facts() const override { return manifest_.facts; }
  std::set<std::string> Nodes() const override {
    std::set<std::string> ids;
    for (const auto& [id, node] : manifest_.nodes) {
      if (!node.writers.empty()) ids.insert(id);
    }
    return ids;
  }
  bool IsFinished(const std::string& node) const override {
    const NodeState* state = Find(node);
    if (state == nullptr) return false;
    return std::all_of(state->writers.begin(), state->writers.end(),
                       [](const WriterState& writer) { return writer.is_finished; });
  }
  std::optional<int64_t> Watermark(const std::string& node) const override {
    const NodeState* state = Find(node);
    if (state == nullptr) return std::nullopt;
    int64_t least = std::numeric_limits<int64_t>::max();
    for (const WriterState& writer : state->writers) {
      if (!writer.is_finished) least = std::min(least, writer.watermark_millis);
    }
    return least;
  }
  Result<std::unique_ptr<SnapshotReader>> Read(const std::string& node, int subtask,
                                               int parallelism,
                                               arrow::MemoryPool* pool) const override;

  const NodeState* Find(const std::string& node) const {
    auto at = manifest_.nodes.find(node);
    return at == manifest_.nodes.end() || at->second.writers.empty() ? nullptr : &at->second;
  }
  std::string NameOf(const std::string& node) const {
    auto at = manifest_.facts.node_names.find(node);
    return at == manifest_.facts.node_names.end() ? node : at->second;
  }
  /// `is_shared`: other subtasks will want it too.
  Result<Rows> Section(const SectionPlace& place, const Schema& schema, bool is_shared,
                       arrow::MemoryPool* pool) const {
    return is_shared ? cache_.Get(*objects_, place, schema)
                     : LoadSection(*objects_, place, schema, pool);
  }

 private:
  ObjectStore* objects_;
  Manifest manifest_;
  mutable SectionCache cache_;
};

// The tables of one node, as one new subtask sees them.
class NodeReader : public SnapshotReader, public BatchwiseReader {
 public:
  NodeReader(const StateOfManifest* state, std::string node, int subtask, int parallelism,
             arrow::MemoryPool* pool)
      : state_(state),
        node_(std::move(node)),
        subtask_(subtask),
        parallelism_(parallelism),
        pool_(pool) {}

  Result<std::vector<Batch>> Read(std::string_view name, const Schema& schema) override {
    std::vector<Batch> batches;
    WEIR_RETURN_NOT_OK(ReadEach(name, schema, [&](const Batch& batch) {
      batches.push_back(batch);
      return Status::OK();
    }));
    return batches;
  }
  Status ReadEach(std::string_view name, const Schema& schema, const TakeBatch& take) override {
    const NodeState* node = state_->Find(node_);
    if (node == nullptr) return Status::OK();
    auto fit = [&](Batch batch) -> Status {
      WEIR_RETURN_NOT_OK(FitTypes(name, schema, &batch));
      return take(batch);
    };
    for (const WriterState& writer : node->writers) {
      auto at = writer.tables.find(std::string(name));
      if (at == writer.tables.end()) continue;
      WEIR_RETURN_NOT_OK(CheckSchema(name, at->second.schema, schema));
      WEIR_RETURN_NOT_OK(ReadTable(at->second, fit));
    }
    return Status::OK();
  }
  // Without the layers of changes, which mostly take the place of other rows.
  int64_t EstimateRows(std::string_view name) const override {
    const NodeState* node = state_->Find(node_);
    int64_t num_rows = 0;
    for (size_t i = 0; node != nullptr && i < node->writers.size(); ++i) {
      auto at = node->writers[i].tables.find(std::string(name));
      if (at == node->writers[i].tables.end() || at->second.layers.empty()) continue;
      Part part = PartOf(at->second);
      if (part == Part::kNone) continue;
      int64_t rows = 0;
      for (const SectionPlace& place : at->second.layers[0].sections) rows += place.rows;
      num_rows += part == Part::kAll ? rows : rows / parallelism_;
    }
    return num_rows;
  }

 private:
  bool Owns(uint32_t prefix) const {
    return SubtaskOfHash(uint64_t{prefix} << 32, parallelism_) == subtask_;
  }
  Status CheckSchema(std::string_view name, const Schema& saved, const Schema& wanted) const {
    auto where = [&] { return fmt::format("state '{}' of {}", name, state_->NameOf(node_)); };
    if (saved.size() != wanted.size()) {
      return InvalidQuery("{} was saved with {} columns, and the query now needs {}", where(),
                          saved.size(), wanted.size());
    }
    for (int i = 0; i < saved.size(); ++i) {
      if (saved[i].name == wanted[i].name && saved[i].type.EqualsIgnoringNullable(wanted[i].type))
        continue;
      return InvalidQuery(
          "column '{}' of {} was saved as {}, and the query now needs '{}' of type {}",
          saved[i].name, where(), saved[i].type.ToString(), wanted[i].name,
          wanted[i].type.ToString());
    }
    return Status::OK();
  }
  // Columns get the types that were asked for: nullability and time attributes may differ.
  Status FitTypes(std::string_view name, const Schema& schema, Batch* batch) const {
    for (int i = 0; i < schema.size(); ++i) {
      ColumnPtr& column = batch->columns[static_cast<size_t>(i)];
      if (!schema[i].type.nullable() && column->type.nullable() && column->CountNulls() > 0) {
        return InvalidQuery(
            "column '{}' of state '{}' of {} holds NULL, which the query now "
            "excludes",
            schema[i].name, name, state_->NameOf(node_));
      }
      column = Retype(column, schema[i].type);
    }
    return Status::OK();
  }

  // How much of a writer's table belongs to this subtask.
  enum class Part : uint8_t { kNone, kSome, kAll };
  Part PartOf(const TableState& table) const {
    if (!table.is_keyed) return Part::kAll;
    int first = SubtaskOfHash(uint64_t{table.hash_min} << 32, parallelism_);
    int last = SubtaskOfHash(uint64_t{table.hash_max} << 32, parallelism_);
    if (subtask_ < first || subtask_ > last) return Part::kNone;
    return first == last ? Part::kAll : Part::kSome;
  }

  Status ReadTable(const TableState& table, const std::function<Status(Batch)>& take) {
    Part part = PartOf(table);
    if (part == Part::kNone) return Status::OK();
    bool is_shared = parallelism_ > 1 && (part == Part::kSome || !table.is_keyed);
    SlotSet newer;
    std::vector<std::vector<Batch>> layers;  // Of changes, newest first.
    std::vector<Batch> batches;
    for (size_t i = table.layers.size(); i-- > 0;) {
      std::vector<Rows> sections;
      for (const SectionPlace& place : table.layers[i].sections) {
        WEIR_ASSIGN_OR_RETURN(Rows rows, state_->Section(place, table.schema, is_shared, pool_));
        for (const SectionRows& some : *rows) {
          if (part == Part::kAll && newer.empty()) {
            if (some.rows.num_rows > 0) batches.push_back(some.rows);
          } else {
            WEIR_RETURN_NOT_OK(TakeRows(table, some, newer, &batches));
          }
        }
        if (i > 0) {
          sections.push_back(std::move(rows));
          continue;
        }
        // The oldest layer is the big one: its rows go on section by section.
        rows.reset();
        for (Batch& batch : batches) WEIR_RETURN_NOT_OK(take(std::move(batch)));
        batches.clear();
      }
      for (const Rows& rows : sections) {
        for (const SectionRows& some : *rows) {
          newer.Add(some.slots);
          newer.Add(some.erased);
        }
      }
      if (i > 0) layers.push_back(std::exchange(batches, {}));
    }
    for (size_t i = layers.size(); i-- > 0;) {
      for (Batch& batch : layers[i]) WEIR_RETURN_NOT_OK(take(std::move(batch)));
    }
    return Status::OK();
  }

  Status TakeRows(const TableState& table, const SectionRows& part, const SlotSet& newer,
                  std::vector<Batch>* out) {
    int64_t n = part.rows.num_rows;
    if (n == 0) return Status::OK();
    if (table.is_keyed != !part.hash_prefixes.empty() || table.is_slot_table != !part.slots.empty())
      return Corruption("a part of {} has other facts than its manifest says", node_);
    std::vector<int32_t> mine;
    for (int64_t i = 0; i < n; ++i) {
      auto row = static_cast<size_t>(i);
      if (table.is_keyed && !Owns(part.hash_prefixes[row])) continue;
      if (table.is_slot_table && newer.Has(part.slots[row])) continue;
      mine.push_back(static_cast<int32_t>(i));
    }
    if (mine.empty()) return Status::OK();
    if (static_cast<int64_t>(mine.size()) == n) {
      out->push_back(part.rows);
      return Status::OK();
    }
    WEIR_ASSIGN_OR_RETURN(Batch rows, GatherBatch(part.rows, mine, pool_));
    for (ColumnPtr& column : rows.columns) {
      WEIR_ASSIGN_OR_RETURN(column, Flatten(column, pool_));
    }
    out->push_back(std::move(rows));
    return Status::OK();
  }

  const StateOfManifest* state_;
  std::string node_;
  int subtask_;
  int parallelism_;
  arrow::MemoryPool* pool_;
};

Result<std::unique_ptr<SnapshotReader>> StateOfManifest::Read(const std::string& node, int subtask,
                                                              int parallelism,
                                                              arrow::MemoryPool* pool) const {
  return std::make_unique<NodeReader>(this, node, subtask, parallelism, pool);
}

}  // namespace

std::shared_ptr<const RestoredState> MakeRestoredState(ObjectStore* objects, Manifest manifest) {
  return std::make_shared<StateOfManifest>(objects, std::move(manifest));
}

Result<std::string> GetNamedObject(ObjectStore& objects, const std::string& key,
                                   std::string_view named_by) {
  Result<std::string> bytes = objects.Get(key);
  if (!bytes.ok()) return MissingToCorruption(bytes.status(), key, named_by);
  return bytes;
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The checkpoint protocol over an object store. One epoch:
//
//   Add        data objects, each name used once
//   Commit     rest of the data, manifest, epoch record (put-if-absent): now it is true
//
// What the process does not know, because an answer was lost, it finds out by putting the same
// record again before it does anything else.
#include <algorithm>
#include <charconv>

#include "weir/base/check.h"
#include "weir/checkpoint/data_objects.h"
#include "weir/checkpoint/epoch_log.h"
#include "weir/checkpoint/garbage.h"
#include "weir/checkpoint/restored_state.h"

namespace weir {
namespace {

constexpr int kDeltasMax = 8;
constexpr int kFencesMax = 100;
constexpr const char* kSavepointManifest = "manifest.json";

// What the next snapshot of a writer can go on from.
struct Chain {
  WriterState state;
  int64_t full_bytes = 0;
  int64_t delta_bytes = 0;
  int num_deltas = 0;
};
using Chains = std::map<StateWriter, Chain>;

class Storage;

// An epoch or a savepoint being written.
class ManifestWriter : public EpochWriter {
 public:
  /// `storage` outlives the writer. `savepoint`: where it goes; null: an epoch.
  ManifestWriter(Storage* storage, EpochKind kind, ObjectStore* savepoint);
  ~ManifestWriter() override;

  int64_t epoch() const override { return manifest_.epoch; }
  Status Add(const StateWriter& writer, const SubtaskSnapshot& snapshot) override;
  Status AddFinished(const StateWriter& writer) override;
  Status Commit(const EpochFacts& facts) override;
  int64_t bytes_written() const override { return data_.bytes() + manifest_bytes_; }

 private:
  Status AddState(const StateWriter& writer, WriterState state);
  Status CommitSavepoint(const std::string& bytes);

  Storage* storage_;
  ObjectStore* savepoint_;
  DataObjects data_;
  Manifest manifest_;
  Chains chains_;
  int64_t manifest_bytes_ = 0;
  int num_objects_ = 0;
  bool was_tried_ = false;
  bool is_over_ = false;
};

class Storage : public CheckpointStorage {
 public:
  explicit Storage(const CheckpointStorageConfig& config)
      : config_(config), log_(config.objects, config.clock) {}

  Status Load() { return log_.Load(); }

  Result<std::shared_ptr<const RestoredState>> Newest() override {
    WEIR_RETURN_NOT_OK(Settle());
    was_asked_ = true;
    restored_ = log_.newest();
    if (!restored_.has_value()) return std::shared_ptr<const RestoredState>();
    WEIR_ASSIGN_OR_RETURN(Manifest manifest, ReadManifest(restored_->manifest));
    return MakeRestoredState(config_.objects, std::move(manifest));
  }

  Status BeginGeneration(GenerationStart start) override;

  bool MayBeIncremental(const StateWriter& writer) const override {
    if (!config_.is_incremental) return false;
    auto at = chains_.find(writer);
    return at != chains_.end() && at->second.num_deltas < kDeltasMax &&
           at->second.delta_bytes <= at->second.full_bytes;
  }
  int64_t next_epoch() const override { return log_.last_number() + 1; }

  Result<std::unique_ptr<EpochWriter>> BeginEpoch(EpochKind kind) override {
    WEIR_RETURN_NOT_OK(Settle());
    if (generation_ == 0) return Internal("an epoch is begun before its generation");
    if (is_writing_) return Internal("an epoch is begun while another is written");
    is_writing_ = true;
    return std::make_unique<ManifestWriter>(this, kind, nullptr);
  }
  Result<std::unique_ptr<EpochWriter>> BeginSavepoint(ObjectStore* objects) override {
    WEIR_RETURN_NOT_OK(Settle());
    WEIR_ASSIGN_OR_RETURN(auto there, objects->List(kSavepointManifest));
    if (!there.empty()) return InvalidData("the savepoint's directory holds a savepoint already");
    return std::make_unique<ManifestWriter>(this, EpochKind::kSavepoint, objects);
  }
  Status DropOld() override;

  // For writers.
  const CheckpointStorageConfig& config() const { return config_; }
  int64_t generation() const { return generation_; }
  int64_t NextPart() { return ++last_part_; }
  const Chain* ChainOf(const StateWriter& writer) const {
    auto at = chains_.find(writer);
    return at == chains_.end() ? nullptr : &at->second;
  }
  void Break(const StateWriter& writer) { chains_.erase(writer); }
  Status Commit(const EpochRecord& record, Chains chains);
  void GiveUp() {
    is_writing_ = false;
    chains_.clear();
  }
  std::string NewNonce() { return fmt::format("{:016x}", config_.random->Next()); }

 private:
  Result<Manifest> ReadManifest(const std::string& key) {
    WEIR_ASSIGN_OR_RETURN(std::string bytes,
                          GetNamedObject(*config_.objects, key, "the epoch log"));
    return OpenManifest(bytes, key);
  }
  Status Settle();
  Result<bool> PutFence(GenerationStart start);
  Result<std::vector<EpochRecord>> Retained(const std::vector<int64_t>& numbers);
  Status WasReplaced() {
    is_fenced_ = true;
    chains_.clear();
    return Fenced("another run of this job has taken over its checkpoints");
  }

  CheckpointStorageConfig config_;
  EpochLog log_;
  int64_t generation_ = 0;
  int64_t last_part_ = 0;
  Chains chains_;
  bool is_writing_ = false;
  bool is_fenced_ = false;
  // A record of which it is not known whether it was put.
  std::optional<EpochRecord> unsettled_;
  // What Newest has given out.
  bool was_asked_ = false;
  std::optional<EpochRecord> restored_;
  std::map<int64_t, EpochRecord> records_;                   // Those that were read or put.
  std::map<std::string, std::set<std::string>> objects_of_;  // By manifest.
};

// Finds out what became of the last record.
Status Storage::Settle() {
  if (is_fenced_) return WasReplaced();
  if (!unsettled_.has_value()) return Status::OK();
  EpochRecord record = *unsettled_;
  if (record.kind == EpochKind::kFence) return Status::OK();  // BeginGeneration goes on with it.
  return Commit(record, {});
}

Status Storage::Commit(const EpochRecord& record, Chains chains) {
  if (is_fenced_) return WasReplaced();
  unsettled_ = record;
  WEIR_ASSIGN_OR_RETURN(EpochLog::Outcome outcome, log_.Put(record));
  unsettled_.reset();
  if (outcome == EpochLog::Outcome::kTaken) return WasReplaced();
  records_[record.epoch] = record;
  chains_ = std::move(chains);
  is_writing_ = false;
  return Status::OK();
}

// Whether the fence stands; false: another record has taken its number.
Result<bool> Storage::PutFence(GenerationStart start) {
  if (!unsettled_.has_value()) {
    EpochRecord fence;
    fence.kind = EpochKind::kFence;
    fence.epoch = fence.generation = log_.last_number() + 1;
    if (start == GenerationStart::kContinue && log_.newest().has_value())
      fence.manifest = log_.newest()->manifest;
    fence.nonce = NewNonce();
    unsettled_ = fence;
  }
  EpochRecord fence = *unsettled_;
  WEIR_ASSIGN_OR_RETURN(EpochLog::Outcome outcome, log_.Put(fence));
  unsettled_.reset();
  if (outcome == EpochLog::Outcome::kTaken) return false;
  generation_ = fence.generation;
  records_[fence.epoch] = fence;
  return true;
}

Status Storage::BeginGeneration(GenerationStart start) {
  if (generation_ != 0) return Internal("a generation is begun twice");
  for (int i = 0; i < kFencesMax; ++i) {
    WEIR_ASSIGN_OR_RETURN(bool stands, PutFence(start));
    if (stands) return Status::OK();
    WEIR_RETURN_NOT_OK(log_.Load());
    std::string restored = restored_.has_value() ? restored_->manifest : "";
    std::string newest = log_.newest().has_value() ? log_.newest()->manifest : "";
    if (start == GenerationStart::kContinue && was_asked_ && restored != newest) {
      return Unavailable(
          "another run of this job has gone on while this one began; its newest "
          "checkpoint has to be read again");
    }
  }
  return Unavailable("other runs of this job begin again and again");
}

// The records of the epochs to keep, newest first.
Result<std::vector<EpochRecord>> Storage::Retained(const std::vector<int64_t>& numbers) {
  std::vector<EpochRecord> kept;
  std::set<std::string> manifests;
  for (size_t i = numbers.size(); i-- > 0;) {
    if (static_cast<int>(manifests.size()) >= std::max(1, config_.retained_epochs)) break;
    auto at = records_.find(numbers[i]);
    if (at == records_.end()) {
      WEIR_ASSIGN_OR_RETURN(EpochRecord record, log_.Read(numbers[i]));
      at = records_.emplace(numbers[i], std::move(record)).first;
    }
    kept.push_back(at->second);
    if (!at->second.manifest.empty()) manifests.insert(at->second.manifest);
    // What lies before a fence that continues nothing is not continued any more; it is kept until
    // the first epoch after it, in case the start was a mistake.
    if (at->second.manifest.empty() && !manifests.empty()) break;
  }
  return kept;
}

Status Storage::DropOld() {
  WEIR_RETURN_NOT_OK(Settle());
  if (generation_ == 0) return Internal("old epochs are dropped before the generation has begun");
  WEIR_ASSIGN_OR_RETURN(std::vector<int64_t> numbers, log_.Numbers());
  if (!numbers.empty() && numbers.back() > log_.last_number()) return WasReplaced();
  WEIR_ASSIGN_OR_RETURN(std::vector<EpochRecord> kept, Retained(numbers));
  if (kept.empty()) return Status::OK();
  std::set<std::string> reachable;
  std::map<std::string, std::set<std::string>> objects_of;
  for (const EpochRecord& record : kept) {
    if (record.manifest.empty()) continue;
    reachable.insert(record.manifest);
    auto known = objects_of_.find(record.manifest);
    if (known == objects_of_.end()) {
      WEIR_ASSIGN_OR_RETURN(Manifest manifest, ReadManifest(record.manifest));
      known = objects_of_.emplace(record.manifest, ObjectsOf(manifest)).first;
    }
    objects_of.insert(*known);
    reachable.insert(known->second.begin(), known->second.end());
  }
  objects_of_ = std::move(objects_of);
  // Records first: an epoch whose record is there has all its objects.
  for (int64_t number : numbers) {
    if (number >= kept.back().epoch) break;
    WEIR_RETURN_NOT_OK(config_.objects->Delete(EpochLog::KeyOf(number)));
    records_.erase(number);
  }
  return DeleteGarbage(*config_.objects, reachable, {generation_, is_writing_ ? next_epoch() : 0});
}

ManifestWriter::ManifestWriter(Storage* storage, EpochKind kind, ObjectStore* savepoint)
    : storage_(storage),
      savepoint_(savepoint),
      data_(savepoint != nullptr ? savepoint : storage->config().objects,
            std::max<int64_t>(1, storage->config().object_bytes_max), [this] {
              int64_t part = savepoint_ != nullptr ? ++num_objects_ : storage_->NextPart();
              return DataKey(manifest_.generation, manifest_.epoch, part);
            }) {
  manifest_.epoch = storage->next_epoch();
  manifest_.generation = storage->generation();
  manifest_.kind = kind;
  manifest_.created_micros = storage->config().clock->WallMicros();
}

ManifestWriter::~ManifestWriter() {
  if (!is_over_ && savepoint_ == nullptr) storage_->GiveUp();
}

Status ManifestWriter::AddState(const StateWriter& writer, WriterState state) {
  NodeState& node = manifest_.nodes[writer.node];
  if (node.writers.empty()) node.parallelism = writer.parallelism;
  if (node.parallelism != writer.parallelism)
    return Internal("subtasks of '{}' disagree about their number", writer.node);
  auto at = std::lower_bound(
      node.writers.begin(), node.writers.end(), state.subtask,
      [](const WriterState& other, int subtask) { return other.subtask < subtask; });
  if (at != node.writers.end() && at->subtask == state.subtask)
    return Internal("subtask {} of '{}' is added twice", state.subtask, writer.node);
  node.writers.insert(at, std::move(state));
  return Status::OK();
}

Status ManifestWriter::Add(const StateWriter& writer, const SubtaskSnapshot& snapshot) {
  const Chain* chain = nullptr;
  if (snapshot.is_incremental()) {
    if (savepoint_ != nullptr) return Internal("a savepoint is given changes only");
    chain = storage_->ChainOf(writer);
    if (chain == nullptr)
      return Internal("changes of '{}' have nothing to go on from", writer.node);
  }
  int64_t bytes_before = data_.bytes();
  WEIR_ASSIGN_OR_RETURN(
      WriterState state,
      data_.Add(writer, snapshot, chain == nullptr ? nullptr : &chain->state, manifest_.epoch));
  int64_t bytes = data_.bytes() - bytes_before;
  if (savepoint_ != nullptr) {
    // The subtask has begun to count its changes anew.
    storage_->Break(writer);
    return AddState(writer, std::move(state));
  }
  Chain& next = chains_[writer];
  next.state = state;
  if (chain == nullptr) {
    next.full_bytes = bytes;
  } else {
    next.full_bytes = chain->full_bytes;
    next.delta_bytes = chain->delta_bytes + bytes;
    next.num_deltas = chain->num_deltas + 1;
  }
  return AddState(writer, std::move(state));
}

Status ManifestWriter::AddFinished(const StateWriter& writer) {
  WriterState state;
  state.subtask = writer.subtask;
  state.is_finished = true;
  return AddState(writer, std::move(state));
}

Status ManifestWriter::Commit(const EpochFacts& facts) {
  if (was_tried_) return Internal("an epoch is committed twice");
  was_tried_ = true;
  manifest_.facts = facts;
  WEIR_RETURN_NOT_OK(data_.Flush());
  if (savepoint_ != nullptr) {
    std::string bytes = SealManifest(manifest_, kSavepointManifest);
    manifest_bytes_ = static_cast<int64_t>(bytes.size());
    return CommitSavepoint(bytes);
  }
  std::string key = ManifestKey(manifest_.epoch, manifest_.generation, storage_->NextPart());
  std::string bytes = SealManifest(manifest_, key);
  manifest_bytes_ = static_cast<int64_t>(bytes.size());
  WEIR_RETURN_NOT_OK(storage_->config().objects->Put(key, bytes));
  EpochRecord record;
  record.kind = manifest_.kind;
  record.epoch = manifest_.epoch;
  record.generation = manifest_.generation;
  record.manifest = key;
  record.nonce = storage_->NewNonce();
  WEIR_RETURN_NOT_OK(storage_->Commit(record, std::move(chains_)));
  is_over_ = true;
  return Status::OK();
}

Status ManifestWriter::CommitSavepoint(const std::string& bytes) {
  Result<bool> put = savepoint_->PutIfAbsent(kSavepointManifest, bytes);
  // An answer may have been lost after the manifest was put.
  if (!put.ok()) put = savepoint_->PutIfAbsent(kSavepointManifest, bytes);
  WEIR_RETURN_NOT_OK(put.status());
  if (!*put) {
    WEIR_ASSIGN_OR_RETURN(std::string there, savepoint_->Get(kSavepointManifest));
    if (there != bytes) return InvalidData("the savepoint's directory holds a savepoint already");
  }
  is_over_ = true;
  return Status::OK();
}

}  // namespace

Result<std::unique_ptr<CheckpointStorage>> CheckpointStorage::Open(
    const CheckpointStorageConfig& config) {
  auto storage = std::make_unique<Storage>(config);
  WEIR_RETURN_NOT_OK(storage->Load());
  return std::unique_ptr<CheckpointStorage>(std::move(storage));
}

Result<std::shared_ptr<const RestoredState>> OpenSavepoint(ObjectStore* objects) {
  WEIR_ASSIGN_OR_RETURN(auto there, objects->List(kSavepointManifest));
  std::string key = kSavepointManifest;
  if (std::find(there.begin(), there.end(), key) == there.end()) {
    EpochLog log(objects, nullptr);
    WEIR_RETURN_NOT_OK(log.Load());
    if (!log.newest().has_value()) {
      WEIR_ASSIGN_OR_RETURN(auto foreign, objects->List("_metadata"));
      if (!foreign.empty()) return Unsupported("reading a savepoint of Flink");
      return InvalidData("there is neither a savepoint nor a checkpoint");
    }
    key = log.newest()->manifest;
  }
  WEIR_ASSIGN_OR_RETURN(std::string bytes, GetNamedObject(*objects, key, "the epoch log"));
  WEIR_ASSIGN_OR_RETURN(Manifest manifest, OpenManifest(bytes, key));
  return MakeRestoredState(objects, std::move(manifest));
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/operator/session_windows.h"

#include <algorithm>
#include <unordered_map>

namespace weir {
namespace {

constexpr int64_t kNoBucket = Watermark::kMin;
// Sessions that end within this part of the gap share a bucket.
constexpr int64_t kBucketsPerGap = 64;

}  // namespace

SessionWindows::SessionWindows(std::vector<DataType> key_types, const WindowTimes& times,
                               arrow::MemoryPool* pool)
    : key_types_(key_types),
      times_(times),
      pool_(pool),
      gap_(times.window().size_millis),
      // The clock is asked for exact times; watermarks are not.
      bucket_millis_(times.window().is_proctime ? 1 : std::max<int64_t>(1, gap_ / kBucketsPerGap)),
      keys_(std::move(key_types), pool),
      heads_(pool),
      starts_(pool),
      ends_(pool),
      anchors_(pool),
      buckets_of_(pool),
      next_(pool),
      key_(pool),
      live_(pool),
      changes_(pool) {}

// No session of a bucket ends before the bucket's time.
int64_t SessionWindows::BucketOf(int64_t end) const {
  int64_t rest = end % bucket_millis_;
  return end - rest - (rest < 0 ? bucket_millis_ : 0);
}
void SessionWindows::Enter(uint32_t session) {
  buckets_of_[session] = BucketOf(ends_[session]);
  buckets_.Add(buckets_of_[session], session);
}

Status SessionWindows::FindKeys(const ColumnVector& keys, int64_t num_rows,
                                const std::vector<int32_t>* rows) {
  WEIR_RETURN_NOT_OK(HashKeys(keys, num_rows, &hashes_));
  key_slots_.resize(static_cast<size_t>(num_rows));
  inserted_.clear();
  WEIR_RETURN_NOT_OK(keys_.FindOrInsert(keys, hashes_, key_slots_.data(), &inserted_, rows));
  if (keys_.num_slots() > heads_.size())
    WEIR_RETURN_NOT_OK(heads_.Resize(keys_.num_slots(), kNoSlot));
  for (int32_t row : inserted_) heads_[key_slots_[static_cast<size_t>(row)]] = kNoSlot;
  return Status::OK();
}

Result<uint32_t> SessionWindows::New(uint32_t key, int64_t start, int64_t end) {
  uint32_t session;
  if (!free_.empty()) {
    session = free_.back();
    free_.pop_back();
  } else {
    session = static_cast<uint32_t>(starts_.size());
    WEIR_RETURN_NOT_OK(starts_.Append(0));
    WEIR_RETURN_NOT_OK(ends_.Append(0));
    WEIR_RETURN_NOT_OK(anchors_.Append(0));
    WEIR_RETURN_NOT_OK(buckets_of_.Append(kNoBucket));
    WEIR_RETURN_NOT_OK(next_.Append(kNoSlot));
    WEIR_RETURN_NOT_OK(key_.Append(0));
    WEIR_RETURN_NOT_OK(live_.Append(0));
    WEIR_RETURN_NOT_OK(changes_.Reserve(starts_.size()));
  }
  changes_.Mark(session);
  starts_[session] = start;
  ends_[session] = end;
  anchors_[session] = start;
  key_[session] = key;
  live_[session] = 1;
  next_[session] = heads_[key];
  heads_[key] = session;
  Enter(session);
  return session;
}

void SessionWindows::Unlink(uint32_t session) {
  changes_.Mark(session);
  uint32_t* link = &heads_[key_[session]];
  while (*link != session) link = &next_[*link];
  *link = next_[session];
  live_[session] = 0;
  buckets_of_[session] = kNoBucket;
}

// While a snapshot is being copied: all sessions that rows may reach, together.
void SessionWindows::PreserveSessions(int64_t num_rows, const std::vector<int32_t>* rows) {
  std::vector<uint32_t> reached;
  auto n = rows != nullptr ? static_cast<int64_t>(rows->size()) : num_rows;
  for (int64_t i = 0; i < n; ++i) {
    auto row = static_cast<size_t>(rows != nullptr ? (*rows)[static_cast<size_t>(i)] : i);
    for (uint32_t session = heads_[key_slots_[row]]; session != kNoSlot; session = next_[session])
      reached.push_back(session);
  }
  changes_.Preserve(reached);
}

Status SessionWindows::Assign(const ColumnVector& keys, const std::vector<int64_t>& times,
                              const std::vector<int32_t>* rows, int64_t done_millis,
                              std::vector<uint32_t>* sessions, std::vector<Merge>* merges) {
  auto num_rows = static_cast<int64_t>(times.size());
  WEIR_RETURN_NOT_OK(FindKeys(keys, num_rows, rows));
  sessions->assign(times.size(), kNoSlot);
  merges->clear();
  if (changes_.is_saving()) PreserveSessions(num_rows, rows);
  auto n = rows != nullptr ? static_cast<int64_t>(rows->size()) : num_rows;
  for (int64_t i = 0; i < n; ++i) {
    auto row = static_cast<size_t>(rows != nullptr ? (*rows)[static_cast<size_t>(i)] : i);
    uint32_t key = key_slots_[row];
    int64_t start = times[row], end = start + gap_;
    // Sessions of a key are at least a gap apart, so that a row reaches two at most.
    uint32_t found = kNoSlot, second = kNoSlot;
    for (uint32_t session = heads_[key]; session != kNoSlot; session = next_[session]) {
      if (starts_[session] > end || ends_[session] < times[row]) continue;
      (found == kNoSlot ? found : second) = session;
    }
    if (found == kNoSlot) {
      if (times_.IsFired(end, done_millis)) continue;
      WEIR_ASSIGN_OR_RETURN((*sessions)[row], New(key, start, end));
      continue;
    }
    if (second != kNoSlot) {
      if (starts_[second] < starts_[found])
        std::swap(found, second);  // What came earlier stays in front.
      changes_.Mark(found);
      starts_[found] = std::min(starts_[found], starts_[second]);
      ends_[found] = std::max(ends_[found], ends_[second]);
      Unlink(second);
      merges->push_back({second, found});
    }
    changes_.Mark(found);
    starts_[found] = std::min(starts_[found], start);
    ends_[found] = std::max(ends_[found], end);
    (*sessions)[row] = found;
  }
  if (!merges->empty()) {
    // A session that took another in may itself have been taken in later.
    std::unordered_map<uint32_t, uint32_t> taken_by;
    for (size_t i = merges->size(); i-- > 0;) {
      Merge& merge = (*merges)[i];
      if (auto later = taken_by.find(merge.to); later != taken_by.end()) merge.to = later->second;
      taken_by[merge.from] = merge.to;
    }
    for (uint32_t& session : *sessions) {
      if (auto taken = taken_by.find(session); taken != taken_by.end()) session = taken->second;
    }
  }
  // Keys whose only rows were late have no session.
  std::vector<uint32_t> unused;
  for (int32_t row : inserted_) {
    uint32_t key = key_slots_[static_cast<size_t>(row)];
    if (heads_[key] == kNoSlot) unused.push_back(key);
  }
  return keys_.Erase(unused);
}

Status SessionWindows::FreeMerged(const std::vector<Merge>& merges) {
  for (const Merge& merge : merges) free_.push_back(merge.from);
  return Status::OK();
}

std::vector<uint32_t> SessionWindows::TakeFired(int64_t watermark_millis) {
  std::vector<uint32_t> fired;
  std::vector<uint32_t> later;
  while (!buckets_.empty() && times_.IsFired(buckets_.first_time(), watermark_millis)) {
    int64_t time = buckets_.first_time();
    for (uint32_t session : buckets_.Take(time)) {
      if (buckets_of_[session] != time) continue;  // Moved, merged or entered twice.
      if (times_.IsFired(ends_[session], watermark_millis)) {
        fired.push_back(session);
        buckets_of_[session] = kNoBucket;
      } else {
        // Its bucket may be this one again: entered when the sweep is over.
        buckets_of_[session] = kNoBucket;
        later.push_back(session);
      }
    }
  }
  for (uint32_t session : later) Enter(session);
  std::stable_sort(fired.begin(), fired.end(),
                   [&](uint32_t a, uint32_t b) { return ends_[a] < ends_[b]; });
  return fired;
}

Status SessionWindows::Free(std::span<const uint32_t> sessions) {
  std::vector<uint32_t> unused;
  for (uint32_t session : sessions) {
    Unlink(session);
    free_.push_back(session);
    if (heads_[key_[session]] == kNoSlot) unused.push_back(key_[session]);
  }
  return keys_.Erase(unused);
}

int64_t SessionWindows::NextInstant() const {
  return buckets_.empty() ? Watermark::kMax : times_.LastInstant(buckets_.first_time());
}

Result<ColumnVector> SessionWindows::Keys(std::span<const uint32_t> sessions) {
  std::vector<uint32_t> slots;
  for (uint32_t session : sessions) slots.push_back(key_[session]);
  return keys_.Keys(slots);
}

Result<ColumnVector> SessionWindows::Names(std::span<const uint32_t> sessions) {
  WEIR_ASSIGN_OR_RETURN(ColumnVector names, Keys(sessions));
  for (const PoolVector<int64_t>* numbers : {&starts_, &ends_}) {
    WEIR_ASSIGN_OR_RETURN(ColumnPtr column, NumbersOf(*numbers, sessions, pool_));
    names.push_back(std::move(column));
  }
  return names;
}

std::vector<DataType> SessionWindows::name_types() const {
  std::vector<DataType> types = key_types_;
  types.insert(types.end(), 2, DataType::BigInt().NotNull());
  return types;
}

Result<ColumnVector> SessionWindows::Anchors(std::span<const uint32_t> sessions) {
  WEIR_ASSIGN_OR_RETURN(ColumnVector anchors, Keys(sessions));
  WEIR_ASSIGN_OR_RETURN(ColumnPtr column, NumbersOf(anchors_, sessions, pool_));
  anchors.push_back(std::move(column));
  return anchors;
}

std::vector<DataType> SessionWindows::anchor_types() const {
  std::vector<DataType> types = key_types_;
  types.push_back(DataType::BigInt().NotNull());
  return types;
}

Status SessionWindows::FindAnchored(const ColumnVector& anchors, int64_t num_rows,
                                    std::vector<uint32_t>* sessions) {
  ColumnVector keys(anchors.begin(), anchors.end() - 1);
  std::vector<uint64_t> hashes;
  WEIR_RETURN_NOT_OK(HashKeys(keys, num_rows, &hashes));
  std::vector<uint32_t> slots(static_cast<size_t>(num_rows));
  WEIR_RETURN_NOT_OK(keys_.Find(keys, hashes, slots.data()));
  sessions->clear();
  for (int64_t i = 0; i < num_rows; ++i) {
    int64_t instant = anchors.back()->At<int64_t>(i);
    uint32_t key = slots[static_cast<size_t>(i)];
    uint32_t session = key == kNoSlot ? kNoSlot : heads_[key];
    while (session != kNoSlot && (instant < starts_[session] || instant >= ends_[session]))
      session = next_[session];
    sessions->push_back(session);
  }
  return Status::OK();
}

Status SessionWindows::FindOrMake(const ColumnVector& names, int64_t num_rows,
                                  std::vector<uint32_t>* sessions) {
  size_t num_keys = key_types_.size();
  WEIR_RETURN_NOT_OK(
      FindKeys(ColumnVector(names.begin(), names.begin() + static_cast<int64_t>(num_keys)),
               num_rows, nullptr));
  sessions->clear();
  for (int64_t i = 0; i < num_rows; ++i) {
    uint32_t key = key_slots_[static_cast<size_t>(i)];
    int64_t start = names[num_keys]->At<int64_t>(i), end = names[num_keys + 1]->At<int64_t>(i);
    uint32_t session = heads_[key];
    while (session != kNoSlot && (starts_[session] != start || ends_[session] != end))
      session = next_[session];
    if (session == kNoSlot) {
      WEIR_ASSIGN_OR_RETURN(session, New(key, start, end));
    }
    sessions->push_back(session);
  }
  return Status::OK();
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Which session each row belongs to: a session is a key and the time from its first row to the gap
// after its last one; rows within reach of each other share it, and a row between two sessions
// merges them.
//
//   gap 5    a@10 -> [10, 15)    a@13 -> [10, 18)    a@30 -> [30, 35)    a@24 -> [24, 35), merging
//   nothing
//            a@18 -> [10, 23)    a@23 -> [10, 35)    merging both: touching is enough, as in Flink
//
// Sessions have dense slots like keys; each key has a short list of them. A session is entered in a
// time bucket when it begins and moved on only when the bucket is swept, so that a row that makes
// it longer costs nothing there. Knows no rows and no aggregates: callers keep theirs by session
// slot.
//
// Source: Flink documentation, "SESSION"; Akidau et al., "The Dataflow Model", VLDB 2015
// (merging windows).
//
// Threads: one task.
#pragma once

#include <vector>

#include "weir/operator/window_times.h"
#include "weir/state/keyed_table.h"
#include "weir/state/time_buckets.h"

namespace weir {

class SessionWindows {
 public:
  SessionWindows(std::vector<DataType> key_types, const WindowTimes& times,
                 arrow::MemoryPool* pool);

  struct Merge {
    uint32_t from, to;
  };
  /// sessions[i] becomes the session of row i, kNoSlot for rows that are late at watermark
  /// `done_millis`. `merges` gets what became one; no slot is in it twice as `from`, none is both.
  /// Call FreeMerged when their contents have moved. With `rows` only these are looked at.
  Status Assign(const ColumnVector& keys, const std::vector<int64_t>& times,
                const std::vector<int32_t>* rows, int64_t done_millis,
                std::vector<uint32_t>* sessions, std::vector<Merge>* merges);
  Status FreeMerged(const std::vector<Merge>& merges);

  /// Takes the sessions that are complete at `watermark_millis` out of the buckets, ordered by
  /// their end. They live on until Free.
  std::vector<uint32_t> TakeFired(int64_t watermark_millis);
  Status Free(std::span<const uint32_t> sessions);
  /// An instant before which no session is complete; the greatest number when there is none.
  int64_t NextInstant() const;

  /// Saves what `table` keeps by session. Sessions that are given out by Assign, made or freed are
  /// marked; who changes what belongs to others calls MarkChanged before.
  Status Save(SnapshotWriter& snapshot, SlotTable table) {
    return changes_.Save(snapshot, std::move(table), num_slots(),
                         [this](uint32_t session) { return live_[session] != 0; });
  }
  void MarkChanged(std::span<const uint32_t> sessions) { changes_.Mark(sessions); }

  /// All session slots are below this.
  int64_t num_slots() const { return starts_.size(); }
  int64_t start(uint32_t session) const { return starts_[session]; }
  int64_t end(uint32_t session) const { return ends_[session]; }
  Result<ColumnVector> Keys(std::span<const uint32_t> sessions);
  /// Keys, then start and end BIGINT: what names a session in a snapshot.
  Result<ColumnVector> Names(std::span<const uint32_t> sessions);
  std::vector<DataType> name_types() const;
  /// Keys, then an instant BIGINT that lies within the session as long as it lives: its name for
  /// what belongs to it, since its start and end change.
  Result<ColumnVector> Anchors(std::span<const uint32_t> sessions);
  std::vector<DataType> anchor_types() const;
  /// The sessions of such rows; kNoSlot where there is none.
  Status FindAnchored(const ColumnVector& anchors, int64_t num_rows,
                      std::vector<uint32_t>* sessions);
  /// The sessions of names, made where they are missing.
  Status FindOrMake(const ColumnVector& names, int64_t num_rows, std::vector<uint32_t>* sessions);

 private:
  Status FindKeys(const ColumnVector& keys, int64_t num_rows, const std::vector<int32_t>* rows);
  void PreserveSessions(int64_t num_rows, const std::vector<int32_t>* rows);
  Result<uint32_t> New(uint32_t key, int64_t start, int64_t end);
  void Unlink(uint32_t session);
  void Enter(uint32_t session);
  int64_t BucketOf(int64_t end) const;

  std::vector<DataType> key_types_;
  const WindowTimes& times_;
  arrow::MemoryPool* pool_;
  int64_t gap_;
  int64_t bucket_millis_;
  KeyedTable keys_;
  PoolVector<uint32_t> heads_;  // Of each key's list of sessions.
  // By session.
  PoolVector<int64_t> starts_, ends_, anchors_, buckets_of_;
  PoolVector<uint32_t> next_, key_;
  PoolVector<uint8_t> live_;
  std::vector<uint32_t> free_;
  SlotChanges changes_;
  TimeBuckets buckets_;
  // Of the batch at hand.
  std::vector<uint64_t> hashes_;
  std::vector<uint32_t> key_slots_;
  std::vector<int32_t> inserted_;
};

}  // namespace weir

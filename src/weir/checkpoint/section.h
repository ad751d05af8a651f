// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A section: rows of one state table of one operator subtask, as bytes within an object.
//
//   section   u32 magic "WSEC", u16 version, u16 0, u64 hash of the schema, u32 blocks, u32 0
//             block*
//             u64 checksum: XXH3-64 of all before it, seeded by the object's name and the offset
//   block     u32 bytes stored, u32 bytes raw, u8 codec (0 none, 1 LZ4), the stored bytes
//   raw       u32 groups; group*
//   group     u32 rows, u32 erased, u8 flags (1 keyed, 2 slots, 4 row kinds)
//             keyed: u32 a row, the high half of its key hash     slots: numbers     erased:
//             numbers kinds: a byte a row      then each column (checkpoint/column_bytes.h)
//
// Any flipped bit, a short read and bytes of another place all fail the checksum; every length is
// checked again while decoding, so that bytes that were made on purpose cannot do harm either.
#pragma once

#include <string>
#include <vector>

#include "weir/checkpoint/subtask_snapshot.h"

namespace weir {

/// What a decoded section holds: rows as they were written, a part at a time.
struct SectionRows {
  Batch rows;
  std::vector<uint32_t> hash_prefixes;  // High halves of key hashes; empty: not keyed.
  std::vector<uint32_t> slots;          // Empty: not a slot table.
  std::vector<uint32_t> erased;
};

/// Gathers parts of one table into blocks. Threads: one.
class SectionBuilder {
 public:
  /// A block is closed when it has `block_bytes` before compression.
  explicit SectionBuilder(int64_t block_bytes) : block_bytes_(block_bytes) {}

  Status Add(const SubtaskSnapshot::Part& part, arrow::MemoryPool* pool);
  /// Bytes of the closed blocks and of the open one.
  int64_t bytes() const { return static_cast<int64_t>(blocks_.size() + raw_.size()); }
  bool empty() const { return num_blocks_ == 0 && num_groups_ == 0; }
  /// Appends the section's bytes to `out`, for the place at out's present end in `object`; empty
  /// afterwards.
  Status Finish(const Schema& schema, std::string_view object, std::string* out);

 private:
  Status AddRows(const SubtaskSnapshot::Part& part, int64_t begin, int64_t end,
                 arrow::MemoryPool* pool);
  Status AddGroup(const SubtaskSnapshot::Part& part, const Batch& rows, int64_t begin,
                  std::span<const uint32_t> erased, arrow::MemoryPool* pool);
  Status CloseBlock();

  int64_t block_bytes_;
  std::string blocks_;  // Closed, with their heads.
  uint32_t num_blocks_ = 0;
  std::string raw_;         // The open block, without its head.
  std::string compressed_;  // Room to compress a block in.
  uint32_t num_groups_ = 0;
};

/// Reads a section that was written for this place. Errors: kCorruption that names the object.
Result<std::vector<SectionRows>> DecodeSection(std::string_view bytes, const Schema& schema,
                                               std::string_view object, int64_t offset,
                                               arrow::MemoryPool* pool);

/// "[["k0","INT NOT NULL"],...]": what the hash in a section's head is taken of.
std::string StateSchemaText(const Schema& schema);
Result<Schema> ParseStateSchema(std::string_view text);
/// XXH3-64 of `bytes`, seeded by a name and an offset in it.
uint64_t PlaceChecksum(std::string_view bytes, std::string_view object, int64_t offset);

}  // namespace weir

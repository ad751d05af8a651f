// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The two kinds of small files, both JSON in a sealed envelope
//
//   {"checksum":"0123456789abcdef","content":{"format":"weir-manifest","version":1, ...}}
//
// whose checksum is XXH3-64 over the bytes of `content`, seeded by the object's name:
//
//   manifest      everything an epoch consists of: nodes, their tables, and where in which object
//                 each part of a table lies
//   epoch record  which manifest an epoch number stands for; putting it is the commit point
//
// A table of one writer is a list of layers: a full one and what has changed since, by slot.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "weir/checkpoint/checkpoint_storage.h"

namespace weir {

/// Bytes of an object that hold one section (checkpoint/section.h).
struct SectionPlace {
  std::string object;
  int64_t offset = 0;
  int64_t length = 0;
  int64_t rows = 0;
  uint64_t checksum = 0;  // The one at the section's end.
};

/// What one epoch has written of a table.
struct TableLayer {
  int64_t epoch = 0;
  std::vector<SectionPlace> sections;
};

struct TableState {
  Schema schema;
  bool is_slot_table = false;
  bool is_keyed = false;
  // High halves of the key hashes of all rows lie between these.
  uint32_t hash_min = 0xffffffffu, hash_max = 0;
  std::vector<TableLayer> layers;  // Oldest first; slot tables only have more than one.
};

struct WriterState {
  int subtask = 0;
  bool is_finished = false;
  int64_t watermark_millis = std::numeric_limits<int64_t>::min();
  std::map<std::string, TableState> tables;
};

struct NodeState {
  int parallelism = 0;
  std::vector<WriterState> writers;  // By subtask, ascending.
};

struct Manifest {
  int64_t epoch = 0;
  int64_t generation = 0;
  EpochKind kind = EpochKind::kCheckpoint;
  int64_t created_micros = 0;
  std::map<std::string, NodeState> nodes;
  EpochFacts facts;
};

/// A line of the epoch log.
struct EpochRecord {
  EpochKind kind = EpochKind::kCheckpoint;
  int64_t epoch = 0;
  int64_t generation = 0;
  std::string manifest;  // Its key. A fence names that of the epoch it continues; empty: none.
  std::string nonce;     // Tells the records of two processes apart.
};

std::string SealManifest(const Manifest& manifest, std::string_view object);
/// Errors: kCorruption that names the object; kUnsupported for a newer format version.
Result<Manifest> OpenManifest(std::string_view bytes, std::string_view object);
std::string SealRecord(const EpochRecord& record, std::string_view object);
Result<EpochRecord> OpenRecord(std::string_view bytes, std::string_view object);

/// "checkpoint", "savepoint", "final", "fence".
std::string_view EpochKindName(EpochKind kind);

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to checkpoint/: the log of epoch records, the only agreement between processes.
//
//   epochs/0000000011   checkpoint, generation 9, manifests/0000000011-0000000009-3.json
//   epochs/0000000012   fence, generation 12: a new process; continues manifest ...11...
//   epochs/0000000013   checkpoint, generation 12
//
// A generation's number is that of its fence. Records are put with put-if-absent at the number that
// follows the last one, so of two processes that believe themselves alone one finds it taken.
//
// Old records are deleted, so a process that slept long could find its number free again: whoever
// has put a record looks for greater numbers before he believes in it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weir/checkpoint/manifest.h"

namespace weir {

class EpochLog {
 public:
  EpochLog(ObjectStore* objects, Clock* clock) : objects_(objects), clock_(clock) {}

  /// Reads the end of the log anew.
  Status Load();
  /// Of the greatest record; 0: there is none.
  int64_t last_number() const { return last_number_; }
  /// The epoch that a new process continues: the last one that is no fence, unless a fence says
  /// otherwise. Its number, generation and manifest; nothing if there is none.
  const std::optional<EpochRecord>& newest() const { return newest_; }

  /// Puts the record at last_number() + 1. kPut: it is there, for ever. kTaken: another record is.
  /// Errors: it is not known; Put must be called again with the same record before anything else.
  enum class Outcome : uint8_t { kPut, kTaken };
  Result<Outcome> Put(const EpochRecord& record);

  /// Numbers of all records, ascending.
  Result<std::vector<int64_t>> Numbers();
  Result<EpochRecord> Read(int64_t number);
  static std::string KeyOf(int64_t number);

 private:
  ObjectStore* objects_;
  Clock* clock_;
  int64_t last_number_ = 0;
  std::optional<EpochRecord> newest_;
};

}  // namespace weir

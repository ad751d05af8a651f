// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What the writers of a file sink tell its commits, and one run tells the next: one line of text
// in an epoch.
//   F  subtask 0, 812 bytes, dt=1/ , dir/dt=1/.job.part-...-0-00003.json.inprogress -> part-...
#pragma once

#include <string>
#include <vector>

#include "weir/base/error.h"

namespace weir {

struct SinkRecord {
  enum class Kind : char {
    kFile = 'F',       // A finished file: `temporary` becomes `target` with the commit.
    kOpen = 'O',       // A file that is written to: `bytes` of it are valid and durable.
    kHeld = 'H',       // A finished file that waits to be merged with others, or for the end.
    kDelete = 'D',     // `temporary` goes with the commit; bytes >= 0: if size and time still fit.
    kPending = 'P',    // A partition with rows whose commit is due later; `micros`: since when.
    kPublish = 'S',    // A partition whose policies run after the commit.
    kBusy = 'B',       // A writer has an open file in the partition.
    kWatermark = 'W',  // Of a subtask, in `micros`.
    kEnd = 'E',        // A subtask has ended; subtask -1: all have.
    kOverwrite = 'R',  // The job replaces what was there before, at its end.
  };

  Kind kind = Kind::kFile;
  int subtask = 0;
  int parallelism = 0;
  int64_t bytes = 0;
  int64_t micros = 0;     // Files and partitions: wall clock of the first row.
  std::string schema;     // What the file holds: files of different schemas are not merged.
  std::string partition;  // "dt=1/hour=2/", escaped as in the path; or "".
  std::string temporary;
  std::string target;

  std::string ToString() const;
  /// Errors: kCorruption.
  static Result<SinkRecord> Parse(const std::string& text);
};

std::vector<std::string> ToStrings(const std::vector<SinkRecord>& records);
Result<std::vector<SinkRecord>> ParseRecords(const std::vector<std::string>& texts);

}  // namespace weir

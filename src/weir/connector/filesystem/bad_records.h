// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <memory>
#include <string>

#include "weir/connector/connector.h"
#include "weir/format/format.h"

namespace weir {

/// What a table does with bad records: '<format>.on-bad-record' = fail (default), skip, or
/// dead-letter.
struct BadRecordPolicy {
  enum class Action : uint8_t { kFail, kSkip, kDeadLetter } action = Action::kFail;
  std::string dead_letter_path;  // A directory; one file a split.
  std::string format_name;       // For hints.
};
Result<BadRecordPolicy> ReadBadRecordPolicy(const TableContext& table, const Format& format);

/// Applies the policy to the bad records of one split, and counts them. Threads: one.
class FileBadRecords : public BadRecordHandler {
 public:
  FileBadRecords(BadRecordPolicy policy, std::string file, const Environment* environment);
  Status OnBadRecord(const BadRecord& record) override;
  /// Writes out what is buffered; at the end of the split.
  Status Finish();
  int64_t count() const { return count_; }

 private:
  BadRecordPolicy policy_;
  std::string file_;
  const Environment* environment_;
  std::unique_ptr<WritableFile> dead_letters_;
  int64_t count_ = 0;
};

}  // namespace weir

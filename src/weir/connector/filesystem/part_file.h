// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <memory>
#include <string>

#include "weir/connector/filesystem/sink_table.h"

namespace weir {

/// One file that a writer of a sink is writing to. Threads: one.
class PartFile {
 public:
  struct Names {
    std::string partition;  // "dt=1/", or "".
    std::string temporary, target;
  };
  PartFile(const SinkTable& table, Names names);

  Status Open();
  Status Write(const Batch& batch);
  /// Makes all rows so far durable and goes on; record formats only.
  Status Persist();
  /// Ends the file; it is durable then, its name is not.
  Status Finish();
  int64_t bytes() const;
  /// kFile when finished, kOpen before.
  SinkRecord Record() const;

  const Names& names() const { return names_; }
  int64_t opened_micros() const { return opened_micros_; }  // Monotonic.
  int64_t written_micros() const { return written_micros_; }
  int64_t created_micros() const { return created_micros_; }  // Wall clock.
  void set_written_micros(int64_t now) { written_micros_ = now; }

 private:
  Status Flush();

  const SinkTable& table_;
  Names names_;
  std::unique_ptr<WritableFile> file_;
  std::unique_ptr<RecordEncoder> encoder_;
  std::unique_ptr<BulkWriter> bulk_;
  std::string buffer_;
  int64_t opened_micros_ = 0, written_micros_ = 0, created_micros_ = 0;
  bool finished_ = false;
};

}  // namespace weir

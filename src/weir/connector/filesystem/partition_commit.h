// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// When a partition counts as complete, and what is done then.
//   trigger  process-time: its first row came longer ago than the delay
//            partition-time: the watermark has passed the time in its name plus the delay
//   policy   success-file: an empty file _SUCCESS in it; custom: one that was registered by name
// Late rows make a partition pending again, and it is committed again.
// Source: Flink documentation, "FileSystem SQL Connector", Partition Commit.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weir/connector/connector.h"

namespace weir {

/// A partition to be committed.
struct PartitionToCommit {
  std::string table_name;
  std::string path;                                         // Of its directory.
  std::vector<std::pair<std::string, std::string>> values;  // By column, unescaped, in order.
};

/// What is done with a complete partition. Idempotent: after a crash it is repeated.
class PartitionCommitPolicy {
 public:
  virtual ~PartitionCommitPolicy() = default;
  virtual Status Commit(const PartitionToCommit& partition, const Environment& environment) = 0;
};

/// Makes a policy; `parameters` are those of 'sink.partition-commit.policy.class.parameters'.
using PartitionPolicyFactory = std::function<Result<std::unique_ptr<PartitionCommitPolicy>>(
    const TableContext& table, const std::vector<std::string>& parameters)>;
/// By the name in 'sink.partition-commit.policy.class'.
using PartitionPolicies = std::map<std::string, PartitionPolicyFactory>;

/// The connector with custom policies.
std::unique_ptr<Connector> MakeFilesystemConnector(PartitionPolicies policies);

/// The policies that the table's options name; none when there is nothing to do.
Result<std::vector<std::unique_ptr<PartitionCommitPolicy>>> MakePartitionPolicies(
    const TableContext& table, const PartitionPolicies& custom);

/// "dt=a%2Fb/hour=2/" -> {dt, a/b}, {hour, 2}.
std::vector<std::pair<std::string, std::string>> PartitionValues(const std::string& partition);

/// Threads: any (reading only).
class PartitionTrigger {
 public:
  struct Moment {
    int64_t now_micros = 0;  // Wall clock.
    int64_t watermark_millis = 0;
  };

  /// Errors: kInvalidQuery and kUnsupported for the table's options.
  static Result<PartitionTrigger> Make(const TableContext& table);
  /// Errors: kInvalidData when the partition's name holds no time, and a time is needed.
  Status Check(const std::string& partition) const { return TimeOf(partition).status(); }
  /// Whether a partition that has had rows since `created_micros` is complete. The partition of
  /// NULL has no time: it is complete when the job ends.
  bool IsComplete(const std::string& partition, int64_t created_micros, Moment moment) const;

 private:
  Result<std::optional<int64_t>> TimeOf(const std::string& partition) const;

  std::string table_name_;
  bool by_partition_time_ = false;
  int64_t delay_micros_ = 0;
  std::string zone_ = "UTC";
  std::string pattern_, formatter_, default_name_;
};

/// Milliseconds since 1970 of the local time `text`, read by a pattern of Java's DateTimeFormatter
/// (numbers and literals only; empty: "yyyy-M-d[ H:m:s]").
/// Errors: kInvalidData for the text, kUnsupported for letters of the pattern.
Result<int64_t> ParseLocalTime(std::string_view text, std::string_view pattern);

}  // namespace weir

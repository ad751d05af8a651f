// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The end of an INSERT: rows, made to fit the table's constraints, into one writer of a sink.
//   rows -> constraints -> row kinds the sink takes -> writer -> (barrier, end) prepared
// Nothing becomes visible before SinkCommits::Publish, which the job calls when an epoch has become
// true, or once every subtask has ended well; an operator that is destroyed before its end throws
// away what it wrote since.
#pragma once

#include <memory>

#include "weir/connector/sink_commits.h"
#include "weir/operator/constraint_enforcer.h"
#include "weir/operator/operator.h"

namespace weir {

enum class UpdateBefore : uint8_t { kKeep, kDrop };

struct SinkSpec {
  std::shared_ptr<SinkCommits> commits;  // One for all subtasks; its sink makes the writers.
  ConstraintSpec constraints;
  UpdateBefore update_before = UpdateBefore::kKeep;  // kDrop: the sink goes by key.
};

Result<std::unique_ptr<Operator>> MakeSink(SinkSpec spec, OperatorContext& context);

}  // namespace weir

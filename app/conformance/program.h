// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What all runs of a table program share: its tables in a session, its statements, the comparison
// of what sinks received.
//
// One phase: sources give all rows and end. Two phases: the sources of phase 1 give the rows
// before the savepoint and stay open; those of phase 2 hold only the rows after it, at positions
// that go on where phase 1 stopped, as a log does whose old rows are gone. So a position that was
// not restored, or is not the one where phase 1 stopped, is an error and never a row too many.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "conformance.h"
#include "weir/connector/values/values_store.h"

namespace weir::conformance {

/// Which rows a run's sources give, and a comparison expects.
enum class Part : uint8_t { kAll, kBefore, kAfter };

struct SourceSetting {
  Part rows = Part::kAll;
  bool stays_open = false;  // No end of input after the last row.
  bool is_bounded = true;
};

struct ProgramSink {
  std::string name;
  Json step;
};

/// Creates what `setup` lists. `sinks` gets the sinks in order.
std::optional<Failure> SetUpProgram(Session& session, const Json& test,
                                    const SourceSetting& sources, std::vector<ProgramSink>* sinks);
/// The SQL of a step of `run`; empty when it has none.
std::string SqlOf(const Json& step);

/// Empty when `received` is what `sink` must have by the end of `part`, else what differs.
/// `folds`: the content counts, whatever the sink asks for.
Result<std::string> CompareSink(const ProgramSink& sink, const ValuesRows& received, Part part,
                                bool is_batch, bool folds);
/// The outcome of a step that must fail.
CaseResult RunFailing(const std::string& id, const Json& step,
                      const std::optional<Failure>& failure);

/// The session options of a run with so many subtasks.
std::map<std::string, std::string> OptionsOf(const Json& test, const Json& run, int parallelism);
/// A run of kind `restore` or `restore-open`.
CaseResult RunInTwoPhases(const std::string& id, const Json& test, const Json& run,
                          const RunOptions& options);

}  // namespace weir::conformance

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Checks an operator by a script, text in and text out:
//
//   CheckOperator(MakeDeduplicate, DeduplicateSpec{.key_columns = {0}, .keep = Keep::kFirst}, R"(
//     input k STRING, n INT            one line an input
//     output k STRING, n INT           optional: types of the result are checked
//     in   +I a 1  +I a 2  +I b 5      one batch (in1: of input 1); `in` may go on in the next
//     lines that begin with a kind out  +I a 1  +I b 5              exactly what has come out since
//     the last `out` watermark 5                      event time in milliseconds, on all inputs
//     time 1000                        the clock, milliseconds; calls OnTimer when due
//     checkpoint                       saves, destroys, restores, goes on
//     error division by zero           the event before it must fail so; the last line
//     end                              ends all inputs, after their last watermark; `end 1` only
//     input 1 out
//   )");
//
// Settings, before the first event: `unordered` compares an `out` as a multiset; `show watermarks`
// has w5 among the rows of `out`; `key 0 2` says which columns the changes go by where the output
// has no -U; `strict` wants the same changes whatever the batches are (else one row at a time the
// changes may be others if they fold to the same content). Comments begin with --. An `out` line
// that is missing is not compared; at the end of the script nothing may be left over.
//
// The script runs three times: as it stands; with outputs that are full after each batch and
// batches of two rows at most; one row at a time. Always within contract checks
// (runtime/contract_check.h). WEIR_UPDATE_EXPECTED=1 rewrites the `out` lines in the test's source
// from the first run. Values and rows: testing/text_batch.h.
#pragma once

#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <utility>

#include "weir/operator/operator.h"

namespace weir {

using OperatorFactory = std::function<Result<std::unique_ptr<Operator>>(OperatorContext&)>;

/// Runs `script` against operators that `factory` makes. Failures are GoogleTest's.
void CheckOperatorScript(const OperatorFactory& factory, const std::string& script,
                         std::source_location where);

template <typename Make, typename Spec>
void CheckOperator(Make make, Spec spec, const std::string& script,
                   std::source_location where = std::source_location::current()) {
  CheckOperatorScript([make, spec](OperatorContext& context) { return make(spec, context); },
                      script, where);
}

using SourceFactory = std::function<Result<std::unique_ptr<SourceOperator>>(OperatorContext&)>;

struct SourceRun {
  int64_t batch_rows_max = 4096;
  int64_t polls_max = 10'000;  // An unbounded source ends after them.
  bool show_batches = false;   // " | " after each batch.
};
/// Polls a source to its end and gives what it emitted on one line: "+I a 1 w5 +I b 2 idle active
/// end".
std::string RunSource(const SourceFactory& factory, SourceRun run = {});

}  // namespace weir

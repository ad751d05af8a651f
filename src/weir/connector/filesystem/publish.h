// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The steps by which files of a sink become visible. All of them can be repeated, and can be cut
// off anywhere in between.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "weir/connector/filesystem/sink_table.h"

namespace weir {

/// kAgain: an epoch whose files may have been published already, and been taken away since.
enum class Publishing : uint8_t { kFirst, kAgain };

/// Renames files (kFile), then deletes what they replace (kDelete); other records are passed over.
/// Errors: kCorruption when a written file is gone.
Status Publish(const SinkTable& table, const std::vector<SinkRecord>& records,
               Publishing publishing);
/// Ends a file that an epoch names as not published yet (kOpen, kHeld); what was written to it
/// later is cut off. False: it has been published since, by a run that went on from there. Errors:
/// kCorruption when it is gone, or holds less than it did.
Result<bool> FinishFile(const SinkTable& table, const SinkRecord& begun);
/// Deletes the hidden files of this job, but for those named in `keep` (without directory).
Status DeleteLeftovers(const SinkTable& table, const std::set<std::string>& keep);

}  // namespace weir

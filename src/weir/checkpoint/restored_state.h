// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to checkpoint/: reads the state that a manifest names.
//
//   old subtask 0   full, delta, delta   --merge by slot-->  rows  \   by key hash
//   old subtask 1   full                 ------------------>  rows  -> new subtask 0, 1, 2
//
// Old subtasks whose key hashes are all another's are not fetched. Sections that several new
// subtasks need are kept decoded, up to a limit, so that they are mostly fetched and decoded once.
#pragma once

#include <memory>

#include "weir/checkpoint/manifest.h"

namespace weir {

/// `objects` outlives the result.
std::shared_ptr<const RestoredState> MakeRestoredState(ObjectStore* objects, Manifest manifest);

/// The object, or kCorruption if it does not exist though `named_by` names it.
Result<std::string> GetNamedObject(ObjectStore& objects, const std::string& key,
                                   std::string_view named_by);

}  // namespace weir

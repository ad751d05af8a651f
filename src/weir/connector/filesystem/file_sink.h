// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <memory>

#include "weir/connector/connector.h"
#include "weir/connector/filesystem/partition_commit.h"
#include "weir/format/format.h"

namespace weir {

/// Writes files below the directory `path`. They have hidden temporary names until they are
/// committed.
Result<std::unique_ptr<Sink>> MakeFileSink(const TableContext& table, const Format* format,
                                           const std::string& path,
                                           const PartitionPolicies& policies);

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <memory>

#include "weir/connector/filesystem/sink_table.h"

namespace weir {

/// Writes the rows of one subtask into files, one open file a partition at a time.
std::unique_ptr<SinkWriter> MakeFileSinkWriter(std::shared_ptr<const SinkTable> table, int subtask,
                                               int parallelism);

}  // namespace weir

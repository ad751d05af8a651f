// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'connector' = 'changelog': a sink for tests that writes every change it is given to files,
// exactly once, one line a row: "+I|a|1". Files are "part-<sequence>-<subtask>" with sequences that
// only grow, so that the lines of all files in order of their names are the changelog.
//   CREATE TABLE out (k STRING, n BIGINT, PRIMARY KEY (k) NOT ENFORCED)
//     WITH ('connector' = 'changelog', 'path' = '/out', 'changes' = 'I,UA,D')
// It is also the smallest complete example of a two-phase sink.
#pragma once

#include <memory>

#include "weir/connector/connector.h"

namespace weir {

std::unique_ptr<Connector> MakeChangelogConnector();

}  // namespace weir

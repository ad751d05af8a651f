// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'connector' = 'segments': a source for tests that never ends, in partitions of which each keeps
// its order; what a message log is, in the smallest form. Partition p is the files
// <path>/<p>/000, <path>/<p>/001, ... one after the other, each whole once it is there, with rows
// as testing/text_batch.h writes them, one a line. A partition may be silent for as long as it
// likes: nothing but the state of a job knows then how far it was.
//   CREATE TABLE log (k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
//     WITH ('connector' = 'segments', 'path' = '/in/log', 'partitions' = '2')
#pragma once

#include <memory>

#include "weir/connector/connector.h"

namespace weir {

std::unique_ptr<Connector> MakeSegmentConnector();

}  // namespace weir

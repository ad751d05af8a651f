// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The end of a SELECT: hands rows to the reader of a result queue, and waits for it when it is
// slow. A reader that closes the queue ends the query's sources.
#pragma once

#include <memory>

#include "weir/connector/result_queue.h"
#include "weir/operator/operator.h"

namespace weir {

struct CollectSpec {
  std::shared_ptr<ResultQueue> queue;
};

/// For one subtask. The queue is finished when the input ends; on failure whoever runs the job
/// finishes it.
Result<std::unique_ptr<Operator>> MakeCollect(CollectSpec spec, OperatorContext& context);

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// UNION ALL: every input's rows, as they come. Watermarks of the inputs are combined by the
// runtime.
//   in  +I a      in1  +I b
//   out +I a           +I b
#pragma once

#include <memory>

#include "weir/operator/operator.h"

namespace weir {

struct UnionSpec {
  Schema output;  // Inputs may differ from it in nullability.
};

Result<std::unique_ptr<Operator>> MakeUnion(UnionSpec spec, OperatorContext& context);

}  // namespace weir

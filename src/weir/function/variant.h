// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// variant['name'] and variant[1], for ITEM.
#pragma once

#include "weir/expr/kernel.h"

namespace weir {

/// The kernel of an access by name (CHARACTER) or by position from 1 (BIGINT). What is not there is
/// NULL; a name of what is no object, or a position in what is no array, is a row error.
Result<Kernel> MakeVariantItem(const CallInfo& call);

}  // namespace weir

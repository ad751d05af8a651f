// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Configuration keys: which are known, and whether a value is one of the option's type.
#pragma once

#include <string>
#include <string_view>

#include "weir/base/error.h"

namespace weir {

/// Checks `value` of a known key; an unknown key gives a warning text with the nearest known name,
/// a good one none.
Result<std::string> CheckOption(std::string_view key, std::string_view value);

}  // namespace weir

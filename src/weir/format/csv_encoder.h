// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include "weir/format/format.h"

namespace weir {

/// Writes one record a row, ended by \n. Texts are quoted where Flink (Jackson) quotes them: when
/// longer than 24 characters or with a character not above the greatest of delimiter, quote and
/// line end.
Result<std::unique_ptr<RecordEncoder>> MakeCsvEncoder(const EncodeSpec& spec);

}  // namespace weir

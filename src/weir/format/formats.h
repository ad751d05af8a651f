// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The built-in formats; all_formats.cc lists them.
#pragma once

#include <memory>

#include "weir/format/format.h"

namespace weir {

std::unique_ptr<Format> MakeCsvFormat();
std::unique_ptr<Format> MakeJsonFormat();
std::unique_ptr<Format> MakeParquetFormat();
std::unique_ptr<Format> MakeRawFormat();

}  // namespace weir

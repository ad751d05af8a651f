// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Bytes that should be UTF-8 and may not be, read as Java reads them: x'61FF62' -> "a\uFFFDb".
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// Appends `bytes`; what is no UTF-8 becomes U+FFFD, one for each longest piece that could have
/// begun a character.
void AppendRepairedUtf8(std::string_view bytes, std::string* out);

}  // namespace weir

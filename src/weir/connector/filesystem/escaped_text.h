// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// Appends `text` (a path) so that it is one line of valid UTF-8 without tabs: "a\tb" -> "a\09b".
void AppendEscaped(std::string_view text, std::string* out);
/// The other way; false when `text` was not written so.
bool AppendUnescaped(std::string_view text, std::string* out);

}  // namespace weir

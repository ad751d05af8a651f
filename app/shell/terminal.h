// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What the terminal is, and texts as it shows them: columns taken, control characters made visible,
// long texts cut.
//   DisplayWidth("日本") = 4      CutText("Washington", 8) = "Washi..."      CleanText("a\nb") =
//   "a\\nb"
// Source: Unicode 15, EastAsianWidth.txt (W, F) and general categories Mn, Me, Cf.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

struct TerminalSize {
  int columns = 80;
  int rows = 24;
};
/// The size of the terminal behind `fd`; 80 x 24 when it does not say.
TerminalSize SizeOfTerminal(int fd);
bool IsTerminal(int fd);

/// Columns that a code point takes: 0, 1 or 2.
int CharWidth(char32_t c);
int DisplayWidth(std::string_view utf8);
/// `utf8` itself when it takes at most `width_max` columns, else its beginning and "..." in that
/// width.
std::string CutText(std::string_view utf8, int width_max);
/// Control characters as \n, \t, \x1b; bytes that are no UTF-8 as U+FFFD: nothing in a cell moves
/// the cursor.
std::string CleanText(std::string_view bytes);
/// Whether CleanText would change nothing.
bool IsCleanText(std::string_view bytes);
/// `bytes` with what is no UTF-8 replaced by U+FFFD.
std::string RepairUtf8(std::string_view bytes);

/// 1234567 -> "1,234,567".
std::string GroupDigits(int64_t value);
/// 1234567 -> "1.2 M".
std::string ShortCount(double value);
/// 0.1234 -> "0.12 s", 75 -> "1:15 min".
std::string ShortDuration(double seconds);

}  // namespace weir

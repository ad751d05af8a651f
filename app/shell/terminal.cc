// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "weir/data/text.h"

namespace weir {
namespace {

struct CodeRange {
  char32_t first, last;
};

constexpr CodeRange kZeroWidth[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489},   {0x0591, 0x05BD}, {0x05BF, 0x05BF}, {0x05C1, 0x05C2},
    {0x05C4, 0x05C5}, {0x0610, 0x061A},   {0x064B, 0x065F}, {0x0670, 0x0670}, {0x06D6, 0x06DC},
    {0x06DF, 0x06E4}, {0x0900, 0x0902},   {0x093C, 0x093C}, {0x0941, 0x0948}, {0x094D, 0x094D},
    {0x0981, 0x0981}, {0x09BC, 0x09BC},   {0x0E31, 0x0E31}, {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},   {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},
    {0x20D0, 0x20FF}, {0x302A, 0x302D},   {0x3099, 0x309A}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
    {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF},
};

constexpr CodeRange kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},
    {0x23F0, 0x23F0},   {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},   {0x26A1, 0x26A1},
    {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},
    {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
    {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},
    {0x2728, 0x2728},   {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},   {0x27BF, 0x27BF},
    {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97F},   {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x16FE0, 0x16FF1}, {0x17000, 0x18CFF}, {0x1B000, 0x1B2FF},
    {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A},
    {0x1F200, 0x1F320}, {0x1F32D, 0x1F335}, {0x1F337, 0x1F37C}, {0x1F37E, 0x1F393},
    {0x1F3A0, 0x1F3CA}, {0x1F3CF, 0x1F3D3}, {0x1F3E0, 0x1F3F0}, {0x1F3F4, 0x1F3F4},
    {0x1F3F8, 0x1F43E}, {0x1F440, 0x1F440}, {0x1F442, 0x1F4FC}, {0x1F4FF, 0x1F53D},
    {0x1F54B, 0x1F54E}, {0x1F550, 0x1F567}, {0x1F57A, 0x1F57A}, {0x1F595, 0x1F596},
    {0x1F5A4, 0x1F5A4}, {0x1F5FB, 0x1F64F}, {0x1F680, 0x1F6C5}, {0x1F6CC, 0x1F6CC},
    {0x1F6D0, 0x1F6D2}, {0x1F6D5, 0x1F6D7}, {0x1F6DC, 0x1F6DF}, {0x1F6EB, 0x1F6EC},
    {0x1F6F4, 0x1F6FC}, {0x1F7E0, 0x1F7EB}, {0x1F7F0, 0x1F7F0}, {0x1F90C, 0x1F93A},
    {0x1F93C, 0x1F945}, {0x1F947, 0x1F9FF}, {0x1FA70, 0x1FAFF}, {0x20000, 0x3FFFD},
};

template <size_t N>
bool IsIn(const CodeRange (&ranges)[N], char32_t c) {
  auto at =
      std::lower_bound(std::begin(ranges), std::end(ranges), c,
                       [](const CodeRange& range, char32_t code) { return range.last < code; });
  return at != std::end(ranges) && at->first <= c;
}

struct Decoded {
  char32_t code = 0;
  size_t bytes = 1;
  bool is_valid = false;
};

/// The code point at the front of `text`, which is not empty.
Decoded DecodeFront(std::string_view text) {
  auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1, true};
  size_t bytes = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
  if (bytes == 1 || lead >= 0xF5 || bytes > text.size()) return {};
  char32_t code = lead & (0xFFu >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {};
    code = code << 6 | (next & 0x3Fu);
  }
  bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (overlong || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
  return {code, bytes, true};
}

bool IsControl(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

bool IsPlainAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

}  // namespace

TerminalSize SizeOfTerminal(int fd) {
  TerminalSize size;
  winsize window = {};
  if (::ioctl(fd, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 && window.ws_row > 0) {
    size.columns = window.ws_col;
    size.rows = window.ws_row;
  }
  return size;
}

bool IsTerminal(int fd) { return ::isatty(fd) == 1; }

int CharWidth(char32_t c) {
  if (c < 0x300) return 1;
  if (IsIn(kZeroWidth, c)) return 0;
  return IsIn(kWide, c) ? 2 : 1;
}

int DisplayWidth(std::string_view utf8) {
  if (IsPlainAscii(utf8)) return static_cast<int>(utf8.size());
  int width = 0;
  while (!utf8.empty()) {
    Decoded front = DecodeFront(utf8);
    width += front.is_valid ? CharWidth(front.code) : 1;
    utf8.remove_prefix(front.bytes);
  }
  return width;
}

std::string CutText(std::string_view utf8, int width_max) {
  if (static_cast<int>(utf8.size()) <= width_max || DisplayWidth(utf8) <= width_max)
    return std::string(utf8);
  int room = std::max(width_max - 3, 0), width = 0;
  size_t end = 0;
  while (end < utf8.size()) {
    Decoded front = DecodeFront(utf8.substr(end));
    int next = front.is_valid ? CharWidth(front.code) : 1;
    if (width + next > room) break;
    width += next;
    end += front.bytes;
  }
  std::string cut(utf8.substr(0, end));
  cut.append(static_cast<size_t>(std::max(0, std::min(3, width_max - width))), '.');
  return cut;
}

bool IsCleanText(std::string_view bytes) {
  if (IsPlainAscii(bytes)) return true;
  while (!bytes.empty()) {
    Decoded front = DecodeFront(bytes);
    if (!front.is_valid || IsControl(front.code)) return false;
    bytes.remove_prefix(front.bytes);
  }
  return true;
}

std::string CleanText(std::string_view bytes) {
  std::string clean;
  while (!bytes.empty()) {
    Decoded front = DecodeFront(bytes);
    if (!front.is_valid) {
      clean += kReplacement;
    } else if (front.code == '\n') {
      clean += "\\n";
    } else if (front.code == '\t') {
      clean += "\\t";
    } else if (front.code == '\r') {
      clean += "\\r";
    } else if (IsControl(front.code)) {
      clean += fmt::format("\\x{:02x}", static_cast<uint32_t>(front.code));
    } else {
      clean += bytes.substr(0, front.bytes);
    }
    bytes.remove_prefix(front.bytes);
  }
  return clean;
}

std::string RepairUtf8(std::string_view bytes) {
  std::string repaired;
  while (!bytes.empty()) {
    Decoded front = DecodeFront(bytes);
    repaired += front.is_valid ? bytes.substr(0, front.bytes) : kReplacement;
    bytes.remove_prefix(front.bytes);
  }
  return repaired;
}

std::string GroupDigits(int64_t value) {
  std::string digits = fmt::format("{}", value);
  size_t first = value < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string ShortCount(double value) {
  static constexpr std::pair<double, const char*> kUnits[] = {
      {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "K"}};
  for (auto [size, unit] : kUnits) {
    if (value < size * 0.9995) continue;
    double scaled = value / size;
    return scaled < 99.95 ? fmt::format("{:.1f} {}", scaled, unit)
                          : fmt::format("{:.0f} {}", scaled, unit);
  }
  return fmt::format("{:.0f}", value);
}

std::string ShortDuration(double seconds) {
  if (seconds < 60) return fmt::format("{:.2f} s", seconds);
  auto whole = static_cast<int64_t>(seconds);
  if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60);
}

}  // namespace weir

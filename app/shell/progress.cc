// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "progress.h"

#include <unistd.h>

#include <algorithm>

#include "terminal.h"
#include "weir/data/text.h"

namespace weir {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(500);
constexpr int kLinesMax = 6;
constexpr int kEchoColumns = 5;     // Left free for the terminal's "^C", which must not wrap.
constexpr double kSmoothing = 0.5;  // Weight of the newest reading.

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::string ClockText(double seconds) {
  auto whole = static_cast<int64_t>(seconds);
  return whole < 3600 ? fmt::format("{}:{:02}", whole / 60, whole % 60)
                      : fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string PositionText(const std::vector<std::string>& positions) {
  std::vector<std::string> known;
  for (const std::string& position : positions) {
    if (!position.empty() && (known.empty() || known.back() != position)) known.push_back(position);
  }
  if (known.size() > 2) known = {known[0], fmt::format("{} more", known.size() - 1)};
  return fmt::format("{}", fmt::join(known, ", "));
}

}  // namespace

std::string ShortNodeName(std::string_view name) {
  size_t open = name.find('('), close = name.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::string(name);
  std::string inside(name.substr(open + 1, close - open - 1));
  // The last part of a full name; a file name may hold dots itself.
  size_t last = inside.rfind("`.`");
  if (last != std::string::npos) inside = inside.substr(last + 3);
  std::erase(inside, '`');
  return inside.empty() ? std::string(name) : inside;
}

int64_t RowsWritten(const std::vector<NodeProgress>& nodes) {
  int64_t rows = 0;
  for (const NodeProgress& node : nodes) {
    if (node.name.starts_with("Sink")) rows += node.counters.rows_in;
  }
  return rows;
}

std::vector<std::string> ProgressMeter::Lines(const std::vector<NodeProgress>& nodes,
                                              double seconds) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const NodeProgress& node = nodes[i];
    if (!node.is_source) continue;
    Reading& reading = readings_[i];
    double passed = seconds - reading.seconds;
    if (passed > 0.05) {
      double rate = static_cast<double>(node.counters.rows_out - reading.rows) / passed;
      reading.rate =
          reading.seconds == 0 ? rate : reading.rate * (1 - kSmoothing) + rate * kSmoothing;
      reading.rows = node.counters.rows_out;
      reading.seconds = seconds;
    }
    std::string line =
        lines.empty() ? ClockText(seconds) : std::string(ClockText(seconds).size(), ' ');
    line += fmt::format("  {}  {} rows  {} rows/s", ShortNodeName(node.name),
                        ShortCount(static_cast<double>(node.counters.rows_out)),
                        ShortCount(reading.rate));
    int64_t watermark = node.counters.watermark_millis;
    if (watermark > Watermark::kMin / 1000 && watermark < Watermark::kMax / 1000) {
      line += "  watermark ";
      AppendTimestamp(watermark * 1000, 3, &line);
    }
    // Last, since it may be long and the line is cut at the terminal's width.
    std::string position = PositionText(node.positions);
    if (!position.empty()) line += "  at " + position;
    lines.push_back(std::move(line));
  }
  if (lines.empty()) lines.push_back(ClockText(seconds));
  return lines;
}

ProgressLines::ProgressLines(const QueryResult& result)
    : result_(result), thread_([this] { Run(); }) {}

ProgressLines::~ProgressLines() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    EraseLocked();
  }
  stopped_.notify_all();
  thread_.join();
}

void ProgressLines::Erase() {
  std::lock_guard lock(mutex_);
  EraseLocked();
}

void ProgressLines::EraseLocked() {
  if (lines_shown_ == 0) return;
  std::string text = "\r";
  if (lines_shown_ > 1) text += fmt::format("\x1b[{}A", lines_shown_ - 1);
  text += "\x1b[J";
  lines_shown_ = 0;
  (void)!::write(STDERR_FILENO, text.data(), text.size());
}

void ProgressLines::Run() {
  std::unique_lock lock(mutex_);
  while (!stopped_.wait_for(lock, kInterval, [this] { return stop_; })) {
    TerminalSize size = SizeOfTerminal(STDERR_FILENO);
    std::vector<std::string> lines = meter_.Lines(result_.Progress(), SecondsSince(start_));
    auto lines_max = static_cast<size_t>(std::clamp(size.rows - 2, 1, kLinesMax));
    if (lines.size() > lines_max) {
      lines.resize(lines_max);
    }
    EraseLocked();
    std::string text;
    for (const std::string& line : lines) {
      if (!text.empty()) text += "\n";
      text += CutText(CleanText(line), size.columns - kEchoColumns);
    }
    lines_shown_ = static_cast<int>(lines.size());
    (void)!::write(STDERR_FILENO, text.data(), text.size());
  }
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "table_view.h"

#include <unistd.h>

#include <algorithm>

#include "terminal.h"

namespace weir {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr auto kFrameInterval = std::chrono::milliseconds(100);
constexpr auto kIdleInterval =
    std::chrono::milliseconds(500);  // The figures below the table move on their own.
constexpr int kFrameOverhead = 5;    // Lines around the rows: borders, header, figures.

void WriteTerminal(std::string_view text) {
  while (!text.empty()) {
    ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

TableView::TableView(const QueryResult& result, const PrintSettings& settings, OutputStream* out)
    : result_(result),
      settings_(settings),
      table_(result, settings, out),
      thread_([this] { Run(); }) {}

TableView::~TableView() { Stop(); }

void TableView::Stop() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    if (lines_shown_ > 0) WriteTerminal(fmt::format("\r\x1b[{}A\x1b[J", lines_shown_));
    lines_shown_ = 0;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

Status TableView::OnBatch(const Batch& batch) {
  std::lock_guard lock(mutex_);
  is_changed_ = true;
  return table_.OnBatch(batch);
}

Status TableView::OnEnd(const PrintEnd& end) {
  Stop();
  return table_.OnEnd(end);
}

void TableView::Run() {
  std::unique_lock lock(mutex_);
  auto next =
      SteadyClock::now() + 2 * kFrameInterval;  // A result that is there at once is printed once.
  SteadyClock::time_point drawn;
  while (!stopped_.wait_until(lock, next, [this] { return stop_; })) {
    auto begin = SteadyClock::now();
    next = begin + kFrameInterval;
    if (!is_changed_ && begin - drawn < kIdleInterval) continue;
    Draw();
    is_changed_ = false;
    drawn = begin;
    // Drawing holds the rows up: it may take a tenth of the time.
    next = std::max(next, begin + 10 * (SteadyClock::now() - begin));
  }
}

std::string TableView::Frame(int rows_max, int columns_max) {
  const RowStore& store = table_.rows();
  int64_t shown_max = std::max(rows_max - kFrameOverhead, 1);
  bool fits = store.total() <= shown_max;
  int64_t tail_max = store.is_append_only() ? shown_max - 1 : 0;
  RowStore::View view = fits ? store.AllRows() : store.Rows(shown_max - 1 - tail_max, tail_max);
  Box box(result_.schema(), settings_.column_width_max);
  for (const auto* part : {&view.head, &view.tail}) {
    for (const FoldedRow* row : *part) box.Fit(row->cells);
  }
  box.Shrink(columns_max);
  std::string frame;
  box.AppendHeader(&frame);
  for (const FoldedRow* row : view.head) box.AppendRow(row->cells, &frame);
  if (view.omitted > 0)
    box.AppendNote(fmt::format("... {} more rows ...", GroupDigits(view.omitted)), &frame);
  for (const FoldedRow* row : view.tail) box.AppendRow(row->cells, &frame);
  box.AppendBorder(&frame);
  double seconds = std::chrono::duration<double>(SteadyClock::now() - start_).count();
  std::vector<std::string> figures = meter_.Lines(result_.Progress(), seconds);
  frame += fmt::format("{} row{}, Ctrl-C ends  {}\n", GroupDigits(store.total()),
                       store.total() == 1 ? "" : "s", CleanText(figures[0]));
  return frame;
}

void TableView::Draw() {
  TerminalSize size = SizeOfTerminal(STDOUT_FILENO);
  std::string frame = Frame(size.rows - 1, size.columns - 1);
  std::string text;
  if (lines_shown_ > 0) text = fmt::format("\r\x1b[{}A", lines_shown_);
  lines_shown_ = 0;
  for (size_t begin = 0; begin < frame.size(); ++lines_shown_) {
    size_t end = frame.find('\n', begin);
    text += CutText(std::string_view(frame).substr(begin, end - begin), size.columns - 1);
    text += "\x1b[K\n";
    begin = end + 1;
  }
  text += "\x1b[J";
  WriteTerminal(text);
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "terminal.h"

#include <gtest/gtest.h>

#include "progress.h"

namespace weir {
namespace {

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("日本"), 4);
  EXPECT_EQ(DisplayWidth("é"), 1);
  EXPECT_EQ(DisplayWidth("e\xCC\x81"), 1);  // A combining accent.
  EXPECT_EQ(DisplayWidth("😀"), 2);
  EXPECT_EQ(DisplayWidth("\xFF"), 1);
}

TEST(CutText, KeepsWithinTheWidth) {
  EXPECT_EQ(CutText("Washington", 10), "Washington");
  EXPECT_EQ(CutText("Washington", 8), "Washi...");
  EXPECT_EQ(CutText("日本語テキスト", 8), "日本...");
  EXPECT_EQ(CutText("abc", 2), "..");
}

TEST(CleanText, ShowsControlCharacters) {
  EXPECT_EQ(CleanText("a\nb\t\x1b[0m"), "a\\nb\\t\\x1b[0m");
  EXPECT_EQ(CleanText("a\xFF"), "a\xEF\xBF\xBD");
  EXPECT_EQ(CleanText("\xC2\x9B"), "\\x9b");  // A terminal takes it for ESC [.
  EXPECT_TRUE(IsCleanText("日本"));
}

TEST(Numbers, ReadWell) {
  EXPECT_EQ(GroupDigits(0), "0");
  EXPECT_EQ(GroupDigits(123), "123");
  EXPECT_EQ(GroupDigits(-1234567), "-1,234,567");
  EXPECT_EQ(ShortCount(999), "999");
  EXPECT_EQ(ShortCount(1'234'567), "1.2 M");
  EXPECT_EQ(ShortDuration(0.123), "0.12 s");
  EXPECT_EQ(ShortDuration(75), "1:15 min");
}

NodeProgress Source(std::string name, int64_t rows, int64_t watermark, std::string position) {
  NodeProgress node;
  node.name = std::move(name);
  node.is_source = true;
  node.counters.rows_out = rows;
  node.counters.watermark_millis = watermark;
  node.positions = {std::move(position)};
  return node;
}

TEST(ProgressMeter, TellsRowsRateWatermarkAndPosition) {
  ProgressMeter meter;
  (void)meter.Lines({Source("Scan(`c`.`d`.`clicks`)", 1000, Watermark::kMin, "")}, 1);
  EXPECT_EQ(meter.Lines({Source("Scan(`c`.`d`.`clicks`)", 3'001'000, 0, "45 %")}, 2)[0],
            "0:02  clicks  3.0 M rows  1.5 M rows/s  watermark 1970-01-01 00:00:00.000  at 45 %");
}

TEST(ProgressMeter, HasALineASource) {
  ProgressMeter meter;
  NodeProgress filter;
  filter.name = "Calc";
  EXPECT_EQ(
      meter.Lines({Source("Scan(a)", 0, 0, ""), Source("Scan(b)", 0, 0, ""), filter}, 1).size(),
      2u);
}

TEST(RowsWritten, CountsWhatSinksTook) {
  NodeProgress sink;
  sink.name = "Sink(t)";
  sink.counters.rows_in = 7;
  EXPECT_EQ(RowsWritten({Source("Scan(a)", 9, 0, ""), sink}), 7);
}

}  // namespace
}  // namespace weir

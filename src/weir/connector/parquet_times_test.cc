// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Timestamps of Parquet files that Weir does not write itself: INT96 of all years, and integers of
// every unit read with every precision. What the file has beyond the precision is cut off.
#include <arrow/io/file.h>
#include <parquet/column_writer.h>
#include <parquet/file_writer.h>

#include <cstring>
#include <utility>

#include "weir/connector/test_table.h"
#include "weir/data/ticks.h"

namespace weir {
namespace {

using parquet::schema::GroupNode;
using parquet::schema::NodePtr;
using parquet::schema::PrimitiveNode;

constexpr int64_t kNanosPerDay = 86'400'000'000'000;

// A Julian day and the nanosecond of the day.
parquet::Int96 MakeInt96(Int128 nanos) {
  const SplitTicks split = Split(nanos, kNanosPerDay);
  parquet::Int96 value;
  value.value[2] = static_cast<uint32_t>(split.units + 2'440'588);
  std::memcpy(value.value.data(), &split.rest, sizeof(split.rest));
  return value;
}

// Writes one row group of the column `t`, a NULL behind the values.
template <typename Writer, typename T>
void WriteFile(const std::string& path, const NodePtr& column, const std::vector<T>& values) {
  auto file = arrow::io::FileOutputStream::Open(path).ValueOrDie();
  auto schema = std::static_pointer_cast<GroupNode>(
      GroupNode::Make("schema", parquet::Repetition::REQUIRED, {column}));
  auto writer = parquet::ParquetFileWriter::Open(file, schema);
  auto* chunk = static_cast<Writer*>(writer->AppendRowGroup()->NextColumn());
  std::vector<int16_t> levels(values.size() + 1, 1);
  levels.back() = 0;
  chunk->WriteBatch(static_cast<int64_t>(levels.size()), levels.data(), nullptr, values.data());
  writer->Close();
}

std::string ReadAs(const std::string& path, const std::string& type) {
  TestTable table({{"connector", "filesystem"}, {"path", path}, {"format", "parquet"}},
                  "t " + type);
  return table.Read();
}

TEST(ParquetTimes, Int96ReachesAllYears) {
  TestDirectory dir;
  const std::string path = dir.Write("int96.parquet", "");
  constexpr Int128 kSecond = 1'000'000'000;
  WriteFile<parquet::Int96Writer>(
      path, PrimitiveNode::Make("t", parquet::Repetition::OPTIONAL, parquet::Type::INT96),
      std::vector<parquet::Int96>{MakeInt96(-62'135'596'800 * kSecond + 1), MakeInt96(-1),
                                  MakeInt96(253'402'300'800 * kSecond - 1)});
  EXPECT_EQ(ReadAs(path, "TIMESTAMP(9)"),
            "+I[0001-01-01T00:00:00.000000001]\n+I[1969-12-31T23:59:59.999999999]\n"
            "+I[9999-12-31T23:59:59.999999999]\n+I[null]\n");
  EXPECT_EQ(ReadAs(path, "TIMESTAMP(6)"),
            "+I[0001-01-01T00:00]\n+I[1969-12-31T23:59:59.999999]\n"
            "+I[9999-12-31T23:59:59.999999]\n+I[null]\n");
  EXPECT_EQ(ReadAs(path, "TIMESTAMP_LTZ(9)"),
            "+I[0001-01-01T00:00:00.000000001Z]\n+I[1969-12-31T23:59:59.999999999Z]\n"
            "+I[9999-12-31T23:59:59.999999999Z]\n+I[null]\n");
}

TEST(ParquetTimes, IntegersOfEveryUnit) {
  TestDirectory dir;
  using Unit = parquet::LogicalType::TimeUnit;
  for (auto [unit, per_second] :
       {std::pair(Unit::MILLIS, int64_t{1'000}), std::pair(Unit::MICROS, int64_t{1'000'000}),
        std::pair(Unit::NANOS, int64_t{1'000'000'000})}) {
    const std::string path = dir.Write("int64.parquet", "");
    WriteFile<parquet::Int64Writer>(
        path,
        PrimitiveNode::Make("t", parquet::Repetition::OPTIONAL,
                            parquet::LogicalType::Timestamp(/*is_adjusted_to_utc=*/false, unit),
                            parquet::Type::INT64),
        std::vector<int64_t>{-per_second / 2, 1'000'000'000 * per_second});
    for (const char* type : {"TIMESTAMP(3)", "TIMESTAMP(6)", "TIMESTAMP(7)", "TIMESTAMP(9)"}) {
      EXPECT_EQ(ReadAs(path, type),
                "+I[1969-12-31T23:59:59.500]\n+I[2001-09-09T01:46:40]\n+I[null]\n")
          << type << " of " << per_second << " ticks a second";
    }
  }
}

NodePtr MicrosColumn() {
  return PrimitiveNode::Make(
      "t", parquet::Repetition::OPTIONAL,
      parquet::LogicalType::Timestamp(/*is_adjusted_to_utc=*/false,
                                      parquet::LogicalType::TimeUnit::MICROS),
      parquet::Type::INT64);
}

TEST(ParquetTimes, AreCutToTheDigitsOfTheirType) {
  TestDirectory dir;
  const std::string int96 = dir.Write("int96.parquet", "");
  WriteFile<parquet::Int96Writer>(
      int96, PrimitiveNode::Make("t", parquet::Repetition::OPTIONAL, parquet::Type::INT96),
      std::vector<parquet::Int96>{MakeInt96(-1), MakeInt96(1'123'456'789)});
  EXPECT_EQ(ReadAs(int96, "TIMESTAMP(8)"),
            "+I[1969-12-31T23:59:59.999999990]\n+I[1970-01-01T00:00:01.123456780]\n+I[null]\n");
  EXPECT_EQ(ReadAs(int96, "TIMESTAMP_LTZ(3)"),
            "+I[1969-12-31T23:59:59.999Z]\n+I[1970-01-01T00:00:01.123Z]\n+I[null]\n");
  EXPECT_EQ(ReadAs(int96, "TIMESTAMP(0)"),
            "+I[1969-12-31T23:59:59]\n+I[1970-01-01T00:00:01]\n+I[null]\n");
  const std::string micros = dir.Write("micros.parquet", "");
  WriteFile<parquet::Int64Writer>(micros, MicrosColumn(), std::vector<int64_t>{-1, 1'123'456});
  EXPECT_EQ(ReadAs(micros, "TIMESTAMP(4)"),
            "+I[1969-12-31T23:59:59.999900]\n+I[1970-01-01T00:00:01.123400]\n+I[null]\n");
  EXPECT_EQ(ReadAs(micros, "TIMESTAMP(3)"),
            "+I[1969-12-31T23:59:59.999]\n+I[1970-01-01T00:00:01.123]\n+I[null]\n");
  EXPECT_EQ(ReadAs(micros, "TIMESTAMP(0)"),
            "+I[1969-12-31T23:59:59]\n+I[1970-01-01T00:00:01]\n+I[null]\n");
  WriteFile<parquet::Int64Writer>(micros, MicrosColumn(), std::vector<int64_t>{INT64_MIN});
  EXPECT_NE(ReadAs(micros, "TIMESTAMP(3)").find("a timestamp is out of range"), std::string::npos);
}

// A row group's statistics are those of the file; filters speak of what is read.
TEST(ParquetTimes, RowGroupsAreSkippedByWhatIsRead) {
  TestDirectory dir;
  const std::string path = dir.Write("micros.parquet", "");
  WriteFile<parquet::Int64Writer>(path, MicrosColumn(), std::vector<int64_t>{1'123'456});
  auto is_read = [&](const std::string& name, PushedFilter::Op op, Int128 ticks) {
    TestTable table({{"connector", "filesystem"}, {"path", path}, {"format", "parquet"}},
                    "t " + name);
    const DataType type = *ParseTypeString(name);
    table.request().filters = {{"t", op, {Value::Ticks(ticks, type)}}};
    return !table.Read().empty();
  };
  using Op = PushedFilter::Op;
  EXPECT_TRUE(is_read("TIMESTAMP(3)", Op::kEqual, 1'123'000));
  EXPECT_TRUE(is_read("TIMESTAMP(3)", Op::kLessEqual, 1'123'000));
  EXPECT_TRUE(is_read("TIMESTAMP(3)", Op::kLess, 1'124'000));
  EXPECT_TRUE(is_read("TIMESTAMP(0)", Op::kIn, 1'000'000));
  EXPECT_TRUE(is_read("TIMESTAMP(6)", Op::kGreater, 1'123'000));
  EXPECT_FALSE(is_read("TIMESTAMP(3)", Op::kGreater, 1'123'000));
  EXPECT_FALSE(is_read("TIMESTAMP(3)", Op::kLess, 1'123'000));
  EXPECT_FALSE(is_read("TIMESTAMP(6)", Op::kEqual, 1'123'000));
}

}  // namespace
}  // namespace weir

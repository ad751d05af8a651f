// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/arrow_convert.h"

#include <arrow/array.h>
#include <arrow/array/builder_decimal.h>
#include <arrow/array/builder_dict.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/float16.h>

#include "weir/data/random_column.h"

namespace weir {
namespace {

template <typename Builder, typename... Values>
std::shared_ptr<arrow::Array> ArrayOf(Builder&& builder, const Values&... values) {
  EXPECT_TRUE((builder.Append(values).ok() && ...));
  return Get(builder.Finish());
}

std::string Read(const std::shared_ptr<arrow::Array>& array, std::string_view type) {
  auto column = FromArrow(array, TypeOf(type), TestPool());
  if (!column.ok()) return column.status().message();
  return RowsText(**column);
}

TEST(Arrow, EveryTypeThereAndBack) {
  std::mt19937_64 random(21);
  for (const std::string& text : TestTypes()) {
    const DataType type = TypeOf(text);
    if (type.is_wide_timestamp()) continue;  // Below: Arrow's nanoseconds have 64 bits.
    for (int64_t length : {0, 1, 9, 130}) {
      SCOPED_TRACE(text + " x " + std::to_string(length));
      ColumnPtr column = RandomColumn(type, length, random);
      std::shared_ptr<arrow::Array> array = Get(ToArrow(column, TestPool()));
      Status valid = array->ValidateFull();
      EXPECT_TRUE(valid.ok()) << valid.ToString();
      EXPECT_TRUE(array->type()->Equals(*ToArrowType(type)));
      EXPECT_EQ(RowsText(*Get(FromArrow(array, type, TestPool()))), RowsText(*column));
      // Slices of arrays have offsets, which our columns lack.
      const int64_t offset = static_cast<int64_t>(random() % (static_cast<uint64_t>(length) + 1));
      const int64_t rest = length - offset;
      std::shared_ptr<arrow::Array> slice = array->Slice(offset, rest / 2);
      EXPECT_EQ(RowsText(*Get(FromArrow(slice, type, TestPool()))),
                RowsText(*Get(Slice(column, offset, rest / 2, TestPool()))));
      // Slices of columns too.
      ColumnPtr part = Get(Slice(column, offset, rest, TestPool()));
      std::shared_ptr<arrow::Array> part_array = Get(ToArrow(part, TestPool()));
      EXPECT_TRUE(part_array->ValidateFull().ok()) << part_array->ValidateFull().ToString();
      EXPECT_EQ(RowsText(*Get(FromArrow(part_array, type, TestPool()))), RowsText(*part));
    }
  }
}

TEST(Arrow, StringsShareTheirBytes) {
  arrow::StringBuilder builder;
  auto array = ArrayOf(builder, "short", "a string that is not inline", "", "exactly 12 b",
                       "last one, also long enough");
  ColumnPtr column = Get(FromArrow(array, DataType::String(), TestPool()));
  EXPECT_EQ(RowsText(*column),
            "short; a string that is not inline; ; exactly 12 b; last one, also long enough");
  ASSERT_EQ(column->heaps.size(), 1u);
  EXPECT_EQ(column->heaps[0]->data(), array->data()->buffers[2]->data());
}

TEST(Arrow, OtherFormsOfStrings) {
  arrow::LargeStringBuilder large;
  EXPECT_EQ(Read(ArrayOf(large, "a", "a string that is not inline"), "STRING"),
            "a; a string that is not inline");
  arrow::StringViewBuilder views;
  ASSERT_TRUE(views.AppendNull().ok());
  EXPECT_EQ(Read(ArrayOf(views, "a", "a string that is not inline"), "STRING"),
            "NULL; a; a string that is not inline");
  arrow::FixedSizeBinaryBuilder fixed(arrow::fixed_size_binary(3));
  EXPECT_EQ(Read(ArrayOf(fixed, "abc", "def")->Slice(1), "BYTES"), "def");
  arrow::BinaryBuilder binary;
  EXPECT_EQ(Read(ArrayOf(binary, "ok", "\xFF"), "STRING"),
            "value 1 of a binary column is not valid UTF-8 and cannot be read as STRING");
}

TEST(Arrow, DictionariesStayDictionaries) {
  arrow::StringDictionaryBuilder builder;
  ASSERT_TRUE(builder.Append("red").ok() && builder.AppendNull().ok() &&
              builder.Append("blue").ok() && builder.Append("red").ok());
  std::shared_ptr<arrow::Array> array = Get(builder.Finish());
  ColumnPtr column = Get(FromArrow(array->Slice(1), DataType::String(), TestPool()));
  EXPECT_EQ(column->encoding, Encoding::kDictionary);
  EXPECT_EQ(column->dictionary().length, 2);
  EXPECT_EQ(RowsText(*column), "NULL; blue; red");
  // A dictionary that itself holds NULL, and indices out of it.
  arrow::StringBuilder entries;
  ASSERT_TRUE(entries.Append("x").ok() && entries.AppendNull().ok());
  std::shared_ptr<arrow::Array> dictionary = Get(entries.Finish());
  arrow::Int8Builder indices;
  std::shared_ptr<arrow::Array> positions = ArrayOf(indices, int8_t{1}, int8_t{0}, int8_t{0});
  auto with_null = Get(arrow::DictionaryArray::FromArrays(
      arrow::dictionary(arrow::int8(), arrow::utf8()), positions, dictionary));
  column = Get(FromArrow(with_null, DataType::String(), TestPool()));
  EXPECT_EQ(RowsText(*column), "NULL; x; x");
  EXPECT_FALSE(column->dictionary().may_have_nulls());
  auto broken = std::make_shared<arrow::DictionaryArray>(
      arrow::dictionary(arrow::int8(), arrow::utf8()), positions, dictionary->Slice(0, 1));
  EXPECT_EQ(Read(broken, "STRING"),
            "a dictionary column refers to entries beyond the 1 of its dictionary");
}

TEST(Arrow, NumbersWidenAndAreChecked) {
  arrow::Int32Builder ints;
  auto array = ArrayOf(ints, 1, -2, 300);
  EXPECT_EQ(Read(array, "BIGINT"), "1; -2; 300");
  EXPECT_EQ(Read(array, "SMALLINT"), "1; -2; 300");
  EXPECT_EQ(Read(array, "TINYINT"),
            "value 2 of a column of Arrow type int32 is out of range for TINYINT");
  EXPECT_EQ(Read(array, "DOUBLE"), "1.0; -2.0; 300.0");
  EXPECT_EQ(Read(array, "DECIMAL(6, 2)"), "1.00; -2.00; 300.00");
  EXPECT_EQ(Read(array, "DECIMAL(4, 2)"),
            "value 2 of a column of Arrow type int32 is out of range for DECIMAL(4, 2)");
  EXPECT_EQ(Read(array, "STRING"), "a column of Arrow type int32 cannot be read as STRING");
  EXPECT_EQ(Read(array, "ARRAY<INT>"), "a column of Arrow type int32 cannot be read as ARRAY<INT>");
  arrow::UInt64Builder big;
  EXPECT_EQ(Read(ArrayOf(big, UINT64_MAX), "DECIMAL(20, 0)"), "18446744073709551615");
  arrow::UInt64Builder big2;
  EXPECT_EQ(Read(ArrayOf(big2, UINT64_MAX), "BIGINT"),
            "value 0 of a column of Arrow type uint64 is out of range for BIGINT");
  arrow::HalfFloatBuilder half;
  EXPECT_EQ(Read(ArrayOf(half, arrow::util::Float16::FromFloat(1.5f).bits()), "FLOAT"), "1.5");
  arrow::DoubleBuilder doubles;
  EXPECT_EQ(Read(ArrayOf(doubles, 1.5), "FLOAT"),
            "a column of Arrow type double cannot be read as FLOAT");
}

TEST(Arrow, DecimalsOfAllWidths) {
  arrow::Decimal256Builder wide(arrow::decimal256(50, 2));
  auto array = ArrayOf(wide, arrow::Decimal256("-12345678901234567890123456789012345.67"));
  EXPECT_EQ(Read(array, "DECIMAL(38, 2)"), "-12345678901234567890123456789012345.67");
  EXPECT_EQ(
      Read(array, "DECIMAL(38, 4)"),
      "value 0 of a column of Arrow type decimal256(50, 2) is out of range for DECIMAL(38, 4)");
  arrow::Decimal128Builder plain(arrow::decimal128(10, 2));
  auto narrow = ArrayOf(plain, arrow::Decimal128("1.25"));
  EXPECT_EQ(Read(narrow, "DECIMAL(12, 4)"), "1.2500");
  EXPECT_EQ(Read(narrow, "DECIMAL(12, 1)"),
            "a column of Arrow type decimal128(10, 2) cannot be read as DECIMAL(12, 1)");
  EXPECT_FALSE(FromArrowType(*arrow::decimal256(50, 2), true).ok());
}

TEST(Arrow, MisalignedDecimalsAreCopied) {
  auto bytes = Get(AllocateBuffer(40, TestPool()));
  const Int128 value = 4242;
  std::memcpy(bytes->mutable_data() + 8, &value, 16);
  auto data = arrow::ArrayData::Make(arrow::decimal128(10, 2), 1,
                                     {nullptr, arrow::SliceBuffer(bytes, 8, 16)});
  EXPECT_EQ(Read(arrow::MakeArray(data), "DECIMAL(10, 2)"), "42.42");
}

TEST(Arrow, DatesAndTimesOfAllUnits) {
  arrow::Date64Builder date64;
  EXPECT_EQ(Read(ArrayOf(date64, int64_t{-1}), "DATE"), "1969-12-31");
  arrow::Time32Builder seconds(arrow::time32(arrow::TimeUnit::SECOND), TestPool());
  EXPECT_EQ(Read(ArrayOf(seconds, 61), "TIME(0)"), "00:01:01");
  arrow::Time64Builder nanos(arrow::time64(arrow::TimeUnit::NANO), TestPool());
  EXPECT_EQ(Read(ArrayOf(nanos, int64_t{61'123'456'789}), "TIME(3)"), "00:01:01.123");
  auto timestamp = [](arrow::TimeUnit::type unit, int64_t value) {
    arrow::TimestampBuilder builder(arrow::timestamp(unit), TestPool());
    return ArrayOf(builder, value);
  };
  EXPECT_EQ(Read(timestamp(arrow::TimeUnit::SECOND, -1), "TIMESTAMP(3)"),
            "1969-12-31 23:59:59.000");
  EXPECT_EQ(Read(timestamp(arrow::TimeUnit::MILLI, 1), "TIMESTAMP(9)"),
            "1970-01-01 00:00:00.001000000");
  EXPECT_EQ(Read(timestamp(arrow::TimeUnit::NANO, -1), "TIMESTAMP(6)"),
            "1969-12-31 23:59:59.999999");
  EXPECT_EQ(Read(timestamp(arrow::TimeUnit::SECOND, INT64_MAX), "TIMESTAMP(6)"),
            "value 0 of a column of Arrow type timestamp[s] is out of range for TIMESTAMP(6)");
  EXPECT_EQ(Get(FromArrowType(*arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"), false)).ToString(),
            "TIMESTAMP_LTZ(3) NOT NULL");
  arrow::DurationBuilder duration(arrow::duration(arrow::TimeUnit::SECOND), TestPool());
  EXPECT_EQ(Read(ArrayOf(duration, int64_t{90}), "INTERVAL DAY(2) TO SECOND(3)"),
            "+0 00:01:30.000");
}

// Towards the past, as text and casts are cut.
TEST(Arrow, TimesAreCutToTheDigitsOfTheirType) {
  auto ticks = [](arrow::TimeUnit::type unit, int64_t value, const char* type) {
    arrow::TimestampBuilder builder(arrow::timestamp(unit), TestPool());
    auto column = Get(FromArrow(ArrayOf(builder, int64_t{0}, value), TypeOf(type), TestPool()));
    return static_cast<int64_t>(column->TicksAt(1));
  };
  using Unit = arrow::TimeUnit;
  EXPECT_EQ(ticks(Unit::MICRO, 1'123'999, "TIMESTAMP(3)"), 1'123'000);
  EXPECT_EQ(ticks(Unit::MICRO, -1, "TIMESTAMP(3)"), -1'000);
  EXPECT_EQ(ticks(Unit::MICRO, -1, "TIMESTAMP_LTZ(0)"), -1'000'000);
  EXPECT_EQ(ticks(Unit::MICRO, 1'123'999, "TIMESTAMP(6)"), 1'123'999);
  EXPECT_EQ(ticks(Unit::MICRO, 1'123'999, "TIMESTAMP(7)"), 1'123'999'000);
  EXPECT_EQ(ticks(Unit::NANO, 1'123'456'789, "TIMESTAMP(3)"), 1'123'000);
  EXPECT_EQ(ticks(Unit::NANO, 1'123'456'789, "TIMESTAMP(7)"), 1'123'456'700);
  EXPECT_EQ(ticks(Unit::NANO, -1, "TIMESTAMP(8)"), -10);
  EXPECT_EQ(ticks(Unit::NANO, INT64_MIN, "TIMESTAMP(9)"), INT64_MIN);
  EXPECT_EQ(ticks(Unit::MILLI, 1'999, "TIMESTAMP(0)"), 1'000'000);
  EXPECT_EQ(ticks(Unit::MILLI, -1'999, "TIMESTAMP(2)"), -2'000'000);
  EXPECT_EQ(ticks(Unit::SECOND, -7, "TIMESTAMP(0)"), -7'000'000);
  arrow::TimestampBuilder least(arrow::timestamp(Unit::MICRO), TestPool());
  EXPECT_EQ(Read(ArrayOf(least, INT64_MIN), "TIMESTAMP(3)"),
            "value 0 of a column of Arrow type timestamp[us] is out of range for TIMESTAMP(3)");

  auto millis = [](const std::shared_ptr<arrow::Array>& array, const char* type) {
    return Get(FromArrow(array, TypeOf(type), TestPool()))->data<int32_t>()[0];
  };
  arrow::Time32Builder in_millis(arrow::time32(Unit::MILLI), TestPool());
  auto time = ArrayOf(in_millis, 61'129);
  EXPECT_EQ(millis(time, "TIME(0)"), 61'000);
  EXPECT_EQ(millis(time, "TIME(2)"), 61'120);
  EXPECT_EQ(millis(time, "TIME(3)"), 61'129);
  arrow::Time64Builder in_nanos(arrow::time64(Unit::NANO), TestPool());
  EXPECT_EQ(millis(ArrayOf(in_nanos, int64_t{61'129'999'999}), "TIME(1)"), 61'100);
}

TEST(Arrow, NanosecondsHave64Bits) {
  for (const char* name : {"TIMESTAMP(9)", "TIMESTAMP_LTZ(7)"}) {
    ColumnPtr column = ColumnOf(name, {Value::Decimal(INT64_MIN), Value::Null(), Value::Int(-1),
                                       Value::Decimal(INT64_MAX)});
    std::shared_ptr<arrow::Array> array = Get(ToArrow(column, TestPool()));
    ASSERT_TRUE(array->ValidateFull().ok());
    EXPECT_TRUE(array->type()->Equals(*ToArrowType(TypeOf(name))));
    EXPECT_EQ(Read(array, name), RowsText(*column));
    ColumnPtr beyond = ColumnOf(name, {Value::Decimal(Int128{INT64_MAX} + 1)});
    EXPECT_NE(ToArrow(beyond, TestPool()).status().message().find("beyond the range 1677-09-21"),
              std::string::npos);
    ColumnPtr nothing = ColumnOf(name, {Value::Null()});
    EXPECT_EQ(Get(ToArrow(nothing, TestPool()))->null_count(), 1);
  }
  arrow::TimestampBuilder builder(arrow::timestamp(arrow::TimeUnit::SECOND), TestPool());
  EXPECT_EQ(
      Read(ArrayOf(builder, int64_t{-62'135'596'800}, int64_t{253'402'300'799}), "TIMESTAMP(9)"),
      "0001-01-01 00:00:00.000000000; 9999-12-31 23:59:59.000000000");
}

TEST(Arrow, ListsOfOtherLayouts) {
  auto values = std::make_shared<arrow::Int32Builder>();
  arrow::LargeListBuilder large(TestPool(), values);
  ASSERT_TRUE(large.Append().ok() && values->AppendValues({1, 2}).ok() && large.AppendNull().ok() &&
              large.Append().ok() && values->Append(3).ok());
  std::shared_ptr<arrow::Array> array = Get(large.Finish());
  EXPECT_EQ(Read(array, "ARRAY<BIGINT>"), "[1, 2]; NULL; [3]");
  EXPECT_EQ(Read(array->Slice(2), "ARRAY<BIGINT>"), "[3]");
  auto pairs = std::make_shared<arrow::Int32Builder>();
  arrow::FixedSizeListBuilder fixed(TestPool(), pairs, 2);
  ASSERT_TRUE(fixed.Append().ok() && pairs->AppendValues({1, 2}).ok() && fixed.Append().ok() &&
              pairs->AppendValues({3, 4}).ok());
  EXPECT_EQ(Read(Get(fixed.Finish())->Slice(1), "ARRAY<INT>"), "[3, 4]");
}

TEST(Arrow, RowsMatchByName) {
  ColumnPtr column =
      ColumnOf("ROW<`a` INT, `b` STRING>", {Value::List({Value::Int(1), Value::String("x")})});
  std::shared_ptr<arrow::Array> array = Get(ToArrow(column, TestPool()));
  EXPECT_EQ(Read(array, "ROW<`b` STRING, `a` BIGINT>"), "(x, 1)");
  EXPECT_EQ(Read(array, "ROW<`b` STRING>"), "(x)");
  EXPECT_EQ(Read(array, "ROW<`x` INT, `y` STRING>"), "(1, x)");
  EXPECT_EQ(Read(array, "ROW<`b` STRING, `c` INT, `a` INT>"), "(x, NULL, 1)");
  EXPECT_EQ(Read(array, "ROW<`a` STRING, `b` STRING>"),
            "field `a`: a column of Arrow type int32 cannot be read as STRING");
}

TEST(Arrow, BatchesThereAndBack) {
  Schema schema{{{"id", DataType::BigInt().NotNull()}, {"name", DataType::String()}}};
  BatchBuilder builder(schema, TestPool());
  ASSERT_TRUE(builder.AppendRow({Value::Int(1), Value::String("a")}).ok());
  ASSERT_TRUE(builder.AppendRow({Value::Int(2), Value::Null()}).ok());
  Batch batch = Get(builder.Finish());
  std::shared_ptr<arrow::RecordBatch> record = Get(ToArrow(batch, schema, TestPool()));
  ASSERT_TRUE(record->ValidateFull().ok());
  EXPECT_EQ(Get(FromArrowSchema(*record->schema())), schema);
  Batch back = Get(FromArrow(*record, schema, TestPool()));
  EXPECT_EQ(RowsText(*back.columns[0]), "1; 2");
  EXPECT_EQ(RowsText(*back.columns[1]), "a; NULL");
  Schema other{
      {{"name", DataType::String()}, {"nothing", DataType::Int()}, {"id", DataType::BigInt()}}};
  EXPECT_EQ(FromArrow(*record, other, TestPool()).status().message(),
            "there is no column `nothing` among 2 columns");
}

TEST(Arrow, UntypedNullsServeForAnyType) {
  EXPECT_EQ(Read(std::make_shared<arrow::NullArray>(2), "MAP<STRING, INT>"), "NULL; NULL");
  Batch batch{1, {Get(MakeNullColumn(DataType::Null(), 1, TestPool()))}, nullptr};
  Schema schema{{{"a", TypeOf("ARRAY<INT>")}}};
  EXPECT_EQ(Get(ToArrow(batch, schema, TestPool()))->column(0)->null_count(), 1);
}

}  // namespace
}  // namespace weir

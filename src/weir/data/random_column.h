// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Columns for tests: from text, and at random in every type and encoding. Included by tests only.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "weir/data/batch.h"
#include "weir/data/loops.h"
#include "weir/data/text.h"
#include "weir/data/variant.h"

namespace weir {

inline arrow::MemoryPool* TestPool() { return arrow::default_memory_pool(); }

template <typename T>
T Get(Result<T> result) {
  EXPECT_TRUE(result.ok()) << result.status().ToString();
  return std::move(result).ValueOrDie();
}

inline DataType TypeOf(std::string_view text) { return Get(ParseTypeString(text)); }

/// The rows, as CAST to STRING shows them, with ";" between: "1; NULL; 3".
inline std::string RowsText(const Column& column) {
  std::string text;
  for (int64_t i = 0; i < column.length; ++i) {
    if (i > 0) text += "; ";
    AppendValueText(column, i, TextStyle::kCast, nullptr, &text);
  }
  return text;
}

inline ColumnPtr ColumnOf(std::string_view type, const ValueList& values) {
  auto builder = ColumnBuilder::Make(TypeOf(type), TestPool());
  for (const Value& value : values) EXPECT_TRUE(builder->AppendValue(value).ok());
  return Get(builder->Finish());
}

inline ColumnPtr StringColumn(const std::vector<std::string>& values) {
  ValueList list;
  for (const std::string& value : values)
    list.push_back(value == "NULL" ? Value::Null() : Value::String(value));
  return ColumnOf("STRING", list);
}

inline ColumnPtr IntColumn(const std::vector<int64_t>& values) {
  ValueList list;
  for (int64_t value : values) list.push_back(Value::Int(value));
  return ColumnOf("BIGINT", list);
}

/// `dictionary` seen through `indices`; an index of -1 is a NULL row.
inline ColumnPtr DictionaryColumn(const ColumnPtr& dictionary,
                                  const std::vector<int32_t>& indices) {
  auto column = std::make_shared<Column>();
  column->type = dictionary->type;
  column->length = static_cast<int64_t>(indices.size());
  column->encoding = Encoding::kDictionary;
  column->children.push_back(dictionary);
  auto values = Get(AllocateBuffer(column->length * 4, TestPool()));
  auto bits = Get(AllocateBitmap(column->length, true, TestPool()));
  auto* out = reinterpret_cast<int32_t*>(values->mutable_data());
  bool nulls = false;
  for (size_t i = 0; i < indices.size(); ++i) {
    out[i] = std::max(indices[i], 0);
    nulls = nulls || indices[i] < 0;
    SetBitTo(bits->mutable_data(), static_cast<int64_t>(i), indices[i] >= 0);
  }
  column->values = std::move(values);
  if (nulls) column->validity = std::move(bits);
  return column;
}

inline const std::vector<std::string>& TestTypes() {
  static const std::vector<std::string> kTypes = {
      "BOOLEAN",
      "TINYINT",
      "SMALLINT",
      "INT",
      "BIGINT",
      "FLOAT",
      "DOUBLE",
      "DECIMAL(9, 2)",
      "DECIMAL(38, 10)",
      "CHAR(3)",
      "STRING",
      "BYTES",
      "DATE",
      "TIME(3)",
      "TIMESTAMP(3)",
      "TIMESTAMP(9)",
      "TIMESTAMP_LTZ(6)",
      "INTERVAL YEAR(2) TO MONTH",
      "INTERVAL DAY(2) TO SECOND(3)",
      "ARRAY<INT>",
      "ARRAY<ARRAY<STRING>>",
      "MAP<STRING, BIGINT>",
      "MULTISET<STRING>",
      "ROW<`a` INT, `b` STRING>",
      "ROW<`m` MAP<INT, ROW<`l` ARRAY<BOOLEAN>>>, `d` DECIMAL(5, 1)>",
      "ARRAY<ROW<`x` DOUBLE>>",
      "VARIANT",
      "ROW<`v` VARIANT, `o` STRUCTURED<'User', `n` STRING>>"};
  return kTypes;
}

inline Value RandomValue(const DataType& type, std::mt19937_64& random, int null_percent = 20) {
  auto below = [&](uint64_t n) { return static_cast<int64_t>(random() % n); };
  if (type.nullable() && below(100) < null_percent) return Value::Null();
  auto integer = [&](int64_t low, int64_t high) {
    switch (below(8)) {
      case 0:
        return low;
      case 1:
        return high;
      case 2:
        return int64_t{0};
      default:
        return std::clamp(static_cast<int64_t>(random()), low, high) % 100;
    }
  };
  auto list = [&](auto&& make) {
    ValueList values;
    for (int64_t n = below(4); n > 0; --n) values.push_back(make());
    return Value::List(std::move(values));
  };
  switch (type.kind()) {
    case TypeKind::kNull:
      return Value::Null();
    case TypeKind::kBoolean:
      return Value::Bool(below(2) == 1);
    case TypeKind::kTinyInt:
      return Value::Int(integer(INT8_MIN, INT8_MAX));
    case TypeKind::kSmallInt:
      return Value::Int(integer(INT16_MIN, INT16_MAX));
    case TypeKind::kInt:
    case TypeKind::kIntervalYearMonth:
      return Value::Int(integer(INT32_MIN, INT32_MAX));
    case TypeKind::kDate:
      return Value::Int(integer(-719'528, 2'932'896));
    case TypeKind::kTime:
      return Value::Int(below(86'400'000));
    case TypeKind::kBigInt:
      return Value::Int(integer(INT64_MIN, INT64_MAX));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      if (type.is_wide_timestamp()) {  // Half of them within 64 bits, half anywhere from 1 to 9999.
        constexpr Int128 kSecond = 1'000'000'000;
        return Value::Decimal(below(2) == 0 ? Int128{static_cast<int64_t>(random())}
                                            : Int128{random()} * 17 % (315'537'897'600 * kSecond) -
                                                  62'135'596'800 * kSecond);
      }
      [[fallthrough]];
    case TypeKind::kIntervalDayTime:
      return Value::Int(static_cast<int64_t>(random() >> 10) - (int64_t{1} << 53));
    case TypeKind::kFloat:
    case TypeKind::kDouble:
      return Value::Double(static_cast<double>(below(2000) - 1000) / 8);
    case TypeKind::kDecimal:
      return Value::Decimal(static_cast<Int128>(integer(-99'999, 99'999)));
    case TypeKind::kChar:
      return Value::String(std::string(3, static_cast<char>('a' + below(26))));
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: {
      std::string text(static_cast<size_t>(below(4) == 0 ? below(40) : below(14)), 'x');
      for (char& c : text) c = static_cast<char>('a' + below(26));
      return Value::String(std::move(text));
    }
    case TypeKind::kVariant: {
      VariantBuilder builder;
      builder.BeginArray();
      for (int64_t i = below(3); i > 0; --i) {
        builder.BeginObject();
        builder.AddKey(std::string(static_cast<size_t>(below(20)), 'k'));
        builder.AddInteger(integer(INT64_MIN, INT64_MAX));
        builder.End();
        builder.AddString(std::string(static_cast<size_t>(below(80)), 's'));
      }
      builder.End();
      std::string bytes;
      EXPECT_TRUE(builder.Finish(&bytes).ok());
      return Value::String(std::move(bytes));
    }
    case TypeKind::kArray:
      return list([&] { return RandomValue(type.element(), random); });
    case TypeKind::kMap: {
      int64_t number = 0;  // Keys must be distinct.
      return list([&] {
        Value key = type.key().is_view() ? Value::String("key " + std::to_string(number++))
                                         : Value::Int(number++);
        return Value::List({key, RandomValue(type.value(), random)});
      });
    }
    case TypeKind::kMultiset: {
      int64_t number = 0;
      return list([&] {
        return Value::List(
            {Value::String("e" + std::to_string(number++)), Value::Int(below(9) + 1)});
      });
    }
    case TypeKind::kRow: {
      ValueList fields;
      for (const Field& field : type.fields()) fields.push_back(RandomValue(field.type, random));
      return Value::List(std::move(fields));
    }
  }
  return Value::Null();
}

inline ColumnPtr RandomFlat(const DataType& type, int64_t length, std::mt19937_64& random,
                            int null_percent = 20) {
  auto builder = ColumnBuilder::Make(type, TestPool());
  for (int64_t i = 0; i < length; ++i)
    EXPECT_TRUE(builder->AppendValue(RandomValue(type, random, null_percent)).ok());
  return Get(builder->Finish());
}

/// A column of `length` rows in an encoding drawn by chance.
inline ColumnPtr RandomColumn(const DataType& type, int64_t length, std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return Get(MakeConstant(RandomValue(type, random), type, length, TestPool()));
    case 1: {
      ColumnPtr dictionary = RandomFlat(type, 5, random, 0);
      std::vector<int32_t> indices;
      for (int64_t i = 0; i < length; ++i)
        indices.push_back(static_cast<int32_t>(random() % 6) - 1);
      return DictionaryColumn(dictionary, indices);
    }
    case 2:
      return RandomFlat(type, length, random, 0);
    default:
      return RandomFlat(type, length, random);
  }
}

}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/column.h"

#include <numeric>
#include <set>

#include "weir/data/random_column.h"

namespace weir {
namespace {

std::vector<std::string> Rows(const Column& column) {
  std::vector<std::string> rows(static_cast<size_t>(column.length));
  for (int64_t i = 0; i < column.length; ++i) {
    AppendValueText(column, i, TextStyle::kCast, nullptr, &rows[static_cast<size_t>(i)]);
  }
  return rows;
}

// Calls `check` with columns of every type in every encoding.
template <typename Check>
void ForRandomColumns(Check&& check) {
  std::mt19937_64 random(7);
  for (const std::string& text : TestTypes()) {
    const DataType type = TypeOf(text);
    for (int64_t length : {0, 1, 7, 64, 65, 200}) {
      for (int round = 0; round < 4; ++round) {
        SCOPED_TRACE(text + " x " + std::to_string(length));
        check(RandomColumn(type, length, random), random);
      }
    }
  }
}

TEST(Column, GatherTakesTheRowsAskedFor) {
  ForRandomColumns([](const ColumnPtr& column, std::mt19937_64& random) {
    const std::vector<std::string> rows = Rows(*column);
    std::vector<int32_t> identity(rows.size());
    std::iota(identity.begin(), identity.end(), 0);
    EXPECT_EQ(Rows(*Get(Gather(column, identity, TestPool()))), rows);
    std::vector<int32_t> indices;
    std::vector<std::string> expected;
    for (int k = 0; k < 77; ++k) {
      const bool missing = rows.empty() || random() % 5 == 0;
      indices.push_back(missing ? -1 : static_cast<int32_t>(random() % rows.size()));
      expected.push_back(missing ? "NULL" : rows[static_cast<size_t>(indices.back())]);
    }
    ColumnPtr gathered = Get(Gather(column, indices, TestPool()));
    EXPECT_EQ(Rows(*gathered), expected);
    EXPECT_EQ(Rows(*Get(Flatten(gathered, TestPool()))), expected);
  });
}

TEST(Column, SliceAndConcatAreInverse) {
  ForRandomColumns([](const ColumnPtr& column, std::mt19937_64& random) {
    const std::vector<std::string> rows = Rows(*column);
    const int64_t cut = static_cast<int64_t>(random() % (rows.size() + 1));
    const int64_t cut2 =
        cut + static_cast<int64_t>(random() % (rows.size() - static_cast<size_t>(cut) + 1));
    ColumnPtr a = Get(Slice(column, 0, cut, TestPool()));
    ColumnPtr b = Get(Slice(column, cut, cut2 - cut, TestPool()));
    ColumnPtr c = Get(Slice(column, cut2, column->length - cut2, TestPool()));
    EXPECT_EQ(Rows(*b), std::vector<std::string>(rows.begin() + cut, rows.begin() + cut2));
    ColumnPtr whole = Get(Concat({a, b, c}, TestPool()));
    EXPECT_TRUE(whole->is_flat());
    EXPECT_EQ(Rows(*whole), rows);
    ColumnPtr compact = Get(Compact(b, TestPool()));
    EXPECT_EQ(Rows(*compact), Rows(*b));
    // A slice of a slice, flattened.
    if (cut2 - cut > 2) {
      ColumnPtr inner = Get(Flatten(Get(Slice(b, 1, cut2 - cut - 2, TestPool())), TestPool()));
      EXPECT_EQ(Rows(*inner),
                std::vector<std::string>(rows.begin() + cut + 1, rows.begin() + cut2 - 1));
    }
  });
}

TEST(Column, EncodingsHashAndCompareAlike) {
  ForRandomColumns([](const ColumnPtr& column, std::mt19937_64& random) {
    ColumnPtr flat = Get(Flatten(column, TestPool()));
    EXPECT_TRUE(flat->is_flat());
    EXPECT_EQ(Rows(*flat), Rows(*column));
    EXPECT_EQ(flat->CountNulls(), column->CountNulls());
    const auto n = static_cast<size_t>(column->length);
    std::vector<uint64_t> a(n), b(n);
    ASSERT_TRUE(HashColumns({column}, column->length, a.data()).ok());
    ASSERT_TRUE(HashColumns({flat}, column->length, b.data()).ok());
    EXPECT_EQ(a, b);
    if (n > 10) {  // Rows of a slice hash as in the whole.
      ColumnPtr slice = Get(Slice(flat, 3, column->length - 5, TestPool()));
      ASSERT_TRUE(HashColumns({slice}, slice->length, b.data()).ok());
      EXPECT_TRUE(std::equal(a.begin() + 3, a.end() - 2, b.begin()));
    }
    for (int64_t i = 0; i < column->length; ++i) EXPECT_TRUE(SameValue(*column, i, *flat, i));
    for (int k = 0; k < 50 && n > 0; ++k) {
      const auto i = static_cast<int64_t>(random() % n), j = static_cast<int64_t>(random() % n);
      const bool same = SameValue(*column, i, *flat, j);
      if (same) {
        EXPECT_EQ(a[static_cast<size_t>(i)], a[static_cast<size_t>(j)]);
      } else {
        EXPECT_NE(a[static_cast<size_t>(i)], a[static_cast<size_t>(j)]);
      }
      if (column->IsNull(i) || column->IsNull(j)) continue;
      EXPECT_EQ(CompareValues(*column, i, *flat, j), -CompareValues(*flat, j, *column, i));
      if (column->type.kind() != TypeKind::kMap && column->type.kind() != TypeKind::kMultiset) {
        EXPECT_EQ(same, CompareValues(*column, i, *flat, j) == 0);
      }
    }
  });
}

TEST(Column, BuildersCopyRows) {
  ForRandomColumns([](const ColumnPtr& column, std::mt19937_64&) {
    auto by_row = ColumnBuilder::Make(column->type, TestPool());
    auto by_value = ColumnBuilder::Make(column->type, TestPool());
    for (int64_t i = 0; i < column->length; ++i) {
      ASSERT_TRUE(by_row->AppendFrom(*column, i).ok());
      ASSERT_TRUE(by_value->AppendValue(GetValue(*column, i)).ok());
    }
    EXPECT_EQ(Rows(*Get(by_row->Finish())), Rows(*column));
    EXPECT_EQ(Rows(*Get(by_value->Finish())), Rows(*column));
    EXPECT_EQ(by_row->length(), 0);
  });
}

TEST(Column, NullColumnsOfEveryType) {
  for (const std::string& text : TestTypes()) {
    ColumnPtr nulls = Get(MakeNullColumn(TypeOf(text), 3, TestPool()));
    EXPECT_EQ(RowsText(*nulls), "NULL; NULL; NULL") << text;
    EXPECT_EQ(nulls->CountNulls(), 3);
    EXPECT_EQ(RowsText(*Get(Flatten(nulls, TestPool()))), "NULL; NULL; NULL") << text;
    ColumnPtr mixed = Get(Concat({nulls, nulls}, TestPool()));
    EXPECT_EQ(mixed->CountNulls(), 6);
  }
  ColumnPtr untyped = Get(MakeNullColumn(DataType::Null(), 2, TestPool()));
  EXPECT_EQ(RowsText(*Get(Flatten(untyped, TestPool()))), "NULL; NULL");
  EXPECT_EQ(Get(Concat({untyped, untyped}, TestPool()))->CountNulls(), 4);
}

TEST(Column, OuterJoinOfAnEmptySide) {
  ColumnPtr empty = Get(MakeEmptyColumn(TypeOf("ROW<`a` ARRAY<STRING>>"), TestPool()));
  EXPECT_EQ(RowsText(*Get(Gather(empty, std::vector<int32_t>{-1, -1}, TestPool()))), "NULL; NULL");
}

TEST(Column, GatherDropsValidityWhenNoNullIsLeft) {
  ColumnPtr column = StringColumn({"a", "NULL", "a string that is not inline"});
  ColumnPtr some = Get(Gather(column, std::vector<int32_t>{2, 0}, TestPool()));
  EXPECT_EQ(some->validity, nullptr);
  EXPECT_EQ(RowsText(*some), "a string that is not inline; a");
}

TEST(Column, ConstantsStayConstant) {
  ColumnPtr constant = Get(MakeConstant(Value::String("a string that is not inline"),
                                        DataType::String(), 1000, TestPool()));
  EXPECT_LT(ColumnBytes(*constant), 5000);
  ColumnPtr gathered = Get(Gather(constant, std::vector<int32_t>{1, 2, 3}, TestPool()));
  EXPECT_TRUE(gathered->is_constant());
  EXPECT_EQ(Get(Slice(constant, 10, 5, TestPool()))->encoding, Encoding::kConstant);
}

TEST(Column, CompactFreesBigHeaps) {
  std::vector<std::string> values(1000, std::string(100, 'x'));
  ColumnPtr big = StringColumn(values);
  ColumnPtr small = Get(Gather(big, std::vector<int32_t>{1, 500}, TestPool()));
  EXPECT_GT(ColumnBytes(*small), 100'000);
  ColumnPtr compact = Get(Compact(small, TestPool()));
  EXPECT_LT(ColumnBytes(*compact), 1'000);
  EXPECT_EQ(RowsText(*compact), RowsText(*small));
  // The same string again and again is kept once.
  ColumnPtr constant =
      Get(MakeConstant(Value::String(std::string(100, 'y')), DataType::String(), 1000, TestPool()));
  ColumnPtr flat = Get(Compact(Get(Flatten(constant, TestPool())), TestPool()));
  EXPECT_LT(ColumnBytes(*flat), 1000 * 16 + 5000);
}

TEST(Column, RetypeReachesChildren) {
  ColumnPtr column = ColumnOf("ROW<`a` ARRAY<INT>>", {Value::List({Value::List({Value::Int(1)})})});
  ColumnPtr renamed = Retype(column, TypeOf("ROW<`b` ARRAY<INT NOT NULL> NOT NULL> NOT NULL"));
  EXPECT_EQ(renamed->children[0]->children[0]->type.ToString(), "INT NOT NULL");
  EXPECT_EQ(RowsText(*renamed), "([1])");
}

uint64_t HashOfOne(const ColumnPtr& column) {
  uint64_t hash = 0;
  EXPECT_TRUE(HashColumns({column}, 1, &hash).ok());
  return hash;
}

TEST(Hash, EqualValuesHashAlike) {
  auto of = [](std::string_view type, Value value) {
    return HashOfOne(ColumnOf(type, {std::move(value)}));
  };
  EXPECT_EQ(of("DOUBLE", Value::Double(0.0)), of("DOUBLE", Value::Double(-0.0)));
  EXPECT_EQ(of("FLOAT", Value::Double(-0.0)), of("FLOAT", Value::Double(0.0)));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(of("DOUBLE", Value::Double(nan)), of("DOUBLE", Value::Double(-nan)));
  EXPECT_EQ(of("INT", Value::Int(-5)), of("BIGINT", Value::Int(-5)));
  EXPECT_EQ(of("CHAR(2)", Value::String("ab")), of("STRING", Value::String("ab")));
  EXPECT_NE(of("STRING", Value::String("")), of("STRING", Value::Null()));
  EXPECT_NE(of("BIGINT", Value::Int(0)), of("BIGINT", Value::Null()));
  auto entry = [](int k, int v) { return Value::List({Value::Int(k), Value::Int(v)}); };
  EXPECT_EQ(of("MAP<INT, INT>", Value::List({entry(1, 2), entry(3, 4)})),
            of("MAP<INT, INT>", Value::List({entry(3, 4), entry(1, 2)})));
  EXPECT_NE(of("ARRAY<INT>", Value::List({Value::Int(1), Value::Int(2)})),
            of("ARRAY<INT>", Value::List({Value::Int(2), Value::Int(1)})));
}

TEST(Hash, IsTheSameOnEveryRun) {
  // State files hold these numbers: they never change.
  EXPECT_EQ(HashOfOne(IntColumn({42})), 0x43B978D1E954FE74ULL);
  EXPECT_EQ(HashOfOne(StringColumn({"flink"})), 0x8AF7D3B358D84355ULL);
  EXPECT_EQ(HashOfOne(StringColumn({"a string that is not inline"})), 0xD293DCE1888B70D9ULL);
}

TEST(Hash, OrderOfColumnsMatters) {
  uint64_t ab = 0, ba = 0;
  ColumnPtr a = IntColumn({1}), b = IntColumn({2});
  ASSERT_TRUE(HashColumns({a, b}, 1, &ab).ok());
  ASSERT_TRUE(HashColumns({b, a}, 1, &ba).ok());
  EXPECT_NE(ab, ba);
}

// Key groups are the high bits, hash tables use the low ones: both must spread keys that differ
// little.
TEST(Hash, HighAndLowBitsSpread) {
  constexpr int64_t kKeys = 100'000;
  std::vector<int64_t> sequence(kKeys), strided(kKeys);
  std::vector<std::string> names(kKeys);
  for (int64_t i = 0; i < kKeys; ++i) {
    sequence[static_cast<size_t>(i)] = i;
    strided[static_cast<size_t>(i)] = i << 20;
    names[static_cast<size_t>(i)] = "user " + std::to_string(i);
  }
  ColumnPtr pair_a = IntColumn(sequence);
  for (const ColumnVector& keys :
       {ColumnVector{pair_a}, ColumnVector{IntColumn(strided)}, ColumnVector{StringColumn(names)},
        ColumnVector{pair_a, pair_a}}) {
    std::vector<uint64_t> hashes(kKeys);
    ASSERT_TRUE(HashColumns(keys, kKeys, hashes.data()).ok());
    EXPECT_EQ(std::set<uint64_t>(hashes.begin(), hashes.end()).size(), kKeys);
    std::vector<int64_t> high(256), low(256);
    for (uint64_t hash : hashes) {
      ++high[hash >> 56];
      ++low[hash & 255];
    }
    // Mean 390, standard deviation 20.
    EXPECT_GT(*std::min_element(high.begin(), high.end()), 290);
    EXPECT_LT(*std::max_element(high.begin(), high.end()), 490);
    EXPECT_GT(*std::min_element(low.begin(), low.end()), 290);
    EXPECT_LT(*std::max_element(low.begin(), low.end()), 490);
  }
}

TEST(Compare, NanIsTheGreatestAndSameAsItself) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  ColumnPtr column = ColumnOf("DOUBLE", {Value::Double(nan), Value::Double(1e300),
                                         Value::Double(-0.0), Value::Double(0.0)});
  EXPECT_TRUE(SameValue(*column, 0, *column, 0));
  EXPECT_GT(CompareValues(*column, 0, *column, 1), 0);
  EXPECT_EQ(CompareValues(*column, 2, *column, 3), 0);
  EXPECT_TRUE(SameValue(*column, 2, *column, 3));
}

TEST(StringViews, PaddedFormIsTheSame) {
  const char text[] = "0123456789abcdefghijklmnop";
  for (uint32_t size = 0; size <= 14; ++size) {
    StringView a(text, size), b = StringView::FromPadded(text, size);
    EXPECT_EQ(std::memcmp(&a, &b, sizeof(a)), 0) << size;
  }
}

TEST(Batches, RowKindsFollowTheirRows) {
  Schema schema{{{"id", DataType::BigInt()}, {"name", DataType::String()}}};
  BatchBuilder builder(schema, TestPool());
  ASSERT_TRUE(builder.AppendRow({Value::Int(1), Value::String("a")}).ok());
  ASSERT_TRUE(builder.AppendRow({Value::Int(2), Value::Null()}, RowKind::kDelete).ok());
  ASSERT_TRUE(builder.AppendRow({Value::Int(3), Value::String("c")}, RowKind::kUpdateAfter).ok());
  Batch batch = Get(builder.Finish());
  Batch gathered = Get(GatherBatch(batch, std::vector<int32_t>{2, 0, 1}, TestPool()));
  EXPECT_EQ(gathered.kind(0), RowKind::kUpdateAfter);
  EXPECT_EQ(RowsText(*gathered.columns[1]), "c; a; NULL");
  Batch run = Get(GatherBatch(batch, std::vector<int32_t>{1, 2}, TestPool()));
  EXPECT_EQ(RowKindText(run.kind(0)), "-D");
  ASSERT_TRUE(builder.AppendRow({Value::Int(4), Value::String("d")}).ok());
  Batch second = Get(builder.Finish());
  EXPECT_TRUE(second.is_append_only());
  Batch both = Get(ConcatBatches({batch, second}, schema, TestPool()));
  EXPECT_EQ(both.num_rows, 4);
  EXPECT_EQ(both.kind(1), RowKind::kDelete);
  EXPECT_EQ(both.kind(3), RowKind::kInsert);
  EXPECT_EQ(RowsText(*both.columns[0]), "1; 2; 3; 4");
  EXPECT_EQ(Get(ConcatBatches({}, schema, TestPool())).columns[1]->length, 0);
  EXPECT_EQ(Get(ParseRowKind("-U")), RowKind::kUpdateBefore);
  EXPECT_FALSE(ParseRowKind("+X").ok());
}

TEST(Builders, RefuseValuesOfOtherTypes) {
  auto builder = ColumnBuilder::Make(DataType::Int(), TestPool());
  EXPECT_EQ(GetErrorInfo(builder->AppendString("x")).code, ErrorCode::kInternal);
  EXPECT_EQ(builder->child(0), nullptr);
}

}  // namespace
}  // namespace weir

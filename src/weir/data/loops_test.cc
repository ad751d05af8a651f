// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/loops.h"

#include "weir/data/random_column.h"

namespace weir {
namespace {

std::vector<uint8_t> RandomBits(int64_t n, std::mt19937_64& random) {
  std::vector<uint8_t> bits(static_cast<size_t>(BitmapBytes(n)));
  for (uint8_t& byte : bits) byte = static_cast<uint8_t>(random() % 3 == 0 ? 0xFF : random());
  return bits;
}

TEST(Loops, AgreeWithOneBitAtATime) {
  std::mt19937_64 random(3);
  for (int64_t n : {0, 1, 7, 8, 63, 64, 65, 127, 128, 129, 1000}) {
    std::vector<uint8_t> a = RandomBits(n, random), b = RandomBits(n, random), out(a.size());
    std::vector<int32_t> set;
    for (int64_t i = 0; i < n; ++i) {
      if (GetBit(a.data(), i)) set.push_back(static_cast<int32_t>(i));
    }
    EXPECT_EQ(CountSetBits(a.data(), n), static_cast<int64_t>(set.size()));
    std::vector<int32_t> found(static_cast<size_t>(n));
    found.resize(static_cast<size_t>(BitmapToIndices(a.data(), n, found.data())));
    EXPECT_EQ(found, set);
    int64_t clear = 0;
    VisitClearBits(a.data(), n, [&](int64_t i) { clear += GetBit(a.data(), i) ? n : 1; });
    EXPECT_EQ(clear, n - static_cast<int64_t>(set.size()));
    GenerateBits(n, out.data(),
                 [&](int64_t i) { return GetBit(a.data(), i) != GetBit(b.data(), i); });
    std::vector<uint8_t> xored(a.size());
    XorBits(a.data(), b.data(), n, xored.data());
    EXPECT_EQ(out, xored);
    AndBits(a.data(), nullptr, n, out.data());
    EXPECT_EQ(CountSetBits(out.data(), n), CountSetBits(a.data(), n));
    NotBits(nullptr, n, out.data());
    EXPECT_EQ(CountSetBits(out.data(), n), 0);
    OrBits(a.data(), b.data(), n, out.data());
    for (int64_t i = 0; i < n; ++i)
      EXPECT_EQ(GetBit(out.data(), i), GetBit(a.data(), i) || GetBit(b.data(), i));
    AndNotBits(a.data(), b.data(), n, out.data());
    for (int64_t i = 0; i < n; ++i)
      EXPECT_EQ(GetBit(out.data(), i), GetBit(a.data(), i) && !GetBit(b.data(), i));
    EXPECT_TRUE(AllBitsSet(nullptr, n));
  }
}

TEST(Loops, CopyBitsAtAnyOffset) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 300; ++round) {
    const int64_t n = static_cast<int64_t>(random() % 200),
                  from = static_cast<int64_t>(random() % 70),
                  to = static_cast<int64_t>(random() % 70);
    std::vector<uint8_t> source = RandomBits(from + n, random),
                         out = RandomBits(to + n + 20, random), before = out;
    const bool all_set = round % 5 == 0;
    CopyBits(all_set ? nullptr : source.data(), from, n, out.data(), to);
    for (int64_t i = 0; i < to + n + 20; ++i) {
      const bool inside = i >= to && i < to + n;
      EXPECT_EQ(GetBit(out.data(), i), !inside ? GetBit(before.data(), i)
                                               : all_set || GetBit(source.data(), from + i - to));
    }
  }
}

TEST(Loops, ReadersHideConstants) {
  ColumnPtr flat = IntColumn({1, 2, 3});
  ColumnPtr constant = Get(MakeConstant(Value::Int(10), DataType::BigInt(), 3, TestPool()));
  ValueReader<int64_t> a(*flat), b(*constant);
  EXPECT_EQ(a[2], 3);
  EXPECT_EQ(b[2], 10);
  std::vector<int64_t> sum(3);
  auto add = [](int64_t x, int64_t y) { return x + y; };
  MapBinary<int64_t, int64_t>(*flat, *constant, 3, sum.data(), add);
  EXPECT_EQ(sum, (std::vector<int64_t>{11, 12, 13}));
  MapBinary<int64_t, int64_t>(*constant, *constant, 3, sum.data(), add);
  EXPECT_EQ(sum, (std::vector<int64_t>{20, 20, 20}));
  uint8_t bits = 0;
  TestBinary<int64_t, int64_t>(*constant, *flat, 3, &bits,
                               [](int64_t x, int64_t y) { return x > 5 * y; });
  EXPECT_EQ(bits, 1);
}

}  // namespace
}  // namespace weir

// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/memory/budget_pool.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(BudgetPool, ChargesTheWholePath) {
  BudgetPool query("query 7", 1000, nullptr, arrow::default_memory_pool());
  BudgetPool join("join", 600, &query, nullptr);
  uint8_t* a = nullptr;
  ASSERT_TRUE(join.Allocate(400, 64, &a).ok());
  EXPECT_EQ(join.bytes_allocated(), 400);
  EXPECT_EQ(query.bytes_allocated(), 400);
  ASSERT_TRUE(join.Reallocate(400, 500, 64, &a).ok());
  EXPECT_EQ(query.bytes_allocated(), 500);
  join.Free(a, 500, 64);
  EXPECT_EQ(join.bytes_allocated(), 0);
  EXPECT_EQ(query.bytes_allocated(), 0);
  EXPECT_EQ(join.max_memory(), 500);
}

TEST(BudgetPool, NamesWhoIsFullAndWhoAsked) {
  BudgetPool query("query 7", 1000, nullptr, arrow::default_memory_pool());
  BudgetPool join("join", 0, &query, nullptr);
  BudgetPool sort("sort", 100, &query, nullptr);
  ASSERT_TRUE(join.Charge(900).ok());
  Status full = join.Charge(200);
  EXPECT_EQ(GetErrorInfo(full).code, ErrorCode::kResourceExhausted);
  EXPECT_EQ(full.message(),
            "query 7 is out of memory: 200 bytes more were needed for join, 900 bytes of 1000 "
            "bytes are in use");
  EXPECT_EQ(join.bytes_allocated(), 900);
  EXPECT_EQ(query.bytes_allocated(), 900);
  ASSERT_TRUE(join.Charge(-100).ok());
  full = sort.Charge(101);
  EXPECT_EQ(full.message(),
            "sort is out of memory: 101 bytes more were needed, 0 bytes of 100 bytes are in use");
  EXPECT_EQ(query.bytes_allocated(), 800);
  ASSERT_TRUE(join.Charge(-800).ok());
  EXPECT_EQ(query.bytes_allocated(), 0);
}

}  // namespace
}  // namespace weir

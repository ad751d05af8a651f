// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <gtest/gtest.h>

#include "weir/data/random_column.h"
#include "weir/expr/function_registry.h"

namespace weir {
namespace {

/// "T" or "none".
std::string Common(const std::vector<std::string>& types) {
  std::vector<DataType> list;
  for (const std::string& type : types)
    list.push_back(type == "NULL" ? DataType::Null() : TypeOf(type));
  auto common = CommonType(list);
  return common ? common->ToString() : "none";
}

TEST(TypeRules, CommonType) {
  EXPECT_EQ(Common({"INT", "BIGINT", "DECIMAL(2, 2)"}), "DECIMAL(21, 2)");
  EXPECT_EQ(Common({"TINYINT NOT NULL", "INT NOT NULL"}), "INT NOT NULL");
  EXPECT_EQ(Common({"INT", "FLOAT"}), "FLOAT");
  EXPECT_EQ(Common({"DECIMAL(5, 2)", "FLOAT"}), "DOUBLE");
  EXPECT_EQ(Common({"CHAR(3)", "CHAR(3)"}), "CHAR(3)");
  EXPECT_EQ(Common({"CHAR(3)", "CHAR(5)"}), "VARCHAR(5)");
  EXPECT_EQ(Common({"CHAR(3)", "STRING"}), "STRING");
  EXPECT_EQ(Common({"TIMESTAMP(3)", "TIMESTAMP_LTZ(6)"}), "TIMESTAMP_LTZ(6)");
  EXPECT_EQ(Common({"DATE", "TIMESTAMP(3)"}), "DATE");
  EXPECT_EQ(Common({"INT", "STRING"}), "none");
  EXPECT_EQ(Common({"DATE", "INT"}), "none");
  EXPECT_EQ(Common({"NULL", "INT NOT NULL"}), "INT");
  EXPECT_EQ(Common({"NULL"}), "none");
  EXPECT_EQ(Common({"ARRAY<INT NOT NULL>", "ARRAY<BIGINT>"}), "ARRAY<BIGINT>");
  EXPECT_EQ(Common({"ROW<`a` INT, `b` CHAR(2)>", "ROW<`x` BIGINT, `y` CHAR(3)>"}),
            "ROW<`a` BIGINT, `b` VARCHAR(3)>");
  EXPECT_EQ(Common({"ARRAY<INT>", "MAP<INT, INT>"}), "none");
}

TEST(TypeRules, Casts) {
  EXPECT_TRUE(CanImplicitlyCast(TypeOf("INT"), TypeOf("DECIMAL(3, 1)")));
  EXPECT_FALSE(CanImplicitlyCast(TypeOf("BIGINT"), TypeOf("INT")));
  EXPECT_FALSE(CanImplicitlyCast(TypeOf("INT"), TypeOf("INT NOT NULL")));
  EXPECT_FALSE(CanImplicitlyCast(TypeOf("INT"), TypeOf("STRING")));
  EXPECT_TRUE(CanExplicitlyCast(TypeOf("INT"), TypeOf("STRING NOT NULL")));
  EXPECT_TRUE(CanExplicitlyCast(TypeOf("ARRAY<INT>"), TypeOf("STRING")));
  EXPECT_FALSE(CanExplicitlyCast(TypeOf("ROW<`a` INT>"), TypeOf("BIGINT")));
  EXPECT_FALSE(CanExplicitlyCast(TypeOf("DECIMAL(3, 1)"), TypeOf("BOOLEAN")));
}

TEST(TypeRules, Decimals) {
  auto d = [](int precision, int scale) { return DataType::Decimal(precision, scale); };
  EXPECT_EQ(DecimalSumType(d(38, 8), d(32, 8)).ToString(), "DECIMAL(38, 7)");
  EXPECT_EQ(DecimalProductType(d(10, 2), d(8, 4)).ToString(), "DECIMAL(19, 6)");
  EXPECT_EQ(DecimalQuotientType(d(2, 1), d(2, 1)).ToString(), "DECIMAL(8, 6)");
  EXPECT_EQ(DecimalModuloType(d(10, 4), d(10, 2)).ToString(), "DECIMAL(10, 4)");
  EXPECT_EQ(AsDecimal(DataType::BigInt().NotNull()).ToString(), "DECIMAL(19, 0) NOT NULL");
}

}  // namespace
}  // namespace weir

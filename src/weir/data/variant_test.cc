// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/data/variant.h"

#include <gtest/gtest.h>

#include <random>

namespace weir {
namespace {

using Duplicates = VariantBuilder::DuplicateKeys;

Result<std::string> Parse(std::string_view json, Duplicates duplicates = Duplicates::kRefuse) {
  VariantBuilder builder(duplicates);
  std::string bytes;
  WEIR_RETURN_NOT_OK(ParseVariantJson(json, &builder));
  WEIR_RETURN_NOT_OK(builder.Finish(&bytes));
  WEIR_RETURN_NOT_OK(ValidateVariant(bytes));
  return bytes;
}

std::string Bytes(std::string_view json) {
  auto bytes = Parse(json);
  EXPECT_TRUE(bytes.ok()) << bytes.status().ToString();
  return bytes.ok() ? *bytes : std::string();
}

std::string Hex(std::string_view bytes) {
  std::string text;
  for (char c : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return text;
}

std::string Json(std::string_view bytes) {
  std::string text;
  AppendVariantJson(bytes, &text);
  return text;
}

std::string Kind(std::string_view json) {
  std::string bytes = Bytes(json);
  auto variant = Variant::Open(bytes);
  return variant ? std::string(VariantKindName(variant->kind())) : "nothing";
}

// The bytes of Parquet's specification.
TEST(Variants, AreWrittenAsTheSpecificationSays) {
  EXPECT_EQ(Hex(Bytes("null")), "01000000");
  EXPECT_EQ(Hex(Bytes("true")), "01000004");
  EXPECT_EQ(Hex(Bytes("false")), "01000008");
  EXPECT_EQ(Hex(Bytes("1")), "0100000c01");
  EXPECT_EQ(Hex(Bytes("-129")), "010000107fff");
  EXPECT_EQ(Hex(Bytes("\"ab\"")), "010000096162");
  EXPECT_EQ(Hex(Bytes("1.5")), "01000020010f000000");
  EXPECT_EQ(Hex(Bytes("1e0")), "0100001c000000000000f03f");
  EXPECT_EQ(Hex(Bytes("[]")), "010000030000");
  EXPECT_EQ(Hex(Bytes("{}")), "010000020000");
  EXPECT_EQ(Hex(Bytes("[1,true]")),
            "0100000302000203"
            "0c0104");
  EXPECT_EQ(Hex(Bytes("{\"a\":1}")), "010100016102010000020c01");
  // Names in the order of the text, fields by name.
  EXPECT_EQ(Hex(Bytes("{\"b\":1,\"a\":2}")),
            "0102000102626102020100020004"
            "0c010c02");
  // A string of 64 bytes has a length of four bytes.
  EXPECT_EQ(Hex(Bytes("\"" + std::string(64, 'x') + "\"")).substr(0, 16), "0100004040000000");
}

TEST(Variants, NumbersTakeTheSmallestKind) {
  EXPECT_EQ(Kind("127"), "TINYINT");
  EXPECT_EQ(Kind("-128"), "TINYINT");
  EXPECT_EQ(Kind("128"), "SMALLINT");
  EXPECT_EQ(Kind("32768"), "INT");
  EXPECT_EQ(Kind("2147483648"), "BIGINT");
  EXPECT_EQ(Kind("9223372036854775807"), "BIGINT");
  EXPECT_EQ(Kind("9223372036854775808"), "DECIMAL");
  EXPECT_EQ(Kind("99999999999999999999999999999999999999"), "DECIMAL");
  EXPECT_EQ(Kind("100000000000000000000000000000000000000"), "DOUBLE");
  EXPECT_EQ(Kind("1.0"), "DECIMAL");
  EXPECT_EQ(Kind("1.0e0"), "DOUBLE");
  EXPECT_EQ(Kind("-0"), "TINYINT");
  for (const char* number : {"0", "-1", "1.50", "-0.001", "123456789.5", "1234567890123456789.25",
                             "0.00000000000000000000000000000000000001"})
    EXPECT_EQ(Json(Bytes(number)), number);
  EXPECT_EQ(Json(Bytes("1e300")), "1.0E300");
  EXPECT_EQ(Json(Bytes("1e-320")), "1.0E-320");
}

TEST(Variants, TextsKeepTheirCharacters) {
  EXPECT_EQ(Json(Bytes("\"\\u00e9\\uD83D\\uDE00\\n\\/\"")), "\"é😀\\n/\"");
  EXPECT_EQ(Json(Bytes("\"\\ud83d\"")), "\"?\"");
  EXPECT_EQ(Json(Bytes("\"\\ud83d\\u0041\"")), "\"?A\"");
  EXPECT_EQ(Json(Bytes("\"\"")), "\"\"");
  EXPECT_EQ(Json(Bytes(" { \"ключ\" : [ null , \"値\" ] } ")), "{\"ключ\":[null,\"値\"]}");
  // U+FF61 stands behind U+1F600 by UTF-16 units.
  EXPECT_EQ(Json(Bytes("{\"｡\":1,\"😀\":2}")), "{\"😀\":2,\"｡\":1}");
}

TEST(Variants, RefuseWhatIsNoJson) {
  for (const char* text :
       {"",        " ",           "{",        "[",          "[1",   "[1,]",  "[,1]",
        "{\"a\"}", "{\"a\":}",    "{a:1}",    "{\"a\":1,}", "nul",  "truex", "01",
        "-",       "1.",          ".5",       "1e",         "+1",   "NaN",   "\"",
        "\"\\x\"", "\"\\u12g4\"", "\"a\nb\"", "1 2",        "[1]]", "'a'",   "1e999"}) {
    EXPECT_FALSE(Parse(text).ok()) << text;
  }
  EXPECT_EQ(Parse("{\"a\": x}").status().message(), "expected a value but found 'x' at byte 6");
}

TEST(Variants, KeysMayRepeatWhereThatIsAllowed) {
  auto refused = Parse("{\"k1\":1,\"k1\":2}");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().message(), "the key 'k1' occurs twice in an object");
  auto kept =
      Parse("{\"k1\":{\"a\":[1,2]},\"k2\":1.5,\"k1\":2,\"k2\":{\"b\":3}}", Duplicates::kKeepLast);
  ASSERT_TRUE(kept.ok());
  EXPECT_EQ(Json(*kept), "{\"k1\":2,\"k2\":{\"b\":3}}");
}

TEST(Variants, PartsAreFoundAndStandAlone) {
  std::string bytes = Bytes("{\"a\":{\"x\":1,\"y\":[7,\"s\"]},\"b\":null}");
  auto whole = Variant::Open(bytes);
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->size(), 2);
  EXPECT_EQ(whole->key(0), "a");
  EXPECT_FALSE(whole->Find("c").has_value());
  EXPECT_EQ(whole->Find("b")->kind(), VariantKind::kNull);
  VariantBuilder builder;
  builder.AddVariant(*whole->Find("a"));
  std::string part;
  ASSERT_TRUE(builder.Finish(&part).ok());
  EXPECT_EQ(Hex(part), Hex(Bytes("{\"x\":1,\"y\":[7,\"s\"]}")));
  EXPECT_EQ(whole->Find("a")->Find("y")->element(1).text(), "s");
  EXPECT_EQ(whole->Find("a")->Find("y")->element(5).kind(), VariantKind::kNull);
}

TEST(Variants, ManyFieldsAndDeepNests) {
  std::string json = "{";
  for (int i = 0; i < 1000; ++i)
    json +=
        fmt::format("{}\"key{:04}\":[{},\"{}\"]", i == 0 ? "" : ",", i, i, std::string(70, 'v'));
  json += "}";
  std::string bytes = Bytes(json);
  EXPECT_EQ(Json(bytes), json);
  EXPECT_EQ(Variant::Open(bytes)->Find("key0777")->element(0).int_value(), 777);
  std::string deep = std::string(1000, '[') + std::string(1000, ']');
  EXPECT_EQ(Json(Bytes(deep)), deep);
  EXPECT_FALSE(Parse("[" + deep + "]").ok());
  EXPECT_FALSE(Parse(std::string(100'000, '[')).ok());
  EXPECT_FALSE(Parse("\"" + std::string((16 << 20) + 1, 'x') + "\"").ok());
}

TEST(Variants, OtherKindsPrintAsJson) {
  auto print = [](auto add) {
    VariantBuilder builder;
    std::string bytes;
    add(&builder);
    EXPECT_TRUE(builder.Finish(&bytes).ok());
    EXPECT_TRUE(ValidateVariant(bytes).ok());
    return Json(bytes);
  };
  using Builder = VariantBuilder;
  EXPECT_EQ(print([](Builder* b) { b->AddFixed(VariantKind::kDate, -1); }), "\"1969-12-31\"");
  EXPECT_EQ(print([](Builder* b) { b->AddFixed(VariantKind::kTime, 36'000'500'000); }),
            "\"10:00:00.5\"");
  EXPECT_EQ(print([](Builder* b) { b->AddFixed(VariantKind::kTimestamp, 1'500'000); }),
            "\"1970-01-01T00:00:01.5\"");
  EXPECT_EQ(print([](Builder* b) { b->AddFixed(VariantKind::kTimestampLtzNanos, 1); }),
            "\"1970-01-01T00:00:00.000000001Z\"");
  EXPECT_EQ(print([](Builder* b) { b->AddBytes("\x01\xff"); }), "\"Af8=\"");
  EXPECT_EQ(print([](Builder* b) { b->AddFloat(4.2f); }), "4.2");
  EXPECT_EQ(print([](Builder* b) { b->AddDouble(-HUGE_VAL); }), "\"-Infinity\"");
  EXPECT_EQ(print([](Builder* b) { b->AddDecimal(-5, 3); }), "-0.005");
}

TEST(Variants, BytesFromOutsideAreChecked) {
  std::string good = Bytes("{\"a\":[1,\"text\",{\"b\":2.5}],\"c\":null}");
  ASSERT_TRUE(ValidateVariant(good).ok());
  EXPECT_FALSE(ValidateVariant("").ok());
  EXPECT_FALSE(ValidateVariant("\x02\x00\x00\x00").ok());
  EXPECT_FALSE(ValidateVariant(good + "x").ok());
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(ValidateVariant(good.substr(0, size)).ok()) << size;
  // Elements that share their bytes, and many times so: reading would never end.
  std::string shared = Bytes("[[1,2,3],1]");
  ASSERT_EQ(Hex(shared),
            "0100000302000c0e"
            "0303000204060c010c020c03"
            "0c01");
  shared[6] = '\x00';
  EXPECT_FALSE(ValidateVariant(shared).ok());
  std::mt19937_64 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string bad = good;
    for (int k = 0; k < 3; ++k) bad[random() % bad.size()] = static_cast<char>(random());
    auto variant = Variant::Open(bad);
    if (variant) {
      (void)variant->Find("a");
      (void)variant->element(0).element(1).text();
    }
    if (ValidateVariant(bad).ok()) {
      EXPECT_FALSE(Json(bad).empty());
    }
  }
}

}  // namespace
}  // namespace weir

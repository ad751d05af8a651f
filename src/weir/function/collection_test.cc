// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Collections, JSON, URLs and table functions, a case a line.
#include <gtest/gtest.h>

#include "weir/data/value.h"
#include "weir/expr/table_function.h"
#include "weir/function/call_text.h"

namespace weir {
namespace {

struct Case {
  const char* call;
  const char* expected;
};

void Check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(Eval(c.call), c.expected) << c.call;
}

TEST(Collection, Elements) {
  Check({{"ARRAY_CONTAINS(ARRAY[1, 2], 2)", "TRUE"},
         {"ARRAY_CONTAINS(ARRAY[1, NULL AS INT], NULL AS INT)", "TRUE"},
         {"ARRAY_CONTAINS(NULL AS ARRAY<INT>, 1)", "NULL"},
         {"ARRAY_POSITION(ARRAY['a', 'b'], 'b')", "2"},
         {"ARRAY_REMOVE(ARRAY[1, 2, 2], 2)", "[1]"},
         {"ARRAY_APPEND(ARRAY[1], NULL AS INT)", "[1, NULL]"},
         {"ARRAY_PREPEND(ARRAY['long enough not to be inline' AS STRING], 'a')",
          "[a, long enough not to be inline]"},
         {"CARDINALITY(ARRAY[1, 2])", "2"},
         {"CARDINALITY(MAP['a', 1])", "1"},
         {"ELEMENT(ARRAY[7])", "7"},
         {"ELEMENT(ARRAY[7, 8])", "error: Array has more than one element: 2"}});
}

TEST(Collection, Sets) {
  Check({{"ARRAY_DISTINCT(ARRAY[NULL AS INT, 1, 2, 1, NULL AS INT])", "[NULL, 1, 2]"},
         {"ARRAY_UNION(ARRAY[1, 2, 1], ARRAY[2, 3])", "[1, 2, 3]"},
         {"ARRAY_EXCEPT(ARRAY[1, 2, 2, 3], ARRAY[2])", "[1, 3]"},
         {"ARRAY_INTERSECT(ARRAY[1, 1, 2], ARRAY[1, 4])", "[1]"},
         {"ARRAY_CONCAT(ARRAY[1], ARRAY[2, 2], ARRAY[3])", "[1, 2, 2, 3]"},
         {"ARRAY_REVERSE(ARRAY[1, 2])", "[2, 1]"}});
}

TEST(Collection, Order) {
  Check({{"ARRAY_SORT(ARRAY[2, NULL AS INT, 1])", "[NULL, 1, 2]"},
         {"ARRAY_SORT(ARRAY[2, NULL AS INT, 1], FALSE)", "[2, 1, NULL]"},
         {"ARRAY_SORT(ARRAY[2, NULL AS INT, 1], TRUE, FALSE)", "[1, 2, NULL]"},
         {"ARRAY_MAX(ARRAY['a', 'c', 'b'])", "c"},
         {"ARRAY_MIN(ARRAY[3, 1])", "1"},
         {"ARRAY_SLICE(ARRAY[1, 2, 3, 4], -3, -2)", "[2, 3]"},
         {"ARRAY_SLICE(ARRAY[1, 2, 3], 9)", "[]"},
         {"ARRAY_SLICE(ARRAY[1, 2, 3], 1, 9223372036854775807)", "[1, 2, 3]"},
         {"ARRAY_JOIN(ARRAY['a', NULL AS STRING, 'b'], '-')", "a-b"},
         {"ARRAY_JOIN(ARRAY['a', NULL AS STRING, 'b'], '-', '?')", "a-?-b"}});
}

TEST(Collection, Maps) {
  Check({{"MAP_KEYS(MAP['a', 1, 'b', 2])", "[a, b]"},
         {"MAP_VALUES(MAP['a', 1, 'b', 2])", "[1, 2]"},
         {"MAP_ENTRIES(MAP['a', 1])", "[(a, 1)]"},
         {"MAP_FROM_ARRAYS(ARRAY['a', 'b'], ARRAY[1, 2])", "{a=1, b=2}"},
         {"MAP_UNION(MAP['a', 1, 'b', 2], MAP['b', 3])", "{a=1, b=3}"},
         {"MAP_FROM_ENTRIES(ARRAY[ROW('a', 1)])", "{a=1}"}});
}

TEST(Json, Queries) {
  Check(
      {{"JSON_VALUE('{\"a\": {\"b\": [1.50, true]}}', '$.a.b[0]')", "1.50"},
       {"JSON_VALUE('{\"a\": \"x\\u0041\"}', 'lax $.a')", "xA"},
       {"JSON_VALUE('{\"a\": 12345678901234567890123}', '$.a')", "12345678901234567890123"},
       {"JSON_VALUE('{\"a\": 1}', '$.b')", "NULL"},
       {"JSON_VALUE('{\"a\": 1}', 'lax $.b', 'DEFAULT', 7, 'NULL', NULL AS INT)", "7"},
       {"JSON_VALUE('{\"a\": [1]}', 'strict $.a', 'NULL', NULL AS STRING, 'ERROR', NULL AS STRING)",
        "error: Strict jsonpath mode requires scalar value, and the actual value is: ''[1]''"},
       {"JSON_VALUE('{\"a\": ', '$.a')", "NULL"},
       {"JSON_VALUE('{\"a\": 1, \"a\": 2}', '$.a')", "2"},
       {"JSON_QUERY('{\"b\": [1, {\"z\": 1, \"a\": null}]}', '$.b')", "[1,{\"a\":null,\"z\":1}]"},
       {"JSON_QUERY('{\"b\": [{\"c\": 1}, {\"c\": 2}]}', 'lax $.b[*].c')", "[1,2]"},
       {"JSON_QUERY('{\"b\": {\"c\": 1}, \"c\": 2}', 'lax $..c')", "[2,1]"},
       {"JSON_QUERY('{\"b\": 1}', '$.b', 'CONDITIONAL', 'NULL', 'NULL', NULL AS STRING)", "[1]"},
       {"JSON_EXISTS('{\"a\": 1}', '$.a')", "TRUE"},
       {"JSON_EXISTS('{\"a\": 1}', 'strict $.b.c', 'ERROR')",
        "error: Missing property in path $['b']"},
       {"`IS JSON`('[1, 2]', 'ARRAY')", "TRUE"},
       {"`IS JSON`('[1, 2', 'VALUE')", "FALSE"},
       {"`IS JSON`('1 2', 'VALUE')", "FALSE"},
       {"`IS JSON`('{\"a\":1} x', 'VALUE')", "FALSE"},
       {"`IS JSON`('01', 'VALUE')", "FALSE"},
       {"`IS JSON`(NULL AS STRING, 'VALUE')", "FALSE"}});
  EXPECT_EQ(Eval("JSON_VALUE('{\"a\": [\"x\"]}', '$.a.concat(1)')"), "x1");
  std::string calls = "$";
  for (int i = 0; i < 101; ++i) calls += ".append($)";
  EXPECT_EQ(Eval("JSON_QUERY('[1]', '" + calls + "')").substr(0, 25), "error: invalid JSON path ");
}

TEST(Json, DeepNestingIsRefused) {
  std::string deep = std::string(10000, '[') + std::string(10000, ']');
  EXPECT_EQ(Eval("`IS JSON`('" + deep + "', 'VALUE')"), "FALSE");
  std::string flat = std::string(900, '[') + std::string(900, ']');
  EXPECT_EQ(Eval("`IS JSON`('" + flat + "', 'VALUE')"), "TRUE");
}

TEST(Json, PathsThatVisitTooMuchAreGivenUp) {
  std::string deep;
  for (int i = 0; i < 900; ++i) deep += "{\"a\":";
  deep += "1" + std::string(900, '}');
  std::string call =
      "JSON_QUERY('" + deep + "', 'lax $..a..a..a..b', 'WITHOUT', 'NULL', 'ERROR', NULL AS STRING)";
  EXPECT_EQ(Eval(call).substr(0, 52), "error: the JSON path finds or visits too many values");
  // A function that looks at the whole document for each of its values.
  std::string list = "[1";
  for (int i = 0; i < 8000; ++i) list += ",1";
  call = "JSON_QUERY('" + list +
         "]', 'lax $[*].max($..*)', 'WITHOUT', 'NULL', 'ERROR', NULL AS STRING)";
  EXPECT_EQ(Eval(call).substr(0, 52), "error: the JSON path finds or visits too many values");
}

TEST(Json, Constructors) {
  Check(
      {{"JSON_OBJECT('NULL', 'b', 1, 'a', NULL AS INT)", "{\"a\":null,\"b\":1}"},
       {"JSON_OBJECT('ABSENT', 'b', 'x\"y', 'a', NULL AS INT)", "{\"b\":\"x\\\"y\"}"},
       {"JSON_OBJECT('NULL', 'a', JSON_ARRAY('ABSENT', 1, NULL AS INT, TRUE))", "{\"a\":[1,true]}"},
       {"JSON_OBJECT('NULL', 'a', JSON('[1, 2]'))", "{\"a\":[1,2]}"},
       {"JSON_ARRAY('NULL', JSON(' '), 'text', DATE '2020-01-31', 1.50)",
        "[null,\"text\",\"2020-01-31\",1.50]"},
       {"JSON_STRING(MAP['b', ARRAY[1], 'a', ARRAY[2]])", "{\"a\":[2],\"b\":[1]}"},
       {"JSON_STRING(TIMESTAMP '1990-06-02 13:37:42.100')", "\"1990-06-02T13:37:42.1\""},
       {"JSON_STRING(NULL AS INT)", "NULL"},
       {"JSON_QUOTE('a/\"≠')", "\"a\\/\\\"\\u2260\""},
       {"JSON_UNQUOTE('\"\\u0041\\n\"')", "A\n"},
       {"JSON_UNQUOTE('\"broken')", "\"broken"}});
  EXPECT_EQ(Eval("JSON('1')"),
            "error: The JSON() function is currently only supported inside JSON_ARRAY() or as the "
            "VALUE param of JSON_OBJECT()");
}

TEST(Url, Parts) {
  Check({{"PARSE_URL('http://u:p@h.org:80/p;x?k=v&k2=w#r', 'HOST')", "h.org"},
         {"PARSE_URL('http://u:p@h.org:80/p;x?k=v&k2=w#r', 'AUTHORITY')", "u:p@h.org:80"},
         {"PARSE_URL('http://h/p?k=v&k2=w', 'QUERY', 'k2')", "w"},
         {"PARSE_URL('nonsense', 'HOST')", "NULL"},
         {"URL_ENCODE('a b/é')", "a+b%2F%C3%A9"},
         {"URL_DECODE('a+b%2F%C3%A9')", "a b/é"},
         {"URL_DECODE('%4')", "NULL"},
         {"TYPEOF(ARRAY[1])", "ARRAY<INT NOT NULL> NOT NULL"}});
}

TEST(Table, UnnestExpandsRows) {
  auto* pool = arrow::default_memory_pool();
  DataType type =
      DataType::Array(DataType::Row({{"a", DataType::Int()}, {"b", DataType::String()}}));
  auto builder = ColumnBuilder::Make(type, pool);
  auto row = [](int64_t a, const char* b) {
    return Value::List({Value::Int(a), Value::String(b)});
  };
  ASSERT_TRUE(builder->AppendValue(Value::List({row(1, "x"), Value::Null()})).ok());
  ASSERT_TRUE(builder->AppendNull().ok());
  ASSERT_TRUE(builder->AppendValue(Value::List({})).ok());
  ASSERT_TRUE(builder->AppendValue(Value::List({row(2, "y")})).ok());
  const TableFunction* unnest = AllFunctions().FindTable("UNNEST_WITH_ORDINALITY");
  ASSERT_NE(unnest, nullptr);
  CallInfo call;
  call.arg_types = {type};
  auto schema = unnest->resolve(&call.arg_types, call).ValueOrDie();
  EXPECT_EQ(schema.size(), 3);
  EXPECT_EQ(schema[1].name, "b");
  auto kernel = unnest->kernel(call).ValueOrDie();
  RowErrors errors;
  KernelContext context{pool, &errors};
  std::vector<int32_t> parents;
  ColumnVector out;
  ASSERT_TRUE(kernel(context, {builder->Finish().ValueOrDie()}, 4, &parents, &out).ok());
  EXPECT_EQ(parents, (std::vector<int32_t>{0, 0, 3}));
  EXPECT_EQ(GetValue(*out[0], 0), Value::Int(1));
  EXPECT_TRUE(out[0]->IsNull(1));
  EXPECT_EQ(GetValue(*out[1], 2), Value::String("y"));
  EXPECT_EQ(GetValue(*out[2], 1), Value::Int(2));
}

}  // namespace
}  // namespace weir

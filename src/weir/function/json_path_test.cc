// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What a search in a JSON document may cost, counted in visits, and functions in paths.
//   cost of $[*].concat($) in [1,1,..]: a call for each element and its look at all of them.
#include <gtest/gtest.h>

#include "weir/function/json_tree.h"

namespace weir {
namespace {

std::string List(int64_t size, const std::string& item) {
  std::string list = "[";
  for (int64_t i = 0; i < size; ++i) list += (i == 0 ? "" : ",") + item;
  return list + "]";
}

/// Searches `json` with a budget; what the path finds, or its error.
std::string Search(const std::string& json, const std::string& path, JsonBudget* budget) {
  JsonReader reader;
  JsonNode root = reader.Read(json).ValueOrDie();
  JsonPath::Found found = JsonPath::Compile(path).ValueOrDie().Find(root, budget);
  if (found.node == nullptr) return (found.is_failure ? "failure: " : "nothing: ") + found.error;
  std::string text;
  AppendJson(*found.node, &text);
  return text;
}

int64_t Cost(const std::string& json, const std::string& path) {
  JsonBudget budget;
  EXPECT_NE(Search(json, path, &budget).substr(0, 7), "failure") << path;
  return JsonBudget::kVisitsMax - budget.left();
}

std::string Find(const std::string& json, const std::string& path) {
  JsonReader reader;
  JsonNode root = reader.Read(json).ValueOrDie();
  JsonPath::Found found = JsonPath::Compile(path).ValueOrDie().Find(root);
  if (found.node == nullptr) return (found.is_failure ? "failure: " : "nothing: ") + found.error;
  std::string text;
  AppendJson(*found.node, &text);
  return text;
}

/// A call for each element whose argument is such a call again.
std::string NestedConcat(int depth, const std::string& call) {
  std::string path = "$";
  for (int i = 0; i < depth; ++i) path = call + ".concat(" + path + ")";
  return path;
}

constexpr const char* kGivenUp = "failure: the JSON path finds or visits too many values";

TEST(JsonPathCost, ArgumentsPayFromTheBudgetOfTheirPath) {
  const std::string list = List(10, "1");
  // Each level multiplies the work by ten, and the count with it.
  for (int depth = 2; depth <= 4; ++depth) {
    int64_t calls = 1;
    for (int i = 0; i < depth; ++i) calls *= 10;
    EXPECT_GT(Cost(list, NestedConcat(depth, "$[*]")), calls);
    EXPECT_LT(Cost(list, NestedConcat(depth, "$[*]")), 40 * calls);
  }
  // A definite path between them hides nothing.
  EXPECT_GT(Cost(list, "$.concat($[*].concat($[*].concat($)))"), 100);
  EXPECT_EQ(Find(list, NestedConcat(9, "$[*]")), kGivenUp);
  EXPECT_EQ(Find(list, "$[*].concat($." + NestedConcat(8, "$[*]").substr(1) + ")").substr(0, 7),
            "failure");
  std::string alternating = "$";
  for (int i = 0; i < 9; ++i)
    alternating = (i % 2 == 0 ? "$[*].concat(" : "$.concat(") + alternating + ",$[*].concat($))";
  EXPECT_LE(Cost(list, "$.concat($.concat($.concat($)))"), 200);
  JsonBudget small(1000);
  EXPECT_EQ(Search(list, alternating, &small), kGivenUp);
  EXPECT_GT(small.left(), -1000);
}

TEST(JsonPathCost, CopiesArePaidBeforeTheyAreMade) {
  // 3,000 copies of 3,000 lists would be 800 MB.
  EXPECT_EQ(Find(List(3000, "[]"), "$[*].append($)"), kGivenUp);
  EXPECT_GT(Cost(List(30, "[]"), "$[*].append($)"), 30 * 30 * JsonBudget::kCopyWeight);
  // So does text: each call would make 100 kB of it.
  std::string texts = List(3000, "\"" + std::string(100, 'x') + "\"");
  EXPECT_EQ(Find(texts, "$[*].concat($)"), kGivenUp);
  EXPECT_EQ(Find(List(3000, "[]"), "$[*].append($).append($)"), kGivenUp);
  JsonBudget small(1000);
  EXPECT_EQ(Search(List(30, "[]"),
                   "$.append($).append($).append($).append($).append($).append($)"
                   ".append($).append($).append($).append($).append($)",
                   &small),
            kGivenUp);
  EXPECT_GT(small.left(), -1000);
  // Looking at a value without a copy stays cheap.
  EXPECT_LT(Cost(List(1000, "{\"a\":[1,2,3]}"), "$[*].a.length()"), 30'000);
}

TEST(JsonPathCost, FiltersPayFromTheBudgetOfTheirPath) {
  const std::string list = List(5000, "1");
  EXPECT_EQ(Find(list, "$[?($[?(@ in $)])]"), kGivenUp);
  EXPECT_EQ(Find(list, "$[?(!($[?(@ nin $)]))]"), kGivenUp);
  EXPECT_EQ(Find(list, "$[?(@ nin $ || $ subsetof $)]"), kGivenUp);
  // A comparison with each of a list: n * n / 2.
  std::string numbers = "[0";
  for (int i = 1; i < 100; ++i) numbers += "," + std::to_string(i);
  numbers += "]";
  EXPECT_GT(Cost(numbers, "$[?(@ in $)]"), 100 * 100 / 2);
  EXPECT_LT(Cost(numbers, "$[?(@ in $)]"), 100 * 100);
  // What filters are for stays cheap: a few visits for an element.
  EXPECT_LT(Cost(List(1000, "{\"a\":1,\"b\":{\"c\":[1,2,3,4,5,6]}}"), "$[?(@.a > 1 && @.b)].b"),
            15'000);
}

TEST(JsonPathCost, LargeDocumentsAreSearched) {
  // Of 300,000 objects, below 15 MB: the budget is scaled with it.
  const std::string large = List(30'000, "{\"a\":1,\"b\":\"x\"}");
  for (const char* path : {"$[?(@.a == 1)].b", "$[*].b", "$..b", "$[*]['a','b']", "$[*].length()",
                           "$[*].b.concat(\"y\")", "$[*].keys()"})
    EXPECT_LT(Cost(large, path), JsonBudget::kVisitsMax / 10) << path;
}

TEST(JsonPathFunctions, NumbersThatAreNotFiniteAreTexts) {
  EXPECT_EQ(Find("[[1e308,1e308]]", "$[*].sum()"), "[\"Infinity\"]");
  EXPECT_EQ(Find("[-1e308,-1e308]", "$.sum()"), "\"-Infinity\"");
  EXPECT_EQ(Find("[1e308,1e308]", "$.stddev()"), "\"NaN\"");
  EXPECT_EQ(Find("[[0.1,0.1,0.1]]", "$[*].stddev()"), "[0.0]");
}

TEST(JsonPathFunctions, ErrorsNameTheWay) {
  EXPECT_EQ(Find("{\"a\":[{\"b\":1}]}", "$.a[0].c"),
            "nothing: No results for path: $['a'][0]['c']");
  EXPECT_EQ(Find("{\"a\":[{\"b\":1}]}", "$.a[0].c.d"),
            "nothing: Missing property in path $['a'][0]['c']");
  EXPECT_EQ(Find("{\"a\":[1]}", "$.a.first().b"),
            "nothing: Expected to find an object with property ['b'] in path $['a'].first");
  EXPECT_EQ(Find("{\"a\":1}", "$.a[2]"),
            "nothing: Filter: [2] can only be applied to arrays, which $['a'] is not");
}

}  // namespace
}  // namespace weir

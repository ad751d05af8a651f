// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/plan/plan_json.h"

#include <gtest/gtest.h>

#include "weir/plan/explain.h"
#include "weir/plan/validate_plan.h"

namespace weir {
namespace {

TablePtr BidTable() {
  auto table = std::make_shared<TableDefinition>();
  table->name = {"cat", "db", "bid"};
  DataType item = DataType::Row({{"id", DataType::BigInt()}, {"name", DataType::String()}});
  for (const Field& field : std::vector<Field>{{"bidder", DataType::BigInt().NotNull()},
                                               {"price", DataType::Decimal(10, 2)},
                                               {"item", item},
                                               {"ts", DataType::Timestamp(3)}}) {
    TableColumn column;
    column.name = field.name;
    column.type = field.type;
    table->columns.push_back(column);
  }
  table->watermark = TableWatermark{"ts", "`ts` - INTERVAL '5' SECOND"};
  table->primary_key = {"bidder"};
  table->options = {{"connector", "values"}, {"path", "/tmp/\"odd\" \xc3\xa4"}};
  table->comment = "bids";
  return table;
}

PlanPtr Scan() {
  ScanNode scan;
  scan.table = BidTable();
  scan.scan_schema = scan.table->PhysicalSchema();
  scan.rowtime_column = 3;
  scan.watermark = MakeInput(3, DataType::Timestamp(3));
  scan.pushed_filters = {
      {"bidder", PushedFilter::Op::kGreater, {Value::Int(5)}},
      {"item.name", PushedFilter::Op::kIn, {Value::String("a"), Value::String("b")}},
      {"price", PushedFilter::Op::kIsNotNull, {}}};
  scan.limit = 10;
  scan.partitions = {{{"day", "2024-01-01"}}};
  scan.hint_options = {{"k", "v"}};
  Schema schema = scan.scan_schema;
  schema.fields[3].type = schema.fields[3].type.WithTimeAttribute(TimeAttribute::kRowtime);
  PlanTraits traits;
  traits.changes = {true, false, true, true};
  traits.upsert_keys = {{0}};
  traits.estimated_rows = 12.5;
  traits.semantic_id = "Scan-1";
  return MakePlan(std::move(scan), std::move(schema), {}, std::move(traits));
}

AggregateCall Call(const char* function, std::vector<int> args, DataType type) {
  AggregateCall call;
  call.function = function;
  call.literals.resize(args.size());
  call.args = std::move(args);
  call.type = std::move(type);
  call.name = function;
  return call;
}

std::string RoundTrip(const std::vector<PlanPtr>& roots) {
  std::string json = PlanToJson(roots);
  auto read = PlanFromJson(json);
  EXPECT_TRUE(read.ok()) << read.status().ToString() << "\n" << json;
  if (!read.ok()) return "";
  EXPECT_EQ(PlanToJson(*read), json);
  ExplainOptions all{true, true, true, true};
  EXPECT_EQ(ExplainPlan(*read, all), ExplainPlan(roots, all));
  EXPECT_TRUE(ValidatePlan(*read).ok()) << ValidatePlan(*read).ToString();
  return json;
}

TEST(PlanJson, ScanCalcAndLiterals) {
  PlanPtr scan = Scan();
  auto literal = [](Value value, DataType type) {
    return MakeLiteral(std::move(value), std::move(type));
  };
  DataType row =
      DataType::Row({{"a", DataType::Int()}, {"b", DataType::Array(DataType::Double())}});
  DataType map = DataType::Map(DataType::String(), DataType::Decimal(38, 3));
  Int128 big = Int128{1} << 100;
  std::vector<ExprPtr> exprs = {
      MakeField(MakeInput(2, scan->schema[2].type), 1),
      literal(Value::Null(), DataType::Int()),
      literal(Value::Bool(true), DataType::Boolean().NotNull()),
      literal(Value::Int(INT64_MIN), DataType::BigInt()),
      literal(Value::Double(0.1), DataType::Double()),
      literal(Value::Double(std::numeric_limits<double>::infinity()), DataType::Double()),
      literal(Value::Decimal(-big), DataType::Decimal(38, 3)),
      literal(Value::Int(-1), DataType::Timestamp(6)),
      literal(Value::Decimal(-big), DataType::TimestampLtz(9)),
      literal(Value::String("it's \xe4\xb8\xad"), DataType::String()),
      literal(Value::String(std::string("\xff\0\x01", 3)), DataType::String()),
      literal(Value::String(std::string("\0\xfe", 2)), DataType::Bytes()),
      literal(Value::Int(19000), DataType::Date()),
      literal(Value::List({Value::Int(1), Value::List({Value::Double(1.5), Value::Null()})}), row),
      literal(Value::List({Value::List({Value::String("k"), Value::Decimal(5)})}), map),
      MakeCast(MakeInput(0, DataType::BigInt().NotNull()), DataType::TimestampLtz(3)),
  };
  std::vector<std::string> names(exprs.size(), "c");
  PlanPtr calc = MakeProject(scan, exprs, names);
  ExprPtr condition = MakeCall(
      ">", {MakeInput(0, DataType::BigInt()), MakeLiteral(Value::Int(3), DataType::BigInt())},
      DataType::Boolean());
  PlanPtr filter = MakeFilter(calc->inputs[0], condition);
  std::string json = RoundTrip({MakePlan(CollectNode{}, calc->schema, {calc}),
                                MakePlan(CollectNode{{0}}, filter->schema, {filter})});
  // The shared scan is written once.
  EXPECT_EQ(json.find("\"kind\": \"Scan\""), json.rfind("\"kind\": \"Scan\""));
  EXPECT_NE(json.find("\"weirPlanVersion\": 1"), std::string::npos);
}

TEST(PlanJson, EveryOtherNode) {
  PlanPtr scan = Scan();
  DataType bigint = DataType::BigInt();
  AggregateCall listagg = Call("LISTAGG", {0, 1}, DataType::String());
  listagg.literals[1] = Value::String(";");
  listagg.distinct = true;
  listagg.order_by = {{3, true, false}};
  Schema keyed{{{"bidder", bigint}, {"l", DataType::String()}, {"n", bigint}}};
  PlanPtr aggregate = MakePlan(
      AggregateNode{{0}, {listagg, Call("COUNT", {}, bigint)}, AggregatePhase::kSingle, 1000},
      keyed, {scan});
  Schema with_window = scan->schema;
  for (const char* name : {"window_start", "window_end", "window_time"}) {
    with_window.fields.push_back({name, DataType::Timestamp(3).NotNull()});
  }
  WindowSpec hop{WindowKind::kHop, 3, false, 10'000, 2'000, 500, {}};
  PlanPtr function = MakePlan(WindowTableFunctionNode{hop}, with_window, {scan});
  WindowAggregateNode window;
  window.window = hop;
  window.keys = {0};
  window.calls = {Call("SUM", {1}, DataType::Decimal(38, 2))};
  window.emit_time = false;
  Schema window_schema{{{"bidder", bigint},
                        {"s", DataType::Decimal(38, 2)},
                        with_window.fields[4],
                        with_window.fields[5]}};
  PlanPtr windowed = MakePlan(window, window_schema, {scan});
  JoinNode join;
  join.left_ttl_millis = 86'400'000;
  join.right_ttl_millis = -1;
  join.left_keys = {0};
  join.right_keys = {0};
  join.null_safe = {true};
  Schema both = keyed;
  both.fields.insert(both.fields.end(), window_schema.fields.begin(), window_schema.fields.end());
  PlanPtr joined = MakePlan(join, both, {aggregate, windowed});
  PlanPtr sorted = MakePlan(SortNode{{{0, true, false}, {2, false, true}}, 3, 20}, both, {joined});
  PlanPtr exchanged = MakePlan(ExchangeNode{Distribution::kHash, {0, 1}}, both, {sorted});
  PlanPtr all = MakePlan(UnionNode{}, both, {exchanged, exchanged});
  PlanPtr except = MakePlan(SetOperationNode{false, true}, both, {all, sorted});
  PlanPtr values = MakePlan(ValuesNode{{{Value::Int(1), Value::Null()}}},
                            Schema{{{"a", bigint}, {"b", DataType::String()}}}, {});
  Schema expanded = values->schema;
  expanded.fields.push_back({"a", bigint});
  expanded.fields.push_back({"$e", bigint.NotNull()});
  PlanPtr expand = MakePlan(ExpandNode{{0}, {{0}, {}}, {0, 1}}, expanded, {values});
  CorrelateNode correlate;
  correlate.function = "UNNEST";
  correlate.args = {MakeInput(1, DataType::String())};
  correlate.function_schema = Schema{{{"x", bigint}}};
  correlate.left_outer = true;
  Schema correlated = expanded;
  correlated.fields.push_back({"x", bigint});
  PlanPtr unnest = MakePlan(correlate, correlated, {expand});
  PlanPtr marked = MakePlan(WatermarkNode{3, nullptr}, scan->schema, {scan});
  PlanPtr normal = MakePlan(ChangelogNormalizeNode{{0}, nullptr}, scan->schema, {marked});
  PlanPtr dropped = MakePlan(DropUpdateBeforeNode{true}, scan->schema, {normal});
  SinkNode sink;
  sink.table = BidTable();
  sink.physical_schema = sink.table->PhysicalSchema();
  sink.upsert_key = {0};
  sink.static_partition = {{"day", "1"}};
  sink.overwrite = true;
  sink.target = "t";
  RoundTrip({MakePlan(CollectNode{}, both, {except}), MakePlan(CollectNode{}, correlated, {unnest}),
             MakePlan(CollectNode{}, with_window, {function}),
             MakePlan(sink, scan->schema, {dropped})});
}

TEST(PlanJson, MalformedIsNamed) {
  auto error = [](std::string_view text) {
    auto read = PlanFromJson(text);
    return read.ok() ? std::string("no error") : read.status().message();
  };
  EXPECT_EQ(error(""), "the plan is no valid JSON");
  EXPECT_EQ(error("[1]"), "the plan must be an object");
  EXPECT_EQ(error("{}"), "the plan has no field 'weirPlanVersion'");
  EXPECT_EQ(error(R"({"weirPlanVersion": 9})"),
            "weirPlanVersion 9 is not supported (this is version 1)");
  EXPECT_EQ(error(R"({"weirPlanVersion": 1, "nodes": []})"), "the plan has no roots");
  EXPECT_EQ(error(R"({"weirPlanVersion": 1, "roots": [4]})"), "root 4 is no node of the plan");
  EXPECT_EQ(
      error(R"({"weirPlanVersion": 1, "nodes": [{"id": 0, "kind": "Teapot"}], "roots": [0]})"),
      "node 0 (Teapot) is of the unknown kind 'Teapot'");
  EXPECT_EQ(
      error(
          R"({"weirPlanVersion": 1, "nodes": [{"id": 0, "kind": "Union", "inputs": [7]}], "roots": [0]})"),
      "node 0 (Union) reads node 7, which is not listed before it");
  EXPECT_EQ(
      error(
          R"({"weirPlanVersion": 1, "nodes": [{"id": 0, "kind": "Union", "color": 1}], "roots": [0]})"),
      "node 0 (Union) has an unknown field 'color'");
  EXPECT_EQ(
      error(
          R"({"weirPlanVersion": 1, "nodes": [{"id": 0, "kind": "Scan", "table": 3}], "roots": [0]})"),
      "node 0 (Scan) names table 3, but there are 0");
  EXPECT_EQ(
      error(
          R"({"weirPlanVersion": 1, "nodes": [{"id": 0, "kind": "Values", "schema": [{"name": "a", "type": "INT"}],
                      "rows": [["x"]]}], "roots": [0]})"),
      "a value of node 0 (Values) must be an integer");
  EXPECT_EQ(error(R"({"weirPlanVersion": 1, "nodes": [
      {"id": 0, "kind": "Values", "schema": [{"name": "a", "type": "INT"}], "rows": [[1]]},
      {"id": 1, "kind": "Calc", "inputs": [0], "schema": [{"name": "a", "type": "INT"}],
       "projections": [{"column": 5, "type": "INT"}]}], "roots": [1]})"),
            "node 1 (Calc): a projection reads column 5 of 1");
  EXPECT_NE(error(std::string(100'000, '[')).find("nested deeper"), std::string::npos);
  // Every prefix of a plan is an error, never a crash.
  std::string json = PlanToJson({MakePlan(CollectNode{}, Scan()->schema, {Scan()})});
  for (size_t length = 0; length + 1 < json.size(); length += 7)
    EXPECT_FALSE(PlanFromJson(json.substr(0, length)).ok());
}

TEST(Explain, TreeWithReuse) {
  PlanPtr scan = Scan();
  PlanPtr aggregate = MakePlan(
      AggregateNode{{0}, {Call("COUNT", {}, DataType::BigInt())}, AggregatePhase::kSingle, 0},
      Schema{{{"bidder", DataType::BigInt()}, {"n", DataType::BigInt()}}}, {scan});
  PlanPtr all = MakePlan(UnionNode{}, aggregate->schema, {aggregate, aggregate});
  EXPECT_EQ(
      ExplainPlan({all}),
      "Union(all=[true], union=[bidder, n])\n"
      ":- GroupAggregate(groupBy=[bidder], select=[bidder, COUNT(*) AS COUNT])(reuse_id=[1])\n"
      ":  +- Scan(table=[`cat`.`db`.`bid`], fields=[bidder, price, item, ts], "
      "pushed=[bidder > 5, item.name IN ('a', 'b'), price IS NOT NULL], limit=[10], "
      "partitions=[{day=2024-01-01}], "
      "rowtime=[ts], watermark=[ts], hints=[k:v])\n"
      "+- Reused(reference_id=[1])\n");
}

}  // namespace
}  // namespace weir

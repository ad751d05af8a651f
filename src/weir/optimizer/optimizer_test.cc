// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Plans in, plans out, as EXPLAIN prints them. Larger cases, written in SQL, are in tests/plan/.
#include "weir/optimizer/optimizer.h"

#include <gtest/gtest.h>

#include "weir/expr/evaluator.h"
#include "weir/optimizer/simplify.h"
#include "weir/plan/explain.h"
#include "weir/plan/plan_json.h"
#include "weir/plan/validate_plan.h"

namespace weir {
namespace {

class FakeSink : public Sink {
 public:
  explicit FakeSink(ChangelogMode accepted) : accepted_(accepted) {}
  ChangelogMode accepted_changes(const ChangelogMode&) const override { return accepted_; }
  Result<std::unique_ptr<SinkWriter>> OpenWriter(int, int) override {
    return Unsupported("writing");
  }

 private:
  ChangelogMode accepted_;
};

/// Tables with any changes, bounds and partitions, by options.
class FakeConnector : public Connector {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override { return "for tests"; }
  const std::vector<OptionSpec>& options() const override { return options_; }
  bool can_read() const override { return true; }
  bool can_write() const override { return true; }
  Result<bool> IsBounded(const TableContext& table) const override {
    return table.options.GetOr("bounded", "true") == "true";
  }
  Result<ChangelogMode> SourceChanges(const TableContext& table) const override {
    return ParseChangelogMode(table.options.GetOr("changes", "I"));
  }
  Result<std::unique_ptr<Sink>> MakeSink(const TableContext& table) const override {
    WEIR_ASSIGN_OR_RETURN(ChangelogMode accepted,
                          ParseChangelogMode(table.options.GetOr("changes", "I")));
    return std::make_unique<FakeSink>(accepted);
  }
  Result<std::vector<std::map<std::string, std::string>>> Partitions(
      const TableContext& table) const override {
    return std::vector<std::map<std::string, std::string>>{
        {{"k", "1"}}, {{"k", "2"}}, {{"k", "3"}}};
  }

 private:
  std::string name_ = "fake";
  std::vector<OptionSpec> options_ = {{"bounded"}, {"changes"}};
};

class OptimizerTest : public testing::Test {
 protected:
  OptimizerTest() {
    RegisterBuiltinFunctions(&functions_);
    connectors_.Add(std::make_unique<FakeConnector>());
    context_.functions = &functions_;
    context_.config = &config_;
    context_.connectors = &connectors_;
    context_.environment = &RealEnvironment();
  }

  /// Columns k BIGINT, v BIGINT, r ROW<a INT, b STRING, c BIGINT>, ts TIMESTAMP(3) with a
  /// watermark.
  std::shared_ptr<TableDefinition> Table(const std::string& name,
                                         std::map<std::string, std::string> options = {}) {
    auto table = std::make_shared<TableDefinition>();
    table->name = {"c", "d", name};
    DataType row = DataType::Row(
        {{"a", DataType::Int()}, {"b", DataType::String()}, {"c", DataType::BigInt()}});
    for (const Field& field : std::vector<Field>{{"k", DataType::BigInt()},
                                                 {"v", DataType::BigInt()},
                                                 {"r", row},
                                                 {"ts", DataType::Timestamp(3)}}) {
      TableColumn column;
      column.name = field.name;
      column.type = field.type;
      table->columns.push_back(std::move(column));
    }
    options["connector"] = "fake";
    table->options = std::move(options);
    return table;
  }
  PlanPtr Scan(const TablePtr& table) {
    ScanNode scan;
    scan.table = table;
    scan.scan_schema = table->PhysicalSchema();
    scan.rowtime_column = 3;
    scan.watermark = MakeInput(3, DataType::Timestamp(3));
    Schema schema = scan.scan_schema;
    schema.fields[3].type = schema.fields[3].type.WithTimeAttribute(TimeAttribute::kRowtime);
    return MakePlan(std::move(scan), std::move(schema), {});
  }
  PlanPtr Scan(const std::string& name = "t") { return Scan(Table(name)); }

  static ExprPtr In(const PlanPtr& plan, int column) {
    return MakeInput(column, plan->schema[column].type);
  }
  static ExprPtr Int(int64_t value) {
    return MakeLiteral(Value::Int(value), DataType::BigInt().NotNull());
  }
  ExprPtr Call(const std::string& name, std::vector<ExprPtr> args) {
    auto call = functions_.MakeCall(name, std::move(args), config_);
    EXPECT_TRUE(call.ok()) << call.status().ToString();
    return call.ok() ? *call : Int(0);
  }
  PlanPtr Project(const PlanPtr& plan, std::vector<ExprPtr> exprs) {
    std::vector<std::string> names;
    for (size_t i = 0; i < exprs.size(); ++i) names.push_back("e" + std::to_string(i));
    return MakeProject(plan, std::move(exprs), std::move(names));
  }
  static AggregateCall Agg(const char* function, std::vector<int> args) {
    AggregateCall call;
    call.function = function;
    call.literals.resize(args.size());
    call.args = std::move(args);
    call.type = DataType::BigInt();
    call.name = function;
    return call;
  }
  static PlanPtr Group(const PlanPtr& input, std::vector<int> keys,
                       std::vector<AggregateCall> calls) {
    Schema schema;
    for (int key : keys) schema.fields.push_back(input->schema[key]);
    for (const AggregateCall& call : calls) schema.fields.push_back({call.name, call.type});
    return MakePlan(AggregateNode{std::move(keys), std::move(calls), AggregatePhase::kSingle, 0},
                    std::move(schema), {input});
  }
  static PlanPtr Window(const PlanPtr& input, WindowSpec window) {
    Schema schema = input->schema;
    for (const char* name : {"window_start", "window_end", "window_time"}) {
      schema.fields.push_back({name, DataType::Timestamp(3).NotNull()});
    }
    return MakePlan(WindowTableFunctionNode{std::move(window)}, std::move(schema), {input});
  }
  static PlanPtr Join(const PlanPtr& left, const PlanPtr& right) {
    Schema schema = left->schema;
    schema.fields.insert(schema.fields.end(), right->schema.fields.begin(),
                         right->schema.fields.end());
    return MakePlan(JoinNode{}, std::move(schema), {left, right});
  }
  static PlanPtr Collect(const PlanPtr& input) {
    return MakePlan(CollectNode{}, input->schema, {input});
  }
  PlanPtr SinkTo(const PlanPtr& input, const std::string& changes, std::vector<int> key) {
    SinkNode sink;
    auto table = Table("out", {{"changes", changes}});
    table->columns.clear();
    for (const Field& field : input->schema.fields) {
      TableColumn column;
      column.name = field.name;
      column.type = field.type;
      table->columns.push_back(std::move(column));
    }
    sink.physical_schema = input->schema;
    sink.table = std::move(table);
    sink.upsert_key = std::move(key);
    sink.target = "out";
    return MakePlan(std::move(sink), input->schema, {input});
  }

  Result<std::vector<PlanPtr>> Run(std::vector<PlanPtr> roots) {
    WEIR_RETURN_NOT_OK(ValidatePlan(roots));
    WEIR_ASSIGN_OR_RETURN(auto plan, Optimize(std::move(roots), context_));
    WEIR_RETURN_NOT_OK(ValidatePlan(plan));
    // What comes out can be written and read.
    WEIR_ASSIGN_OR_RETURN(auto again, PlanFromJson(PlanToJson(plan)));
    if (PlanToJson(again) != PlanToJson(plan)) return Internal("the plan changes by its JSON form");
    return plan;
  }
  /// The optimized plan below its root, without table names.
  std::string Plan(const PlanPtr& root, ExplainOptions options = {}) {
    auto plan = Run({root});
    if (!plan.ok()) return plan.status().message();
    std::string text = ExplainPlan({(*plan)[0]->inputs[0]}, options);
    for (std::string::size_type at; (at = text.find("`c`.`d`.")) != std::string::npos;)
      text.erase(at, 8);
    return text;
  }
  std::string WithChanges(const PlanPtr& root) {
    ExplainOptions options;
    options.changelog_mode = true;
    return Plan(root, options);
  }

  FunctionRegistry functions_;
  FunctionConfig config_;
  ConnectorRegistry connectors_;
  OptimizerContext context_;
};

TEST_F(OptimizerTest, CalcsMergeAndColumnsArePruned) {
  PlanPtr scan = Scan();
  PlanPtr inner =
      Project(scan, {In(scan, 0), Call("+", {In(scan, 1), Int(1)}), MakeField(In(scan, 2), 1)});
  PlanPtr outer = Project(inner, {In(inner, 2), Call("*", {In(inner, 1), Int(2)})});
  PlanPtr root = Collect(MakeFilter(outer, Call(">", {In(outer, 1), Call("+", {Int(1), Int(2)})})));
  EXPECT_EQ(Plan(root),
            "Calc(select=[r.b AS e0, (v + 1) * 2 AS e1], where=[((v + 1) * 2) > 3])\n"
            "+- Scan(table=[`t`], fields=[v, r(b)])\n");
}

TEST_F(OptimizerTest, FiltersSimplifyWhatIsComputedBehindThem) {
  PlanPtr scan = Scan();
  ExprPtr choice =
      Call("CASE", {Call("=", {In(scan, 0), Int(0)}), MakeField(In(scan, 2), 2), In(scan, 1)});
  PlanPtr root =
      Collect(MakeFilter(Project(scan, {In(scan, 0), choice}), Call("=", {In(scan, 0), Int(2)})));
  EXPECT_EQ(Plan(root),
            "Calc(select=[k AS e0, v AS e1], where=[k = 2])\n"
            "+- Scan(table=[`t`], fields=[k, v], pushed=[k = 2])\n");
  ExprPtr both = AndOf({Call("=", {In(scan, 0), Int(2)}), Call("=", {In(scan, 0), Int(3)})});
  EXPECT_EQ(Plan(Collect(MakeFilter(scan, both))), "Values(tuples=[[]], fields=[k, v, r, ts])\n");
}

TEST_F(OptimizerTest, ImpossibleFilterIsNoScan) {
  PlanPtr scan = Scan();
  EXPECT_EQ(Plan(Collect(MakeFilter(scan, Call("=", {Int(1), Int(2)})))),
            "Values(tuples=[[]], fields=[k, v, r, ts])\n");
}

TEST_F(OptimizerTest, FiltersReachBothSidesOfAJoinAndEqualitiesBecomeKeys) {
  PlanPtr join = Join(Scan("a"), Scan("b"));
  ExprPtr condition = AndOf({Call("=", {In(join, 0), In(join, 5)}),
                             Call(">", {In(join, 1), Int(7)}), Call("<", {In(join, 4), Int(9)})});
  PlanPtr filter = MakeFilter(join, condition);
  EXPECT_EQ(Plan(Collect(Project(filter, {In(filter, 1), In(filter, 4)}))),
            "Calc(select=[v AS e0, k AS e1])\n"
            "+- Join(joinType=[InnerJoin], where=[(k = v)], select=[k, v, k, v])\n"
            "   :- Calc(select=[k, v], where=[v > 7])\n"
            "   :  +- Scan(table=[`a`], fields=[k, v], pushed=[v > 7])\n"
            "   +- Calc(select=[k, v], where=[k < 9])\n"
            "      +- Scan(table=[`b`], fields=[k, v], pushed=[k < 9])\n");
}

TEST_F(OptimizerTest, FilterOnKeysGoesBelowTheGroupingAndUnreadCallsGo) {
  PlanPtr group = Group(Scan(), {0}, {Agg("COUNT", {}), Agg("SUM", {1}), Agg("COUNT", {})});
  PlanPtr filter = MakeFilter(
      group, AndOf({Call("=", {In(group, 0), Int(5)}), Call(">", {In(group, 1), Int(1)})}));
  EXPECT_EQ(Plan(Collect(Project(filter, {In(filter, 1), In(filter, 3)}))),
            "Calc(select=[COUNT AS e0, COUNT AS e1], where=[COUNT > 1])\n"
            "+- GroupAggregate(groupBy=[k], select=[k, COUNT(*) AS COUNT])\n"
            "   +- Calc(select=[k], where=[k = 5])\n"
            "      +- Scan(table=[`t`], fields=[k], pushed=[k = 5])\n");
}

TEST_F(OptimizerTest, UnionsPassFiltersAndLimits) {
  PlanPtr a = Scan("a"), b = Scan("b");
  PlanPtr all = MakePlan(UnionNode{}, a->schema, {a, b});
  PlanPtr narrow = Project(all, {In(all, 0)});
  PlanPtr limit = MakePlan(SortNode{{}, 2, 5}, narrow->schema, {narrow});
  EXPECT_EQ(Plan(Collect(limit)),
            "Limit(offset=[2], fetch=[5])\n"
            "+- Union(all=[true], union=[k])\n"
            "   :- Scan(table=[`a`], fields=[k], limit=[7])\n"
            "   +- Scan(table=[`b`], fields=[k], limit=[7])\n");
}

TEST_F(OptimizerTest, PartitionsArePruned) {
  auto table = Table("p");
  table->partition_keys = {"k"};
  PlanPtr scan = Scan(table);
  EXPECT_EQ(
      Plan(Collect(Project(MakeFilter(scan, Call(">", {In(scan, 0), Int(1)})), {In(scan, 1)}))),
      "Calc(select=[v AS e0], where=[k > 1])\n"
      "+- Scan(table=[`p`], fields=[k, v], pushed=[k > 1], partitions=[{k=2}, {k=3}])\n");
  EXPECT_EQ(
      Plan(Collect(Project(MakeFilter(scan, Call(">", {In(scan, 0), Int(9)})), {In(scan, 1)}))),
      "Values(tuples=[[]], fields=[e0])\n");
}

TEST_F(OptimizerTest, WindowAggregation) {
  PlanPtr window = Window(Scan(), {WindowKind::kTumble, 3, false, 10'000, 0, 0, {}});
  PlanPtr wanted = Project(MakeFilter(window, Call(">", {In(window, 1), Int(4)})),
                           {In(window, 5), In(window, 0), In(window, 4)});
  PlanPtr group = Group(wanted, {0, 1, 2}, {Agg("COUNT", {})});
  // The window columns are the function's last three: start 4, end 5.
  EXPECT_EQ(WithChanges(Collect(group)),
            "Calc(select=[window_end AS e0, e1, window_start AS e2, COUNT], changelogMode=[I])\n"
            "+- WindowAggregate(groupBy=[e1], window=[TUMBLE(time_col=[ts], size=[10 s])], "
            "select=[e1, COUNT(*) AS COUNT, "
            "start('w$') AS window_start, end('w$') AS window_end], changelogMode=[I])\n"
            "   +- Calc(select=[k AS e1, ts], where=[v > 4], changelogMode=[I])\n"
            "      +- Scan(table=[`t`], fields=[k, v, ts], rowtime=[ts], watermark=[ts], "
            "changelogMode=[I])\n");
}

TEST_F(OptimizerTest, FilterOnWindowColumnsLeavesThemAttached) {
  PlanPtr window = Window(Scan(), {WindowKind::kTumble, 3, false, 10'000, 0, 0, {}});
  ExprPtr bound = MakeLiteral(Value::Int(0), DataType::Timestamp(3).NotNull());
  PlanPtr group =
      Group(MakeFilter(window, Call(">", {In(window, 4), bound})), {0, 4, 5}, {Agg("COUNT", {})});
  std::string plan = Plan(Collect(group));
  EXPECT_NE(
      plan.find("window=[TUMBLE(win_start=[window_start], win_end=[window_end], size=[10 s])]"),
      std::string::npos)
      << plan;
  EXPECT_NE(plan.find("WindowTableFunction"), std::string::npos) << plan;
}

TEST_F(OptimizerTest, SessionsOfOtherKeysAreOrdinaryGroups) {
  PlanPtr window = Window(Scan(), {WindowKind::kSession, 3, false, 10'000, 0, 0, {}});
  std::string plan = Plan(Collect(Group(window, {0, 4, 5}, {Agg("COUNT", {})})));
  EXPECT_NE(plan.find("GroupAggregate(groupBy=[k, window_start, window_end]"), std::string::npos)
      << plan;
  PlanPtr keyed = Window(Scan(), {WindowKind::kSession, 3, false, 10'000, 0, 0, {0}});
  plan = Plan(Collect(Group(keyed, {0, 4, 5}, {Agg("COUNT", {})})));
  EXPECT_NE(plan.find("WindowAggregate(groupBy=[k], window=[SESSION(time_col=[ts], gap=[10 s], "
                      "partition keys=[k])]"),
            std::string::npos)
      << plan;
}

TEST_F(OptimizerTest, TwoPhasesAroundAnExchange) {
  context_.parallelism = 4;
  PlanPtr group = Group(Scan(), {0}, {Agg("COUNT", {})});
  EXPECT_EQ(Plan(SinkTo(group, "I,UB,UA,D", {})),
            "GlobalGroupAggregate(groupBy=[k], select=[k, COUNT(...) AS COUNT])\n"
            "+- Exchange(distribution=[hash[k]])\n"
            "   +- LocalGroupAggregate(groupBy=[k], select=[k, COUNT(*) AS COUNT])\n"
            "      +- Scan(table=[`t`], fields=[k])\n");
  context_.options["table.optimizer.agg-phase-strategy"] = "ONE_PHASE";
  EXPECT_EQ(Plan(SinkTo(group, "I,UB,UA,D", {})),
            "GroupAggregate(groupBy=[k], select=[k, COUNT(*) AS COUNT])\n"
            "+- Exchange(distribution=[hash[k]])\n"
            "   +- Scan(table=[`t`], fields=[k])\n");
}

TEST_F(OptimizerTest, SinksWithTheGroupKeyWantNoUpdateBefore) {
  PlanPtr group = Group(Scan(), {0}, {Agg("COUNT", {})});
  EXPECT_EQ(WithChanges(SinkTo(group, "I,UA,D", {0})),
            "GroupAggregate(groupBy=[k], select=[k, COUNT(*) AS COUNT], changelogMode=[I,UA])\n"
            "+- Scan(table=[`t`], fields=[k], changelogMode=[I])\n");
  // A filter may let only one half of an update pass: -U must arrive, as a deletion.
  PlanPtr filter = MakeFilter(group, Call(">", {In(group, 1), Int(1)}));
  EXPECT_EQ(
      WithChanges(SinkTo(filter, "I,UA,D", {0})),
      "DropUpdateBefore(asDelete=[true], changelogMode=[I,UA,D])\n"
      "+- Calc(select=[k, COUNT], where=[COUNT > 1], changelogMode=[I,UB,UA])\n"
      "   +- GroupAggregate(groupBy=[k], select=[k, COUNT(*) AS COUNT], changelogMode=[I,UB,UA])\n"
      "      +- Scan(table=[`t`], fields=[k], changelogMode=[I])\n");
}

TEST_F(OptimizerTest, OtherPrimaryKeysAreMaterialized) {
  PlanPtr group = Group(Scan(), {0}, {Agg("COUNT", {})});
  std::string plan = WithChanges(SinkTo(group, "I,UA,D", {1}));
  EXPECT_NE(plan.find("GroupAggregate(groupBy=[COUNT], select=[COUNT, LAST_VALUE($row) AS $row], "
                      "changelogMode=[I,UA,D])"),
            std::string::npos)
      << plan;
}

TEST_F(OptimizerTest, AppendOnlySinksRefuseUpdates) {
  PlanPtr group = Group(Scan(), {0}, {Agg("COUNT", {})});
  EXPECT_EQ(Plan(SinkTo(group, "I", {})),
            "table sink 'out' doesn't support consuming update changes which is produced by node "
            "GroupAggregate(groupBy=[k], select=[k, COUNT(*) AS COUNT])");
  context_.is_batch = true;
  EXPECT_EQ(WithChanges(SinkTo(group, "I", {})),
            "GroupAggregate(groupBy=[k], select=[k, COUNT(*) AS COUNT], changelogMode=[I])\n"
            "+- Scan(table=[`t`], fields=[k], changelogMode=[I])\n");
}

TEST_F(OptimizerTest, UpsertSourcesAreNormalizedAndTakeTheFilter) {
  auto table = Table("u", {{"changes", "I,UA,D"}});
  table->primary_key = {"k"};
  PlanPtr scan = Scan(table);
  PlanPtr filter =
      MakeFilter(scan, AndOf({Call(">", {In(scan, 0), Int(1)}), Call(">", {In(scan, 1), Int(2)})}));
  EXPECT_EQ(WithChanges(Collect(Project(filter, {In(filter, 0)}))),
            "Calc(select=[k AS e0], changelogMode=[I,UB,UA,D])\n"
            "+- ChangelogNormalize(key=[k], condition=[v > 2], changelogMode=[I,UB,UA,D])\n"
            "   +- Calc(select=[k, v], where=[k > 1], changelogMode=[I,UA,D])\n"
            "      +- Scan(table=[`u`], fields=[k, v], changelogMode=[I,UA,D])\n");
  context_.is_batch = true;
  EXPECT_NE(Plan(Collect(scan)).find("in batch mode is only possible for INSERT-only sources"),
            std::string::npos);
}

TEST_F(OptimizerTest, SortsOfEndlessInputAreRefused) {
  PlanPtr scan = Scan(Table("e", {{"bounded", "false"}}));
  PlanPtr sort = MakePlan(SortNode{{{1, false, true}}, 0, {}}, scan->schema, {scan});
  EXPECT_EQ(
      Plan(Collect(sort)),
      "sort on a non-time-attribute field is not supported in stream mode over an unbounded input");
}

TEST_F(OptimizerTest, SharedPartsRunOnce) {
  PlanPtr root = Collect(Join(Scan("a"), Scan("a")));
  auto plan = Run({root});
  ASSERT_TRUE(plan.ok()) << plan.status().ToString();
  const PlanPtr& join = (*plan)[0]->inputs[0];
  EXPECT_EQ(join->inputs[0], join->inputs[1]);
}

TEST_F(OptimizerTest, SemanticIdsDoNotMoveWithThePlan) {
  auto id = [&](const PlanPtr& root) {
    auto plan = Run({root});
    EXPECT_TRUE(plan.ok()) << plan.status().ToString();
    const PlanNode* node = plan.ok() ? (*plan)[0].get() : root.get();
    while (node->As<AggregateNode>() == nullptr && !node->inputs.empty())
      node = node->inputs[0].get();
    return node->traits.semantic_id;
  };
  PlanPtr scan = Scan();
  PlanPtr one = Project(scan, {In(scan, 0), In(scan, 1)});
  PlanPtr two = Project(scan, {In(scan, 3), In(scan, 1), In(scan, 0)});
  std::string first = id(Collect(Group(one, {0}, {Agg("SUM", {1})})));
  EXPECT_EQ(first, id(Collect(Group(two, {2}, {Agg("SUM", {1})}))));
  EXPECT_NE(first, id(Collect(Group(one, {1}, {Agg("SUM", {1})}))));
  EXPECT_NE(first, id(Collect(Group(one, {0}, {Agg("MAX", {1})}))));
  context_.parallelism = 3;
  EXPECT_EQ(first, id(Collect(Group(one, {0}, {Agg("SUM", {1})}))));
}

TEST_F(OptimizerTest, SemanticIdsOfKeptRowsNameTheirColumns) {
  auto id = [&](int column) {
    PlanPtr left = Scan("a"), right = Scan("b");
    PlanPtr join = Join(Project(left, {In(left, 0), In(left, column)}), right);
    auto plan = Run({Collect(join)});
    EXPECT_TRUE(plan.ok()) << plan.status().ToString();
    const PlanNode* node = plan.ok() ? (*plan)[0].get() : join.get();
    while (node->As<JoinNode>() == nullptr && !node->inputs.empty()) node = node->inputs[0].get();
    return node->traits.semantic_id;
  };
  EXPECT_EQ(id(1), id(1));
  EXPECT_NE(id(1), id(3));
}

TEST_F(OptimizerTest, DoublingExpressionsStaySmall) {
  PlanPtr plan = Scan();
  plan = Project(plan, {In(plan, 0), In(plan, 1)});
  for (int i = 0; i < 60; ++i) {
    plan = Project(MakeFilter(plan, Call(">", {In(plan, 0), Int(i)})),
                   {Call("+", {In(plan, 0), In(plan, 0)}), Call("+", {In(plan, 1), In(plan, 0)})});
  }
  EXPECT_LT(Plan(Collect(plan)).size(), 1'000'000u);
}

TEST_F(OptimizerTest, BoundsAreNamed) {
  context_.plan_nodes_max = 3;
  PlanPtr group = Group(Scan(), {0}, {Agg("COUNT", {})});
  PlanPtr join = Join(group, Scan("b"));
  EXPECT_NE(Plan(Collect(join)).find("more than 3"), std::string::npos);
}

TEST_F(OptimizerTest, Simplify) {
  auto simple = [&](const ExprPtr& expr) {
    return ExprToString(*optimizer::Simplify(expr, context_), {"a", "b"});
  };
  ExprPtr a = MakeInput(0, DataType::BigInt()), b = MakeInput(1, DataType::BigInt().NotNull());
  ExprPtr yes = MakeLiteral(Value::Bool(true), DataType::Boolean().NotNull());
  ExprPtr no = MakeLiteral(Value::Bool(false), DataType::Boolean().NotNull());
  ExprPtr positive = Call(">", {a, Int(0)});
  DataType boolean = DataType::Boolean();
  EXPECT_EQ(simple(MakeCall("AND", {yes, MakeCall("AND", {positive, positive}, boolean)}, boolean)),
            "a > 0");
  EXPECT_EQ(simple(MakeCall("OR", {positive, yes}, boolean)), "TRUE");
  EXPECT_EQ(simple(MakeCall("NOT", {Call("=", {a, b})}, boolean)), "a <> b");
  EXPECT_EQ(simple(MakeCall("CASE", {no, a, positive, b, a}, DataType::BigInt())),
            "CASE WHEN a > 0 THEN b ELSE a END");
  EXPECT_EQ(simple(MakeCall("CASE", {yes, a, b}, DataType::BigInt())), "a");
  EXPECT_EQ(simple(MakeCall("COALESCE", {b, a}, DataType::BigInt().NotNull())), "b");
  EXPECT_EQ(simple(MakeCall("IS NULL", {b}, boolean.NotNull())), "FALSE");
  EXPECT_EQ(simple(MakeCall("CAST", {b}, DataType::BigInt())), "b");
  EXPECT_EQ(simple(Call("+", {Int(2), Int(3)})), "5");
  // An error stays where it is until a row needs it.
  EXPECT_EQ(simple(Call("/", {Int(1), Int(0)})), "1 / 0");
}

}  // namespace
}  // namespace weir

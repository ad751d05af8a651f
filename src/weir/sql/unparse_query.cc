// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Queries and FROM items as text.
#include "weir/sql/unparse.h"
#include "weir/sql/unparser.h"

namespace weir {

void Unparser::Query(const AstQuery& query) {
  if (!query.with.empty()) Text(query.recursive ? "WITH RECURSIVE " : "WITH ");
  for (size_t i = 0; i < query.with.size(); ++i) {
    if (i > 0) Text(", ");
    Name(query.with[i].name);
    if (!query.with[i].columns.empty()) {
      Text(" (");
      Names(query.with[i].columns);
      Text(")");
    }
    Text(" AS (");
    Query(*query.with[i].query);
    Text(")");
  }
  if (!query.with.empty()) Text(" ");
  std::visit([this](const auto& body) { Body(body); }, query.body);
  if (!query.order_by.empty()) {
    Text(" ORDER BY ");
    SortItems(query.order_by);
  }
  if (query.limit != nullptr) {
    Text(" LIMIT ");
    Expr(*query.limit);
  }
  if (query.offset != nullptr) {
    Text(" OFFSET ");
    Expr(*query.offset);
  }
}

void Unparser::Body(const AstSetOperation& operation) {
  for (size_t i = 0; i < operation.inputs.size(); ++i) {
    if (i > 0) {
      switch (operation.kind) {
        case SetOperationKind::kUnion:
          Text(" UNION ");
          break;
        case SetOperationKind::kIntersect:
          Text(" INTERSECT ");
          break;
        case SetOperationKind::kExcept:
          Text(" EXCEPT ");
          break;
      }
      if (operation.all) Text("ALL ");
    }
    const AstQuery& input = *operation.inputs[i];
    bool plain = input.with.empty() && input.order_by.empty() && input.limit == nullptr &&
                 input.offset == nullptr;
    bool simple = plain && !input.As<AstSetOperation>() && !input.As<AstNestedQuery>();
    if (!simple) Text("(");
    Query(input);
    if (!simple) Text(")");
  }
}

void Unparser::Body(const AstValues& values) {
  Text("VALUES ");
  for (size_t i = 0; i < values.rows.size(); ++i) {
    if (i > 0) Text(", ");
    const auto& row = values.rows[i];
    // ((1, 2)) is a row of two values; a row whose only value is a row needs its keyword.
    bool row_in_row = row.size() == 1 && row[0]->As<AstConstructor>() != nullptr;
    Text(row_in_row ? "ROW(" : "(");
    Exprs(row);
    Text(")");
  }
}

void Unparser::Body(const AstTableQuery& query) {
  Text("TABLE ");
  Path(query.path);
}

void Unparser::Body(const AstNestedQuery& query) {
  Text("(");
  Query(*query.query);
  Text(")");
}

void Unparser::Body(const AstSelect& select) {
  Text("SELECT ");
  if (!select.hints.empty()) {
    Hints(select.hints);
    Text(" ");
  }
  if (select.stream) Text("STREAM ");
  if (select.quantifier == SetQuantifier::kDistinct) Text("DISTINCT ");
  if (select.quantifier == SetQuantifier::kAll) Text("ALL ");
  for (size_t i = 0; i < select.items.size(); ++i) {
    if (i > 0) Text(", ");
    Expr(*select.items[i].expr);
    if (!select.items[i].alias) continue;
    Text(" AS ");
    Name(*select.items[i].alias);
  }
  if (select.from != nullptr) {
    Text(" FROM ");
    Table(*select.from);
  }
  if (select.where != nullptr) {
    Text(" WHERE ");
    Expr(*select.where);
  }
  if (select.has_group_by) {
    Text(" GROUP BY ");
    if (select.group_quantifier == SetQuantifier::kDistinct) Text("DISTINCT ");
    if (select.group_quantifier == SetQuantifier::kAll) Text("ALL ");
    Groupings(select.group_by);
  }
  if (select.having != nullptr) {
    Text(" HAVING ");
    Expr(*select.having);
  }
  for (size_t i = 0; i < select.windows.size(); ++i) {
    Text(i == 0 ? " WINDOW " : ", ");
    Name(select.windows[i].name);
    Text(" AS ");
    WindowSpec(*select.windows[i].spec);
  }
  if (select.qualify != nullptr) {
    Text(" QUALIFY ");
    Expr(*select.qualify);
  }
}

void Unparser::Groupings(const std::vector<AstGrouping>& groupings) {
  for (size_t i = 0; i < groupings.size(); ++i) {
    if (i > 0) Text(", ");
    Grouping(groupings[i]);
  }
}

void Unparser::Grouping(const AstGrouping& grouping) {
  switch (grouping.kind) {
    case GroupingKind::kExpression:
      return Exprs(grouping.exprs);
    case GroupingKind::kTuple:
      Text("("), Exprs(grouping.exprs);
      break;
    case GroupingKind::kRollup:
      Text("ROLLUP ("), Groupings(grouping.elements);
      break;
    case GroupingKind::kCube:
      Text("CUBE ("), Groupings(grouping.elements);
      break;
    case GroupingKind::kSets:
      Text("GROUPING SETS ("), Groupings(grouping.elements);
      break;
  }
  Text(")");
}

void Unparser::Hints(const std::vector<AstHint>& hints) {
  Text("/*+ ");
  for (size_t i = 0; i < hints.size(); ++i) {
    if (i > 0) Text(", ");
    Name(hints[i].name);
    if (hints[i].arguments.empty()) continue;
    Text("(");
    for (size_t k = 0; k < hints[i].arguments.size(); ++k) {
      if (k > 0) Text(", ");
      const AstHintArgument& argument = hints[i].arguments[k];
      if (argument.key) {
        String(*argument.key);
        Text(" = ");
      }
      String(argument.value);
    }
    Text(")");
  }
  Text(" */");
}

void Unparser::Alias(const AstTableAlias& alias) {
  Text(" AS ");
  Name(alias.name);
  if (alias.columns.empty()) return;
  Text(" (");
  Names(alias.columns);
  Text(")");
}

void Unparser::Table(const AstTable& table) {
  bool has_suffix =
      table.alias || table.sample || table.system_time != nullptr || !table.hints.empty();
  bool parentheses = has_suffix && table.As<AstJoin>() != nullptr;
  if (parentheses) Text("(");
  std::visit([this](const auto& node) { TableNode(node); }, table.node);
  if (parentheses) Text(")");
  if (!table.hints.empty()) {
    Text(" ");
    Hints(table.hints);
  }
  if (table.system_time != nullptr) {
    Text(" FOR SYSTEM_TIME AS OF ");
    Expr(*table.system_time);
  }
  if (table.sample) {
    Text(table.sample->bernoulli ? " TABLESAMPLE BERNOULLI (" : " TABLESAMPLE SYSTEM (");
    Expr(*table.sample->percentage);
    Text(")");
    if (table.sample->repeatable) Text(fmt::format(" REPEATABLE ({})", *table.sample->repeatable));
  }
  if (table.alias) Alias(*table.alias);
}

void Unparser::TableFactor(const AstTable& table) {
  bool has_suffix =
      table.alias || table.sample || table.system_time != nullptr || !table.hints.empty();
  bool parentheses = !has_suffix && table.As<AstJoin>() != nullptr;
  if (parentheses) Text("(");
  Table(table);
  if (parentheses) Text(")");
}

void Unparser::TableNode(const AstTableName& node) {
  if (node.file) return String(*node.file);
  Path(node.path);
}

void Unparser::TableNode(const AstDerivedTable& node) {
  Text(node.lateral ? "LATERAL (" : "(");
  Query(*node.query);
  Text(")");
}

void Unparser::TableNode(const AstTableFunction& node) {
  if (node.lateral) Text("LATERAL ");
  if (node.wrapped) Text("TABLE(");
  Expr(*node.call);
  if (node.wrapped) Text(")");
}

void Unparser::TableNode(const AstUnnest& node) {
  Text(node.lateral ? "LATERAL UNNEST(" : "UNNEST(");
  Exprs(node.operands);
  Text(node.with_ordinality ? ") WITH ORDINALITY" : ")");
}

void Unparser::TableNode(const AstJoin& node) {
  const auto* left = node.left->As<AstJoin>();
  bool left_comma = left != nullptr && left->kind == JoinKind::kComma;
  if (left_comma && node.kind != JoinKind::kComma) {
    TableFactor(*node.left);
  } else {
    Table(*node.left);
  }
  if (node.natural) Text(" NATURAL");
  switch (node.kind) {
    case JoinKind::kInner:
      Text(" JOIN ");
      break;
    case JoinKind::kLeft:
      Text(" LEFT JOIN ");
      break;
    case JoinKind::kRight:
      Text(" RIGHT JOIN ");
      break;
    case JoinKind::kFull:
      Text(" FULL JOIN ");
      break;
    case JoinKind::kCross:
      Text(" CROSS JOIN ");
      break;
    case JoinKind::kComma:
      Text(", ");
      break;
    case JoinKind::kAsof:
      Text(" ASOF JOIN ");
      break;
    case JoinKind::kLeftAsof:
      Text(" LEFT ASOF JOIN ");
      break;
  }
  TableFactor(*node.right);
  if (node.match_condition != nullptr) {
    Text(" MATCH_CONDITION ");
    Expr(*node.match_condition);
  }
  if (node.on != nullptr) {
    Text(" ON ");
    Expr(*node.on);
  }
  if (!node.using_columns.empty()) {
    Text(" USING (");
    Names(node.using_columns);
    Text(")");
  }
}

void Unparser::TableNode(const AstPivot& node) {
  TableFactor(*node.input);
  Text(node.unpivot ? " UNPIVOT ()" : " PIVOT ()");
}

void Unparser::TableNode(const AstMatchRecognize& node) {
  TableFactor(*node.input);
  Text(" MATCH_RECOGNIZE (");
  if (!node.partition_by.empty()) {
    Text("PARTITION BY ");
    Exprs(node.partition_by);
    Text(" ");
  }
  if (!node.order_by.empty()) {
    Text("ORDER BY ");
    SortItems(node.order_by);
    Text(" ");
  }
  for (size_t i = 0; i < node.measures.size(); ++i) {
    Text(i == 0 ? "MEASURES " : ", ");
    Expr(*node.measures[i].expr);
    Text(" AS ");
    Name(node.measures[i].alias);
  }
  if (!node.measures.empty()) Text(" ");
  if (node.rows_per_match == RowsPerMatch::kOneRow) Text("ONE ROW PER MATCH ");
  if (node.rows_per_match == RowsPerMatch::kAllRows) Text("ALL ROWS PER MATCH ");
  switch (node.after_match) {
    case AfterMatchSkip::kDefault:
      break;
    case AfterMatchSkip::kToNextRow:
      Text("AFTER MATCH SKIP TO NEXT ROW ");
      break;
    case AfterMatchSkip::kPastLastRow:
      Text("AFTER MATCH SKIP PAST LAST ROW ");
      break;
    case AfterMatchSkip::kToFirst:
      Text("AFTER MATCH SKIP TO FIRST ");
      break;
    case AfterMatchSkip::kToLast:
      Text("AFTER MATCH SKIP TO LAST ");
      break;
  }
  if (node.skip_variable) {
    Name(*node.skip_variable);
    Text(" ");
  }
  Text(node.starts_at_first ? "PATTERN (^ " : "PATTERN (");
  Pattern(node.pattern);
  Text(node.ends_at_last ? " $)" : ")");
  if (node.within != nullptr) {
    Text(" WITHIN ");
    Expr(*node.within);
  }
  for (size_t i = 0; i < node.subsets.size(); ++i) {
    Text(i == 0 ? " SUBSET " : ", ");
    Name(node.subsets[i].name);
    Text(" = (");
    Names(node.subsets[i].variables);
    Text(")");
  }
  for (size_t i = 0; i < node.definitions.size(); ++i) {
    Text(i == 0 ? " DEFINE " : ", ");
    Name(node.definitions[i].variable);
    Text(" AS ");
    Expr(*node.definitions[i].condition);
  }
  Text(")");
}

void Unparser::Pattern(const AstPattern& pattern) {
  auto children = [&](std::string_view separator) {
    for (size_t i = 0; i < pattern.children.size(); ++i) {
      if (i > 0) Text(separator);
      Pattern(pattern.children[i]);
    }
  };
  switch (pattern.kind) {
    case PatternKind::kVariable:
      return Name(pattern.variable);
    case PatternKind::kSequence:
      return children(" ");
    case PatternKind::kAlternation:
      return children(" | ");
    case PatternKind::kQuantified:
      children("");
      return PatternQuantifier(pattern);
    case PatternKind::kPermute:
      Text("PERMUTE("), children(", "), Text(")");
      return;
    case PatternKind::kExclude:
      Text("{- "), children(""), Text(" -}");
      return;
    case PatternKind::kEmpty:
      return Text("()");
    case PatternKind::kGroup:
      Text("("), children(""), Text(")");
      return;
  }
}

void Unparser::PatternQuantifier(const AstPattern& pattern) {
  if (!pattern.max) {
    Text(pattern.min == 0 ? "*" : pattern.min == 1 ? "+" : fmt::format("{{{},}}", pattern.min));
  } else if (pattern.min == 0 && *pattern.max == 1) {
    Text("?");
  } else if (pattern.min == *pattern.max) {
    Text(fmt::format("{{{}}}", pattern.min));
  } else {
    Text(fmt::format("{{{},{}}}", pattern.min, *pattern.max));
  }
  if (pattern.reluctant) Text("?");
}

}  // namespace weir

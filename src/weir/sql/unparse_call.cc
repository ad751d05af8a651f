// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Function calls as text, in the form they were written in.
#include "weir/sql/precedence.h"
#include "weir/sql/unparse.h"
#include "weir/sql/unparser.h"

namespace weir {

void Unparser::Node(const AstCall& node) {
  // A function's name keeps its own spelling: many are keywords and mean something else in quotes.
  for (size_t i = 0; i < node.name.size(); ++i) {
    if (i > 0) Text(".");
    if (node.name[i].quoted) {
      Name(node.name[i]);
    } else {
      Text(node.name[i].value);
    }
  }
  if (node.form == CallForm::kNiladic) return;
  Text("(");
  CallArguments(node);
  Text(")");
  if (node.nulls == NullTreatment::kIgnoreNulls) Text(" IGNORE NULLS");
  if (node.nulls == NullTreatment::kRespectNulls) Text(" RESPECT NULLS");
  if (!node.within_group.empty()) {
    Text(" WITHIN GROUP (ORDER BY ");
    SortItems(node.within_group);
    Text(")");
  }
  if (node.filter != nullptr) {
    Text(" FILTER (WHERE ");
    Expr(*node.filter);
    Text(")");
  }
  if (node.over == nullptr) return;
  Text(" OVER ");
  if (node.over->is_reference) {
    Name(*node.over->base);
  } else {
    WindowSpec(*node.over);
  }
}

void Unparser::Arguments(const std::vector<AstArgument>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (i > 0) Text(", ");
    if (arguments[i].name) {
      Name(*arguments[i].name);
      Text(" => ");
    }
    Expr(*arguments[i].value);
  }
}

void Unparser::CallArguments(const AstCall& node) {
  auto argument = [&](size_t i, std::string_view before) {
    if (i >= node.arguments.size() || node.arguments[i].value == nullptr) return;
    Text(before);
    Expr(*node.arguments[i].value);
  };
  // The first argument of these forms may have been read with DISTINCT or a name, as any argument.
  auto first = [&] {
    if (node.quantifier == SetQuantifier::kDistinct) Text("DISTINCT ");
    if (node.quantifier == SetQuantifier::kAll) Text("ALL ");
    Arguments({node.arguments[0]});
  };
  switch (node.form) {
    case CallForm::kNiladic:
      return;
    case CallForm::kExtract:
      argument(0, ""), argument(1, " FROM ");
      return;
    case CallForm::kTo:
      first(), argument(1, " TO ");
      return;
    case CallForm::kSubstring:
      first(), argument(1, " FROM "), argument(2, " FOR ");
      return;
    case CallForm::kTrim:
      argument(0, ""), argument(1, " "), argument(2, " FROM ");
      return;
    case CallForm::kPosition:
      Operand(*node.arguments[0].value, kRangePrecedence + 1);
      argument(1, " IN "), argument(2, " FROM ");
      return;
    case CallForm::kOverlay:
      first(), argument(1, " PLACING "), argument(2, " FROM "), argument(3, " FOR ");
      return;
    case CallForm::kUsing:
      first();
      Text(" USING ");
      return Text(QuoteIdentifier(node.arguments[1].value->As<AstSymbol>()->text));
    case CallForm::kJson:
      return JsonArguments(node);
    case CallForm::kPlain:
      break;
  }
  if (node.quantifier == SetQuantifier::kDistinct) Text("DISTINCT ");
  if (node.quantifier == SetQuantifier::kAll) Text("ALL ");
  Arguments(node.arguments);
  if (!node.order_by.empty()) {
    Text(" ORDER BY ");
    SortItems(node.order_by);
  }
}

void Unparser::JsonBehavior(const std::optional<AstJsonBehavior>& behavior, std::string_view when) {
  if (!behavior) return;
  switch (behavior->kind) {
    case JsonBehaviorKind::kNull:
      Text(" NULL");
      break;
    case JsonBehaviorKind::kError:
      Text(" ERROR");
      break;
    case JsonBehaviorKind::kEmptyArray:
      Text(" EMPTY ARRAY");
      break;
    case JsonBehaviorKind::kEmptyObject:
      Text(" EMPTY OBJECT");
      break;
    case JsonBehaviorKind::kTrue:
      Text(" TRUE");
      break;
    case JsonBehaviorKind::kFalse:
      Text(" FALSE");
      break;
    case JsonBehaviorKind::kUnknown:
      Text(" UNKNOWN");
      break;
    case JsonBehaviorKind::kDefault:
      Text(" DEFAULT ");
      Expr(*behavior->default_value);
      break;
  }
  Text(when);
}

void Unparser::JsonArguments(const AstCall& node) {
  const AstJsonClauses& json = *node.json;
  std::string_view name = node.name[0].value;
  bool pairs = EditDistance(name, "JSON_OBJECT") == 0 || EditDistance(name, "JSON_OBJECTAGG") == 0;
  for (size_t i = 0; i < node.arguments.size(); ++i) {
    bool is_value = pairs && i % 2 == 1;
    if (i > 0) Text(is_value ? " VALUE " : ", ");
    if (pairs && !is_value) Text("KEY ");
    Arguments({node.arguments[i]});
    if (i < json.format_json.size() && json.format_json[i]) Text(" FORMAT JSON");
  }
  if (!node.order_by.empty()) {
    Text(" ORDER BY ");
    SortItems(node.order_by);
  }
  if (json.returning != nullptr) {
    Text(" RETURNING ");
    Type(*json.returning);
  }
  switch (json.wrapper) {
    case JsonWrapper::kNone:
      break;
    case JsonWrapper::kWithout:
      Text(" WITHOUT ARRAY WRAPPER");
      break;
    case JsonWrapper::kConditional:
      Text(" WITH CONDITIONAL ARRAY WRAPPER");
      break;
    case JsonWrapper::kUnconditional:
      Text(" WITH UNCONDITIONAL ARRAY WRAPPER");
      break;
  }
  if (json.quotes == JsonQuotes::kKeep) Text(" KEEP QUOTES");
  if (json.quotes == JsonQuotes::kOmit) Text(" OMIT QUOTES");
  JsonBehavior(json.on_empty, " ON EMPTY");
  JsonBehavior(json.on_error, " ON ERROR");
  std::string_view space = node.arguments.empty() ? "" : " ";
  if (json.nulls == JsonNullClause::kNullOnNull) Text(fmt::format("{}NULL ON NULL", space));
  if (json.nulls == JsonNullClause::kAbsentOnNull) Text(fmt::format("{}ABSENT ON NULL", space));
}

void Unparser::FrameBound(const AstFrameBound& bound) {
  switch (bound.kind) {
    case FrameBoundKind::kUnboundedPreceding:
      return Text("UNBOUNDED PRECEDING");
    case FrameBoundKind::kUnboundedFollowing:
      return Text("UNBOUNDED FOLLOWING");
    case FrameBoundKind::kCurrentRow:
      return Text("CURRENT ROW");
    case FrameBoundKind::kPreceding:
      Operand(*bound.offset, kRangePrecedence + 1);
      return Text(" PRECEDING");
    case FrameBoundKind::kFollowing:
      Operand(*bound.offset, kRangePrecedence + 1);
      return Text(" FOLLOWING");
  }
}

void Unparser::WindowSpec(const AstWindowSpec& spec) {
  Text("(");
  std::string_view gap = "";
  auto clause = [&](std::string_view word) {
    Text(gap);
    Text(word);
    gap = " ";
  };
  if (spec.base) {
    clause("");
    Name(*spec.base);
  }
  if (!spec.partition_by.empty()) {
    clause("PARTITION BY ");
    Exprs(spec.partition_by);
  }
  if (!spec.order_by.empty()) {
    clause("ORDER BY ");
    SortItems(spec.order_by);
  }
  if (spec.frame) {
    FrameUnit unit = spec.frame->unit;
    clause(unit == FrameUnit::kRows ? "ROWS " : unit == FrameUnit::kRange ? "RANGE " : "GROUPS ");
    if (spec.frame->end) Text("BETWEEN ");
    FrameBound(spec.frame->start);
    if (spec.frame->end) {
      Text(" AND ");
      FrameBound(*spec.frame->end);
    }
  }
  if (spec.allow_partial) clause("ALLOW PARTIAL");
  Text(")");
}

void Unparser::SortItems(const std::vector<AstSortItem>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) Text(", ");
    Expr(*items[i].expr);
    if (items[i].direction == SortDirection::kAscending) Text(" ASC");
    if (items[i].direction == SortDirection::kDescending) Text(" DESC");
    if (items[i].nulls == NullsOrder::kFirst) Text(" NULLS FIRST");
    if (items[i].nulls == NullsOrder::kLast) Text(" NULLS LAST");
  }
}

}  // namespace weir

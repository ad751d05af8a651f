// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Expressions and types as text.
#include "weir/sql/precedence.h"
#include "weir/sql/unparse.h"
#include "weir/sql/unparser.h"

namespace weir {
namespace {

struct OperatorText {
  std::string_view text;
  int precedence;
};

OperatorText TextOf(AstOperatorKind op) {
  using Op = AstOperatorKind;
  switch (op) {
    case Op::kAnd:
      return {"AND", kAndPrecedence};
    case Op::kOr:
      return {"OR", kOrPrecedence};
    case Op::kPlus:
      return {"+", kAddPrecedence};
    case Op::kTimes:
      return {"*", kTimesPrecedence};
    case Op::kConcat:
      return {"||", kTimesPrecedence};
    case Op::kMinus:
      return {"-", kAddPrecedence};
    case Op::kDivide:
      return {"/", kTimesPrecedence};
    case Op::kModulo:
      return {"%", kTimesPrecedence};
    case Op::kEqual:
      return {"=", kComparisonPrecedence};
    case Op::kNotEqual:
      return {"<>", kComparisonPrecedence};
    case Op::kLess:
      return {"<", kComparisonPrecedence};
    case Op::kLessOrEqual:
      return {"<=", kComparisonPrecedence};
    case Op::kGreater:
      return {">", kComparisonPrecedence};
    case Op::kGreaterOrEqual:
      return {">=", kComparisonPrecedence};
    case Op::kIsDistinctFrom:
      return {"IS DISTINCT FROM", kDistinctFromPrecedence};
    case Op::kIsNotDistinctFrom:
      return {"IS NOT DISTINCT FROM", kDistinctFromPrecedence};
    case Op::kOverlaps:
      return {"OVERLAPS", kComparisonPrecedence};
    case Op::kContains:
      return {"CONTAINS", kComparisonPrecedence};
    case Op::kPrecedes:
      return {"PRECEDES", kComparisonPrecedence};
    case Op::kSucceeds:
      return {"SUCCEEDS", kComparisonPrecedence};
    case Op::kImmediatelyPrecedes:
      return {"IMMEDIATELY PRECEDES", kComparisonPrecedence};
    case Op::kImmediatelySucceeds:
      return {"IMMEDIATELY SUCCEEDS", kComparisonPrecedence};
    case Op::kPeriodEquals:
      return {"EQUALS", kComparisonPrecedence};
    case Op::kMemberOf:
      return {"MEMBER OF", kComparisonPrecedence};
    case Op::kNotMemberOf:
      return {"NOT MEMBER OF", kComparisonPrecedence};
    case Op::kSubmultisetOf:
      return {"SUBMULTISET OF", kComparisonPrecedence};
    case Op::kNotSubmultisetOf:
      return {"NOT SUBMULTISET OF", kComparisonPrecedence};
    case Op::kMultisetUnion:
      return {"MULTISET UNION ALL", kMultisetPrecedence};
    case Op::kMultisetUnionDistinct:
      return {"MULTISET UNION DISTINCT", kMultisetPrecedence};
    case Op::kMultisetIntersect:
      return {"MULTISET INTERSECT ALL", kMultisetPrecedence};
    case Op::kMultisetIntersectDistinct:
      return {"MULTISET INTERSECT DISTINCT", kMultisetPrecedence};
    case Op::kMultisetExcept:
      return {"MULTISET EXCEPT ALL", kMultisetPrecedence};
    case Op::kMultisetExceptDistinct:
      return {"MULTISET EXCEPT DISTINCT", kMultisetPrecedence};
    case Op::kAtTimeZone:
      return {"AT TIME ZONE", kPostfixPrecedence};
    case Op::kNot:
      return {"NOT ", kNotPrecedence};
    case Op::kNegate:
      return {"-", kSignPrecedence};
    case Op::kPositive:
      return {"+", kSignPrecedence};
    case Op::kRunning:
      return {"RUNNING ", kPostfixPrecedence};
    case Op::kFinal:
      return {"FINAL ", kPostfixPrecedence};
    case Op::kIsNull:
      return {" IS NULL", kIsPrecedence};
    case Op::kIsNotNull:
      return {" IS NOT NULL", kIsPrecedence};
    case Op::kIsTrue:
      return {" IS TRUE", kIsPrecedence};
    case Op::kIsNotTrue:
      return {" IS NOT TRUE", kIsPrecedence};
    case Op::kIsFalse:
      return {" IS FALSE", kIsPrecedence};
    case Op::kIsNotFalse:
      return {" IS NOT FALSE", kIsPrecedence};
    case Op::kIsUnknown:
      return {" IS UNKNOWN", kIsPrecedence};
    case Op::kIsNotUnknown:
      return {" IS NOT UNKNOWN", kIsPrecedence};
    case Op::kIsASet:
      return {" IS A SET", kIsPrecedence};
    case Op::kIsNotASet:
      return {" IS NOT A SET", kIsPrecedence};
    case Op::kIsEmpty:
      return {" IS EMPTY", kIsPrecedence};
    case Op::kIsNotEmpty:
      return {" IS NOT EMPTY", kIsPrecedence};
  }
  return {"", kPrimaryPrecedence};
}

bool IsPrefix(AstOperatorKind op) {
  using Op = AstOperatorKind;
  return op == Op::kNot || op == Op::kNegate || op == Op::kPositive || op == Op::kRunning ||
         op == Op::kFinal;
}

int PrecedenceOf(const AstExpr& expr) {
  if (const auto* node = expr.As<AstOperator>()) return TextOf(node->op).precedence;
  if (expr.As<AstBetween>() || expr.As<AstInList>() || expr.As<AstInQuery>() || expr.As<AstLike>())
    return kRangePrecedence;
  if (expr.As<AstQuantified>()) return kComparisonPrecedence;
  if (expr.As<AstIsJson>()) return kIsPrecedence;
  if (expr.As<AstSubscript>() || expr.As<AstFieldAccess>()) return kPostfixPrecedence + 1;
  return kPrimaryPrecedence;
}

std::string_view TypeName(AstTypeKind kind) {
  using Kind = AstTypeKind;
  switch (kind) {
    case Kind::kChar:
      return "CHAR";
    case Kind::kVarchar:
      return "VARCHAR";
    case Kind::kString:
      return "STRING";
    case Kind::kBoolean:
      return "BOOLEAN";
    case Kind::kBinary:
      return "BINARY";
    case Kind::kVarbinary:
      return "VARBINARY";
    case Kind::kBytes:
      return "BYTES";
    case Kind::kDecimal:
      return "DECIMAL";
    case Kind::kTinyint:
      return "TINYINT";
    case Kind::kSmallint:
      return "SMALLINT";
    case Kind::kInt:
      return "INT";
    case Kind::kBigint:
      return "BIGINT";
    case Kind::kFloat:
      return "FLOAT";
    case Kind::kDouble:
      return "DOUBLE";
    case Kind::kDate:
      return "DATE";
    case Kind::kTime:
      return "TIME";
    case Kind::kTimestamp:
    case Kind::kTimestampTz:
      return "TIMESTAMP";
    case Kind::kTimestampLtz:
      return "TIMESTAMP_LTZ";
    case Kind::kInterval:
      return "INTERVAL ";
    case Kind::kArray:
      return "ARRAY";
    case Kind::kMap:
      return "MAP";
    case Kind::kMultiset:
      return "MULTISET";
    case Kind::kRow:
      return "ROW";
    case Kind::kStructured:
      return "STRUCTURED";
    case Kind::kRaw:
      return "RAW";
    case Kind::kVariant:
      return "VARIANT";
    case Kind::kBitmap:
      return "BITMAP";
    case Kind::kNull:
      return "NULL";
    case Kind::kNamed:
      return "";
  }
  return "";
}

std::string Quote(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    out.push_back(c);
    if (c == quote) out.push_back(c);
  }
  out.push_back(quote);
  return out;
}

}  // namespace

std::string QuoteIdentifier(std::string_view name) { return Quote(name, '`'); }
std::string QuoteString(std::string_view text) { return Quote(text, '\''); }

void Unparser::Name(const Identifier& name) { Text(QuoteIdentifier(name.value)); }
void Unparser::String(std::string_view text) { Text(QuoteString(text)); }

void Unparser::Names(const std::vector<Identifier>& names) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) Text(", ");
    Name(names[i]);
  }
}

void Unparser::Path(const ObjectPath& path) {
  for (size_t i = 0; i < path.size(); ++i) {
    if (i > 0) Text(".");
    Name(path[i]);
  }
}

void Unparser::Expr(const AstExpr& expr) {
  std::visit([this](const auto& node) { Node(node); }, expr.node);
}

void Unparser::Operand(const AstExpr& expr, int min_precedence) {
  if (PrecedenceOf(expr) >= min_precedence) return Expr(expr);
  Text("(");
  Expr(expr);
  Text(")");
}

void Unparser::Exprs(const std::vector<AstExprPtr>& exprs) {
  for (size_t i = 0; i < exprs.size(); ++i) {
    if (i > 0) Text(", ");
    Expr(*exprs[i]);
  }
}

void Unparser::Node(const AstLiteral& node) {
  switch (node.kind) {
    case LiteralKind::kNull:
      return Text("NULL");
    case LiteralKind::kTrue:
      return Text("TRUE");
    case LiteralKind::kFalse:
      return Text("FALSE");
    case LiteralKind::kUnknown:
      return Text("UNKNOWN");
    case LiteralKind::kExactNumber:
    case LiteralKind::kApproxNumber:
      return Text(node.text);
    case LiteralKind::kString:
      return String(node.text);
    case LiteralKind::kDate:
      Text("DATE ");
      return String(node.text);
    case LiteralKind::kTime:
      Text("TIME ");
      return String(node.text);
    case LiteralKind::kTimestamp:
      Text("TIMESTAMP ");
      return String(node.text);
    case LiteralKind::kTimestampLtz:
      Text("TIMESTAMP_LTZ ");
      return String(node.text);
    case LiteralKind::kBinary:
      Text("X'");
      for (unsigned char byte : node.text) Text(fmt::format("{:02X}", byte));
      return Text("'");
  }
}

void Unparser::IntervalQualifier(const AstIntervalQualifier& qualifier) {
  Text(TimeUnitName(qualifier.start));
  bool fraction_at_start = !qualifier.end && qualifier.fractional_precision;
  if (qualifier.leading_precision) {
    Text(fmt::format("({}", *qualifier.leading_precision));
    if (fraction_at_start) Text(fmt::format(", {}", *qualifier.fractional_precision));
    Text(")");
  }
  if (!qualifier.end) return;
  Text(" TO ");
  Text(TimeUnitName(*qualifier.end));
  if (qualifier.fractional_precision) Text(fmt::format("({})", *qualifier.fractional_precision));
}

void Unparser::Node(const AstInterval& node) {
  Text(node.negative ? "INTERVAL -" : "INTERVAL ");
  if (node.value == nullptr) {
    String(node.text);
  } else {
    Text("(");
    Expr(*node.value);
    Text(")");
  }
  Text(" ");
  IntervalQualifier(node.qualifier);
}

void Unparser::Node(const AstColumnPath& node) { Path(node.path); }

/// `a`.`b` would be a path of two names, so a name before a field stands in parentheses.
void Unparser::FieldOperand(const AstExpr& expr) {
  const auto* call = expr.As<AstCall>();
  bool plain_call = call != nullptr && call->form != CallForm::kNiladic && call->over == nullptr &&
                    call->filter == nullptr && call->within_group.empty() &&
                    call->nulls == NullTreatment::kNone;
  if (plain_call || expr.As<AstSubscript>() || expr.As<AstFieldAccess>()) return Expr(expr);
  Operand(expr, kPrimaryPrecedence + 1);
}

void Unparser::Node(const AstStar& node) {
  if (node.operand != nullptr) FieldOperand(*node.operand);
  Path(node.path);
  Text(node.operand != nullptr || !node.path.empty() ? ".*" : "*");
}

void Unparser::Binary(const AstOperator& node, std::string_view word, int precedence) {
  const auto* first = node.operands[0]->As<AstOperator>();
  // A chain in parentheses at the start of a longer one stays a node of its own.
  bool same = first != nullptr && first->op == node.op && first->operands.size() > 1 &&
              (node.op == AstOperatorKind::kAnd || node.op == AstOperatorKind::kOr ||
               node.op == AstOperatorKind::kPlus || node.op == AstOperatorKind::kTimes ||
               node.op == AstOperatorKind::kConcat);
  Operand(*node.operands[0], same ? precedence + 1 : precedence);
  for (size_t i = 1; i < node.operands.size(); ++i) {
    Text(" ");
    Text(word);
    Text(" ");
    Operand(*node.operands[i], precedence + 1);
  }
}

void Unparser::Node(const AstOperator& node) {
  OperatorText text = TextOf(node.op);
  if (node.operands.size() > 1) return Binary(node, text.text, text.precedence);
  if (!IsPrefix(node.op)) {
    Operand(*node.operands[0], text.precedence);
    return Text(text.text);
  }
  Text(text.text);
  size_t at = out_.size();
  Operand(*node.operands[0], text.precedence);
  // Two minus signs side by side would begin a comment.
  if (out_[at] == '-') out_.insert(at, " ");
}

void Unparser::Node(const AstBetween& node) {
  Operand(*node.operand, kRangePrecedence);
  Text(node.negated ? " NOT BETWEEN " : " BETWEEN ");
  if (node.symmetric) Text("SYMMETRIC ");
  Operand(*node.low, kRangePrecedence + 1);
  Text(" AND ");
  Operand(*node.high, kRangePrecedence + 1);
}

void Unparser::Node(const AstInList& node) {
  Operand(*node.operand, kRangePrecedence);
  Text(node.negated ? " NOT IN (" : " IN (");
  Exprs(node.items);
  Text(")");
}

void Unparser::Node(const AstInQuery& node) {
  Operand(*node.operand, kRangePrecedence);
  Text(node.negated ? " NOT IN (" : " IN (");
  Query(*node.query);
  Text(")");
}

void Unparser::Node(const AstLike& node) {
  Operand(*node.operand, kRangePrecedence);
  if (node.negated) Text(" NOT");
  switch (node.kind) {
    case LikeKind::kLike:
      Text(" LIKE ");
      break;
    case LikeKind::kIlike:
      Text(" ILIKE ");
      break;
    case LikeKind::kRlike:
      Text(" RLIKE ");
      break;
    case LikeKind::kSimilarTo:
      Text(" SIMILAR TO ");
      break;
  }
  Operand(*node.pattern, kRangePrecedence + 1);
  if (node.escape == nullptr) return;
  Text(" ESCAPE ");
  Operand(*node.escape, kRangePrecedence + 1);
}

void Unparser::Node(const AstQuantified& node) {
  Operand(*node.operand, kComparisonPrecedence);
  Text(fmt::format(" {} {} (", TextOf(node.op).text,
                   node.quantifier == Quantifier::kAll ? "ALL" : "SOME"));
  if (node.query != nullptr) Query(*node.query);
  Exprs(node.items);
  Text(")");
}

void Unparser::Node(const AstExists& node) {
  Text("EXISTS (");
  Query(*node.query);
  Text(")");
}

void Unparser::Node(const AstSubquery& node) {
  Text("(");
  Query(*node.query);
  Text(")");
}

void Unparser::Node(const AstIsJson& node) {
  Operand(*node.operand, kIsPrecedence);
  Text(node.negated ? " IS NOT JSON " : " IS JSON ");
  switch (node.item) {
    case JsonItemKind::kValue:
      return Text("VALUE");
    case JsonItemKind::kObject:
      return Text("OBJECT");
    case JsonItemKind::kArray:
      return Text("ARRAY");
    case JsonItemKind::kScalar:
      return Text("SCALAR");
  }
}

void Unparser::Node(const AstCase& node) {
  Text("CASE");
  if (node.operand != nullptr) {
    Text(" ");
    Expr(*node.operand);
  }
  for (const AstWhen& when : node.whens) {
    Text(" WHEN ");
    Expr(*when.condition);
    Text(" THEN ");
    Expr(*when.result);
  }
  if (node.otherwise != nullptr) {
    Text(" ELSE ");
    Expr(*node.otherwise);
  }
  Text(" END");
}

void Unparser::Node(const AstCast& node) {
  Text(node.is_try ? "TRY_CAST(" : "CAST(");
  Expr(*node.operand);
  Text(" AS ");
  Type(*node.type);
  Text(")");
}

void Unparser::Node(const AstConstructor& node) {
  bool brackets = false;
  switch (node.kind) {
    case ConstructorKind::kRow:
      Text("ROW");
      break;
    case ConstructorKind::kTuple:
      break;
    case ConstructorKind::kArray:
      Text("ARRAY"), brackets = true;
      break;
    case ConstructorKind::kMap:
      Text("MAP"), brackets = true;
      break;
    case ConstructorKind::kMultiset:
      Text("MULTISET"), brackets = true;
      break;
  }
  if (node.query != nullptr) {
    Text("(");
    Query(*node.query);
    return Text(")");
  }
  Text(brackets ? "[" : "(");
  Exprs(node.items);
  Text(brackets ? "]" : ")");
}

void Unparser::Node(const AstSubscript& node) {
  Operand(*node.operand, kPostfixPrecedence + 1);
  Text("[");
  Expr(*node.index);
  Text("]");
}

void Unparser::Node(const AstFieldAccess& node) {
  FieldOperand(*node.operand);
  Text(".");
  Name(node.field);
}

void Unparser::Node(const AstSymbol& node) { Text(node.text); }

void Unparser::Node(const AstDescriptor& node) {
  Text("DESCRIPTOR(");
  Names(node.columns);
  Text(")");
}

void Unparser::Node(const AstTableArgument& node) {
  Text("TABLE ");
  Table(*node.table);
  if (!node.partition_by.empty()) {
    Text(node.partition_by.size() > 1 ? " PARTITION BY (" : " PARTITION BY ");
    Exprs(node.partition_by);
    if (node.partition_by.size() > 1) Text(")");
  }
  if (!node.order_by.empty()) {
    Text(" ORDER BY (");
    SortItems(node.order_by);
    Text(")");
  }
}

void Unparser::Node(const AstModelArgument& node) {
  Text("MODEL ");
  Path(node.model);
}

void Unparser::Node(const AstDefault&) { Text("DEFAULT"); }
void Unparser::Node(const AstParameter&) { Text("?"); }

void Unparser::RowFields(const std::vector<AstRowField>& fields) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) Text(", ");
    Name(fields[i].name);
    Text(" ");
    Type(*fields[i].type);
    if (!fields[i].comment) continue;
    Text(" ");
    String(*fields[i].comment);
  }
}

void Unparser::Type(const AstType& type) {
  Text(TypeName(type.kind));
  switch (type.kind) {
    case AstTypeKind::kNamed:
      Path(type.path);
      break;
    case AstTypeKind::kInterval:
      IntervalQualifier(*type.interval);
      break;
    case AstTypeKind::kArray:
    case AstTypeKind::kMap:
    case AstTypeKind::kMultiset:
      Text("<");
      for (size_t i = 0; i < type.children.size(); ++i) {
        if (i > 0) Text(", ");
        Type(*type.children[i]);
      }
      Text(">");
      break;
    case AstTypeKind::kRow:
    case AstTypeKind::kStructured:
      Text("<");
      if (type.kind == AstTypeKind::kStructured) {
        String(type.class_name);
        if (!type.fields.empty()) Text(", ");
      }
      RowFields(type.fields);
      Text(">");
      break;
    case AstTypeKind::kRaw:
      Text(fmt::format("({}, {})", QuoteString(type.class_name), QuoteString(type.serializer)));
      break;
    default:
      if (!type.precision) break;
      Text(type.scale ? fmt::format("({}, {})", *type.precision, *type.scale)
                      : fmt::format("({})", *type.precision));
  }
  if (type.kind == AstTypeKind::kTimestampTz) Text(" WITH TIME ZONE");
  if (type.nullable) Text(*type.nullable ? " NULL" : " NOT NULL");
}

std::string Unparse(const AstExpr& expr) {
  Unparser unparser;
  unparser.Expr(expr);
  return unparser.Take();
}
std::string Unparse(const AstType& type) {
  Unparser unparser;
  unparser.Type(type);
  return unparser.Take();
}
std::string Unparse(const AstQuery& query) {
  Unparser unparser;
  unparser.Query(query);
  return unparser.Take();
}
std::string Unparse(const Statement& statement) {
  Unparser unparser;
  unparser.Statement(statement);
  return unparser.Take();
}
std::string Unparse(const ObjectPath& path) {
  Unparser unparser;
  unparser.Path(path);
  return unparser.Take();
}

}  // namespace weir

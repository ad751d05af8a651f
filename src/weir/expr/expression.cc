// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/expr/expression.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "weir/data/text.h"

namespace weir {
namespace {

uint64_t Mix(uint64_t hash, uint64_t value) {
  hash ^= value + 0x9e3779b97f4a7c15ULL + (hash << 6) + (hash >> 2);
  return hash * 0xff51afd7ed558ccdULL;
}

uint64_t HashValue(const Value& value) {
  struct Visitor {
    uint64_t operator()(std::monostate) const { return 0; }
    uint64_t operator()(bool b) const { return b ? 2 : 1; }
    uint64_t operator()(int64_t i) const { return static_cast<uint64_t>(i); }
    uint64_t operator()(double d) const { return std::hash<double>{}(d); }
    uint64_t operator()(Int128 d) const {
      return Mix(static_cast<uint64_t>(d),
                 static_cast<uint64_t>(static_cast<unsigned __int128>(d) >> 64));
    }
    uint64_t operator()(const std::string& s) const { return std::hash<std::string>{}(s); }
    uint64_t operator()(const ValueList& list) const {
      uint64_t hash = list.size();
      for (const Value& element : list) hash = Mix(hash, HashValue(element));
      return hash;
    }
  };
  return Mix(value.v.index(), std::visit(Visitor{}, value.v));
}

std::string QuoteText(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

std::string LiteralToString(const Expr& expr) {
  if (expr.literal.is_null()) return "NULL";
  if (expr.type.is_character()) return QuoteText(expr.literal.string_value());
  if (expr.type.is_binary()) {
    std::string out = "x'";
    for (unsigned char c : expr.literal.string_value()) out += fmt::format("{:02x}", c);
    return out + "'";
  }
  auto column = MakeConstant(expr.literal, expr.type, 1, arrow::default_memory_pool());
  if (!column.ok()) return "?";
  std::string text;
  AppendValueText(**column, 0, TextStyle::kCast, nullptr, &text);
  switch (expr.type.kind()) {
    case TypeKind::kDate:
      return "DATE '" + text + "'";
    case TypeKind::kTime:
      return "TIME '" + text + "'";
    case TypeKind::kTimestamp:
      return "TIMESTAMP '" + text + "'";
    case TypeKind::kTimestampLtz:
      return "TIMESTAMP_LTZ '" + text + "'";
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime:
      return "INTERVAL '" + text + "'";
    case TypeKind::kVariant:
      return "VARIANT " + QuoteText(text);
    default:
      return text;
  }
}

bool IsOperator(const std::string& name) {
  return !name.empty() && !std::isalpha(static_cast<unsigned char>(name[0])) && name[0] != '_';
}

void Append(const Expr& expr, const std::vector<std::string>& names, std::string* out);

void AppendOperand(const Expr& expr, const std::vector<std::string>& names, std::string* out) {
  bool wrap = expr.is_call() && expr.args.size() > 1 &&
              (IsOperator(expr.function) || expr.function == "AND" || expr.function == "OR");
  if (wrap) *out += '(';
  Append(expr, names, out);
  if (wrap) *out += ')';
}

void AppendList(const std::vector<ExprPtr>& args, size_t begin,
                const std::vector<std::string>& names, std::string* out) {
  for (size_t i = begin; i < args.size(); ++i) {
    if (i > begin) *out += ", ";
    Append(*args[i], names, out);
  }
}

void AppendCase(const Expr& expr, const std::vector<std::string>& names, std::string* out) {
  *out += "CASE";
  size_t i = 0;
  for (; i + 1 < expr.args.size(); i += 2) {
    *out += " WHEN ";
    Append(*expr.args[i], names, out);
    *out += " THEN ";
    Append(*expr.args[i + 1], names, out);
  }
  if (i < expr.args.size()) {
    *out += " ELSE ";
    Append(*expr.args[i], names, out);
  }
  *out += " END";
}

void AppendCall(const Expr& expr, const std::vector<std::string>& names, std::string* out) {
  const std::string& name = expr.function;
  const auto& args = expr.args;
  bool infix = name == "AND" || name == "OR" || (IsOperator(name) && args.size() > 1) ||
               (args.size() == 2 &&
                (name == "LIKE" || name == "IS DISTINCT FROM" || name == "IS NOT DISTINCT FROM"));
  if (infix) {
    for (size_t i = 0; i < args.size(); ++i) {
      if (i > 0) *out += " " + name + " ";
      AppendOperand(*args[i], names, out);
    }
  } else if (name == "CAST" || name == "TRY_CAST") {
    *out += name + "(";
    Append(*args[0], names, out);
    *out += " AS " + expr.type.AsNullable().ToString() + ")";
  } else if (name == "CASE") {
    AppendCase(expr, names, out);
  } else if (name == "FIELD") {
    AppendOperand(*args[0], names, out);
    const auto& fields = args[0]->type.fields();
    *out += "." + (static_cast<size_t>(expr.index) < fields.size()
                       ? fields[static_cast<size_t>(expr.index)].name
                       : std::to_string(expr.index));
  } else if (name == "ITEM" && args.size() == 2) {
    AppendOperand(*args[0], names, out);
    *out += "[";
    Append(*args[1], names, out);
    *out += "]";
  } else if (name == "ARRAY" || name == "MAP") {
    *out += name + "[";
    AppendList(args, 0, names, out);
    *out += "]";
  } else if (name == "IN") {
    AppendOperand(*args[0], names, out);
    *out += " IN (";
    AppendList(args, 1, names, out);
    *out += ")";
  } else if (args.size() == 1 && name.starts_with("IS ")) {
    AppendOperand(*args[0], names, out);
    *out += " " + name;
  } else if (args.size() == 1 && (IsOperator(name) || name == "NOT")) {
    *out += name == "NOT" ? "NOT " : name;
    AppendOperand(*args[0], names, out);
  } else {
    *out += name + "(";
    AppendList(args, 0, names, out);
    *out += ")";
  }
}

void Append(const Expr& expr, const std::vector<std::string>& names, std::string* out) {
  constexpr size_t kBytesMax = 1 << 20;  // Text shows each shared part again.
  if (out->size() > kBytesMax) return;
  switch (expr.kind) {
    case ExprKind::kLiteral:
      *out += LiteralToString(expr);
      break;
    case ExprKind::kInputRef:
      *out += expr.index >= 0 && static_cast<size_t>(expr.index) < names.size()
                  ? names[static_cast<size_t>(expr.index)]
                  : "$" + std::to_string(expr.index);
      break;
    case ExprKind::kCall:
      AppendCall(expr, names, out);
      break;
  }
}

/// Converts a literal at once where nothing can fail or be lost; null otherwise.
ExprPtr CastLiteral(const Expr& expr, const DataType& type) {
  const DataType& from = expr.type;
  if (expr.literal.is_null()) return type.nullable() ? MakeLiteral(Value::Null(), type) : nullptr;
  if (from.EqualsIgnoringNullable(type)) return MakeLiteral(expr.literal, type);
  if (from.is_integer()) {
    int64_t value = expr.literal.int_value();
    if (type.is_integer() && from.kind() <= type.kind()) return MakeLiteral(expr.literal, type);
    if (type.kind() == TypeKind::kDouble && from.kind() != TypeKind::kBigInt) {
      return MakeLiteral(Value::Double(static_cast<double>(value)), type);
    }
    if (type.is_decimal() && type.scale() == 0 && type.precision() >= 19) {
      return MakeLiteral(Value::Decimal(value), type);
    }
  }
  if (from.is_decimal() && type.is_decimal() && from.scale() == type.scale() &&
      from.precision() <= type.precision()) {
    return MakeLiteral(expr.literal, type);
  }
  bool longer = (from.is_character() && type.kind() == TypeKind::kVarchar) ||
                (from.is_binary() && type.kind() == TypeKind::kVarbinary);
  return longer && from.length() <= type.length() ? MakeLiteral(expr.literal, type) : nullptr;
}

/// A call that several others may hold. Merged projections share parts, and a part shared at each
/// of 40 levels would be met 2^40 times if each way to it counted.
bool IsShared(const ExprPtr& expr) { return expr.use_count() > 1 && !expr->args.empty(); }

void Visit(const ExprPtr& expr, const std::function<void(const Expr&)>& visit,
           std::unordered_set<const Expr*>* seen) {
  if (IsShared(expr) && !seen->insert(expr.get()).second) return;
  visit(*expr);
  for (const ExprPtr& arg : expr->args) Visit(arg, visit, seen);
}

uint64_t Hash(const Expr& expr, std::unordered_map<const Expr*, uint64_t>* known) {
  uint64_t hash = Mix(static_cast<uint64_t>(expr.kind), static_cast<uint64_t>(expr.type.kind()));
  hash = Mix(hash, static_cast<uint64_t>(static_cast<int64_t>(expr.index)));
  hash = Mix(hash, std::hash<std::string>{}(expr.function));
  if (expr.is_literal()) hash = Mix(hash, HashValue(expr.literal));
  for (const ExprPtr& arg : expr.args) {
    if (!IsShared(arg)) {
      hash = Mix(hash, Hash(*arg, known));
      continue;
    }
    auto it = known->find(arg.get());
    if (it == known->end()) it = known->emplace(arg.get(), Hash(*arg, known)).first;
    hash = Mix(hash, it->second);
  }
  return hash;
}

using Replace = std::function<ExprPtr(const ExprPtr&)>;

ExprPtr Rewrite(const ExprPtr& expr, const Replace& replace,
                std::unordered_map<const Expr*, ExprPtr>* done) {
  if (expr->args.empty()) return replace(expr);
  bool shared = IsShared(expr);
  if (shared) {
    auto it = done->find(expr.get());
    if (it != done->end()) return it->second;
  }
  std::vector<ExprPtr> args;
  args.reserve(expr->args.size());
  bool changed = false;
  for (const ExprPtr& arg : expr->args) {
    args.push_back(Rewrite(arg, replace, done));
    changed |= args.back() != arg;
  }
  ExprPtr result;
  if (changed) {
    auto copy = std::make_shared<Expr>(*expr);
    copy->args = std::move(args);
    result = replace(copy);
  } else {
    result = replace(expr);
  }
  if (shared) done->emplace(expr.get(), result);
  return result;
}

}  // namespace

ExprPtr MakeLiteral(Value value, DataType type) {
  auto expr = std::make_shared<Expr>();
  expr->kind = ExprKind::kLiteral;
  expr->type = std::move(type);
  expr->literal = std::move(value);
  return expr;
}

ExprPtr MakeInput(int index, DataType type) {
  auto expr = std::make_shared<Expr>();
  expr->kind = ExprKind::kInputRef;
  expr->type = std::move(type);
  expr->index = index;
  return expr;
}

ExprPtr MakeCall(std::string function, std::vector<ExprPtr> args, DataType type) {
  auto expr = std::make_shared<Expr>();
  expr->kind = ExprKind::kCall;
  expr->type = std::move(type);
  expr->function = std::move(function);
  expr->args = std::move(args);
  return expr;
}

ExprPtr MakeField(ExprPtr row, int field) {
  const DataType& field_type = row->type.fields()[static_cast<size_t>(field)].type;
  auto expr = std::make_shared<Expr>();
  expr->kind = ExprKind::kCall;
  expr->type = row->type.nullable() ? field_type.AsNullable() : field_type;
  expr->index = field;
  expr->function = "FIELD";
  expr->args.push_back(std::move(row));
  return expr;
}

ExprPtr MakeCast(ExprPtr arg, DataType type) {
  if (arg->type == type) return arg;
  if (arg->is_literal()) {
    ExprPtr literal = CastLiteral(*arg, type);
    if (literal != nullptr) return literal;
  }
  return MakeCall("CAST", {std::move(arg)}, std::move(type));
}

bool SameExpr(const Expr& a, const Expr& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind || a.index != b.index || a.function != b.function ||
      a.args.size() != b.args.size() || !(a.type == b.type) || !(a.literal == b.literal)) {
    return false;
  }
  for (size_t i = 0; i < a.args.size(); ++i) {
    if (!SameExpr(*a.args[i], *b.args[i])) return false;
  }
  return true;
}

uint64_t HashExpr(const Expr& expr) {
  std::unordered_map<const Expr*, uint64_t> known;
  return Hash(expr, &known);
}

std::string ExprToString(const Expr& expr, const std::vector<std::string>& names) {
  std::string out;
  Append(expr, names, &out);
  return out;
}

void VisitExpr(const ExprPtr& expr, const std::function<void(const Expr&)>& visit) {
  std::unordered_set<const Expr*> seen;
  if (expr != nullptr) Visit(expr, visit, &seen);
}

ExprPtr RewriteExpr(const ExprPtr& expr, const std::function<ExprPtr(const ExprPtr&)>& replace) {
  std::unordered_map<const Expr*, ExprPtr> done;
  return Rewrite(expr, replace, &done);
}

std::vector<int> InputsOf(const ExprPtr& expr) {
  std::vector<int> inputs;
  VisitExpr(expr, [&](const Expr& node) {
    if (node.is_input()) inputs.push_back(node.index);
  });
  std::sort(inputs.begin(), inputs.end());
  inputs.erase(std::unique(inputs.begin(), inputs.end()), inputs.end());
  return inputs;
}

ExprPtr RemapInputs(const ExprPtr& expr, const std::vector<int>& mapping) {
  return RewriteExpr(expr, [&](const ExprPtr& node) -> ExprPtr {
    if (!node->is_input()) return node;
    int index = mapping[static_cast<size_t>(node->index)];
    return index == node->index ? node : MakeInput(index, node->type);
  });
}

ExprPtr SubstituteInputs(const ExprPtr& expr, const std::vector<ExprPtr>& replacements) {
  return RewriteExpr(expr, [&](const ExprPtr& node) -> ExprPtr {
    return node->is_input() ? replacements[static_cast<size_t>(node->index)] : node;
  });
}

std::vector<ExprPtr> Conjuncts(const ExprPtr& expr) {
  std::vector<ExprPtr> out;
  if (expr == nullptr) return out;
  if (!expr->is_call("AND")) return {expr};
  for (const ExprPtr& arg : expr->args) {
    auto inner = Conjuncts(arg);
    out.insert(out.end(), inner.begin(), inner.end());
  }
  return out;
}

ExprPtr AndOf(std::vector<ExprPtr> conjuncts) {
  if (conjuncts.empty()) return nullptr;
  if (conjuncts.size() == 1) return conjuncts[0];
  bool nullable = std::any_of(conjuncts.begin(), conjuncts.end(),
                              [](const ExprPtr& e) { return e->type.nullable(); });
  return MakeCall("AND", std::move(conjuncts), DataType::Boolean().WithNullable(nullable));
}

}  // namespace weir
